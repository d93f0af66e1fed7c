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

#[tokio::test]
async fn a_question_says_how_many_webhooks_stop() {
    let (pages, _) = with_webhook().await;
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    member.post("/my-key", "").await;
    member.post("/webhooks/new", "url=https://hooks.example.org/mine&event=contact.*").await;
    let staff = pages.person(Role::Staff).await;
    let asked = async || {
        [
            owner.get("/access/off").await,
            staff.get("/accounts/acme/withdraw").await,
            owner.post("/access/members", "allowed=not_allowed").await,
            owner.get("/users/usr_member/disable").await,
        ]
    };
    let sentence = ["2 webhooks stop.", "2 webhooks stop.", "1 webhook stops.", "1 webhook stops."];
    for (page, sentence) in asked().await.iter().zip(sentence) {
        assert!(page.text.contains(sentence), "{sentence}: {}", page.text);
    }
    for page in ["/users/usr_owner/disable", "/users/usr_member/end-sessions"] {
        let page = owner.get(page).await;
        assert!(!page.text.contains("webhook stops") && !page.text.contains("webhooks stop"), "{}", page.text);
    }
    // These do not run.
    pages.bed.execute("UPDATE webhooks SET paused = TRUE").await;
    for page in asked().await {
        assert!(!page.text.contains("webhook stops") && !page.text.contains("webhooks stop"), "{}", page.text);
    }
}
