//! `/status`, for staff.

use claviger::store::Role;

use super::stage::{ROLES, Stage};

#[tokio::test]
async fn only_staff_see_the_status() {
    let stage = Stage::set().await;
    for role in ROLES {
        let guest = stage.guest(role, "acme").await;
        let page = guest.get("/status").await;
        assert_eq!(page.status, if role == Role::Staff { 200 } else { 403 }, "{role}");
        assert_eq!(guest.get("/profile").await.has("href=\"/keys/status\""), role == Role::Staff, "{role}");
    }
    let page = stage.staff().await.get("/status").await;
    for text in [env!("CARGO_PKG_VERSION"), "SQLite", "In service", "Retired", "1 Jan 2026", "No wrong guesses lately."]
    {
        assert!(page.has(text), "{text}: {}", page.text);
    }
}
