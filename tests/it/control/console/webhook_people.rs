//! What people are offered and asked because of webhooks.

use claviger::store::Role;

use super::webhooks::with_webhook;

#[tokio::test]
async fn people_are_offered_the_events_that_they_can_receive() {
    let (pages, _) = with_webhook().await;
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    member.post("/my-key", "").await;
    for (person, of_account) in [(&owner, true), (&member, false)] {
        let page = person.get("/webhooks/new").await;
        for (event, is_offered) in [
            ("*.*", true),
            ("contact.created", true),
            ("credential.reset", true),
            ("account.granted", of_account),
            ("access_request.asked", of_account),
            ("webhook.test", false),
        ] {
            assert_eq!(page.text.contains(&format!("value=\"{event}\"")), is_offered, "{event}: {}", page.text);
        }
    }
    let page = owner.get("/webhooks/new").await;
    for text in [">Account: access withdrawn<", ">Request for access: withdrawn<"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
}

