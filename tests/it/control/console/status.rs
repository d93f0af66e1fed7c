//! `/status`, for staff.

use claviger::store::Role;

use super::stage::{ROLES, Stage};
use super::webhooks::with_webhook;

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

#[tokio::test]
async fn staff_see_how_many_webhooks_wait_and_for_how_long() {
    let (pages, _) = with_webhook().await;
    let staff = pages.person(Role::Staff).await;
    let before = staff.get("/status").await;
    assert!(before.text.contains("<dt>On</dt><dd>1</dd>") && !before.text.contains("Due since"), "{}", before.text);
    let owner = pages.owner().await;
    owner.post("/credentials/billing/disable", "").await;
    pages.bed.execute("UPDATE events SET created_at = created_at - 60000").await;
    let late = staff.get("/status").await;
    assert!(late.text.contains("<dt>Stopped</dt><dd>1</dd>") && late.text.contains("Due since"), "{}", late.text);
    assert!(!late.text.contains("<dt>Events and deliveries that wait</dt><dd>0</dd>"), "{}", late.text);
}
