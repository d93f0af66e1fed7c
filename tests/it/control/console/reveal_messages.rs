//! Codes that are sent anew or fail, and invitations: what pages say of messages.

use axum::body::Body;
use axum::http::Request;
use claviger::control::operations::NewSecret;
use claviger::store::Role;

use super::reveal::{Links, OWNER};
use crate::control::user;

#[tokio::test]
async fn a_code_that_ended_is_sent_anew_within_bounds() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, old) = links.sent().await;
    let path = format!("/reveal/{ticket}");
    links.clock.advance(std::time::Duration::from_secs(601));
    let page = links.get(&path).await;
    assert!(page.has("Send me a code") && !page.has("one-time-code"), "{}", page.text);
    let late = links.post(&path, &format!("code={}", old.reveal())).await;
    assert!(late.has("Send me a code"), "{}", late.text);
    assert_eq!(links.untouched().await, 1);
    let asked = links.post(&format!("{path}/code"), "").await;
    assert_eq!((asked.status, asked.headers["location"].to_str().unwrap()), (303, &*format!("/keys{path}")));
    let page = links.get(&path).await;
    assert!(page.has("A code is on its way") && page.has("one-time-code"), "{}", page.text);
    links.clock.advance(std::time::Duration::from_secs(121));
    assert_eq!(links.post(&format!("{path}/code"), "").await.status, 303);
    links.clock.advance(std::time::Duration::from_secs(121));
    let refused = links.post(&format!("{path}/code"), "").await;
    assert_eq!(refused.status, 429);
    assert!(refused.has("The next is possible on 21 Nov 2026, 13:00 UTC"), "{}", refused.text);
    let page = links.get(&path).await;
    assert!(page.has("A new code is possible on 21 Nov 2026, 13:00 UTC."), "{}", page.text);
    let (_, code) = links.sent().await;
    assert_eq!(links.post(&path, &format!("code={}", old.reveal())).await.status, 422, "the newest counts");
    assert_eq!(links.post(&path, &format!("code={}", code.reveal())).await.status, 200);
}

#[tokio::test]
async fn a_code_that_was_not_sent_is_not_called_sent() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, _) = links.sent().await;
    let path = format!("/reveal/{ticket}");
    let waits = links.clock.now().as_millisecond() + 60_000;
    let change = |set: &str| format!("UPDATE outbox SET {set} WHERE channel = 'sms'");
    links.bed.execute(&change(&format!("state = 'waiting', error_code = 'connect', next_at = {waits}"))).await;
    let page = links.get(&path).await;
    assert!(page.has("could not be sent yet. We try again on 21 Nov 2026, 12:01 UTC."), "{}", page.text);
    assert!(!page.has("We sent a code"), "{}", page.text);
    links.bed.execute(&change("state = 'failed', error_code = 'not_mobile', error_text = 'Secret words'")).await;
    let page = links.get(&path).await;
    assert!(page.has("ending in 456 could not be sent. This is not a mobile number."), "{}", page.text);
    assert!(!page.has("We sent a code") && !page.has("Secret words"), "{}", page.text);
    // A further one need not wait.
    links.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(links.post(&format!("{path}/code"), "").await.status, 303);
    assert_eq!(links.bed.ask("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'").await, 2);
    assert!(links.get(&path).await.has("A code is on its way"));
}

#[tokio::test]
async fn a_new_user_gets_the_link_by_mail_alone() {
    let links = Links::new(NewSecret::Token).await;
    let form = "email=new%40acme.example&name=Nora&role=member&once=a";
    let caller = user(Role::Owner, Some("acme"), OWNER);
    let request = Request::post("/users/new")
        .extension(caller)
        .header("host", "example.org")
        .header("origin", "https://example.org")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let response = tower::ServiceExt::oneshot(links.console.clone(), request).await.unwrap();
    assert_eq!(response.status(), 303);
    let path = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(path.starts_with("/keys/users/usr_"), "{path}");
    assert_eq!(links.bed.ask("SELECT COUNT(*) FROM setup_links").await, 0, "it is made when it is sent");
    assert_eq!(links.bed.ask("SELECT COUNT(*) FROM outbox WHERE purpose = 'invitation'").await, 1);
    let form = links.owner_sees("/users/new").await;
    assert!(form.contains("They get an e-mail with a link") && !form.contains("You get a link"), "{form}");
}
