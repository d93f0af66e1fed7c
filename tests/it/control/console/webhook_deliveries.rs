//! `/webhooks/{id}` and `/webhooks/{id}/deliveries/{delivery}`: tests, what was sent, and replays.

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, Person};
use super::webhooks::{revision, with_webhook};
use crate::store::test_database::noon;

/// Sends a test event; the id of its delivery.
async fn tested(owner: &Person<'_>, webhook: &str) -> String {
    let sent = owner.post(&format!("/webhooks/{webhook}/test"), "").await;
    let (status, location) = sent.leads();
    assert_eq!(status, 303, "{}", sent.text);
    location.split_once("?test=").unwrap_or_else(|| panic!("{location}")).1.replace("%5F", "_")
}

async fn answered(pages: &Pages, delivery: &str, status: u16, error: &str, excerpt: &str) {
    let at = noon().as_millisecond();
    let error = if error.is_empty() { "NULL".to_owned() } else { format!("'{error}'") };
    let state = if error == "NULL" { "delivered" } else { "failed" };
    pages
        .bed
        .execute(&format!(
            "INSERT INTO attempts (delivery, number, at, status, millis, error, excerpt)
            VALUES ('{delivery}', 1, {at}, {status}, 34, {error}, '{excerpt}')"
        ))
        .await;
    pages
        .bed
        .execute(&format!(
            "UPDATE deliveries SET state = '{state}', attempts = 1, next_at = NULL, last_status = {status},
            last_error = {error}, done_at = {at} WHERE id = '{delivery}'"
        ))
        .await;
}

#[tokio::test]
async fn a_test_event_shows_what_came_of_it_on_the_same_page() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let page = format!("/webhooks/{id}");
    let delivery = tested(&owner, &id).await;
    let target = format!("{page}?test={delivery}");
    let waiting = owner.get(&target).await;
    assert!(waiting.text.contains("id=\"test\"") && waiting.text.contains("Reload"), "{}", waiting.text);
    answered(&pages, &delivery, 500, "response_status", "no").await;
    let failed = owner.get(&target).await;
    assert!(failed.text.contains("It answered 500.") && !failed.text.contains(">Reload<"), "{}", failed.text);
    assert!(!owner.get(&page).await.text.contains("id=\"test\""));
    for junk in ["x", "a%20b", "%3Cimg%3E"] {
        let found = owner.get(&format!("{page}?test={junk}")).await;
        assert!(found.status == 200 && !found.text.contains("id=\"test\""), "{junk}: {}", found.text);
    }
    let once = owner.post(&format!("{page}/test"), "once=t").await;
    assert_eq!(once.status, 303);
    assert!(owner.post(&format!("{page}/test"), "once=t").await.text.contains("This was done already"));
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM deliveries").await, 2);
    // Also while it is paused, but not while its key is disabled.
    owner.post(&format!("{page}/pause"), "").await;
    tested(&owner, &id).await;
    owner.post(&format!("{page}/play"), "").await;
    pages.bed.execute("UPDATE credentials SET enabled = FALSE").await;
    let refused = owner.post(&format!("{page}/test"), "").await;
    assert!(refused.status == 409 && refused.text.contains("its credential is disabled"), "{}", refused.text);
}

#[tokio::test]
async fn a_delivery_shows_request_and_attempts_and_staff_sees_no_content() {
    let (pages, id) = with_webhook().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    let delivery = tested(&owner, &id).await;
    let path = format!("/webhooks/{id}/deliveries/{delivery}");
    let waiting = owner.get(&path).await;
    assert!(waiting.text.contains("None yet.") && !waiting.text.contains("/replay"), "{}", waiting.text);
    assert_eq!(owner.post(&format!("{path}/replay"), "").await.status, 409, "it is sent by itself");
    answered(&pages, &delivery, 503, "response_status", "secret excerpt").await;
    let page = owner.get(&path).await;
    for text in
        ["webhook.test", "Attempt 1", "34 ms", "It answered 503.", "secret excerpt", &delivery, "&#34;data&#34;: {"]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("v1,") && page.text.contains("webhook-signature: of each attempt"), "{}", page.text);
    let page = staff.get(&path).await;
    assert!(page.text.contains("It answered 503.") && page.text.contains("Only the account sees the body."));
    for hidden in ["secret excerpt", "&#34;data&#34;", "/in?a", "/replay"] {
        assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
    }
    assert_eq!(staff.post(&format!("{path}/replay"), "").await.status, 403);
    let replayed = owner.post(&format!("{path}/replay"), "once=r").await;
    assert_eq!(replayed.leads(), (303, format!("/keys{path}").as_str()));
    assert!(owner.get(&path).await.text.contains("Waits for its replay"));
    for junk in ["msg_none", "%ff", "a%20b"] {
        assert_eq!(owner.get(&format!("/webhooks/{id}/deliveries/{junk}")).await.status, 404, "{junk}");
    }
    let missing = owner.get("/webhooks/wh_none/deliveries/msg_none").await;
    let other = owner.get(&format!("/webhooks/wh_none/deliveries/{delivery}")).await;
    assert_eq!((other.status.as_u16(), other.steady()), (404, missing.steady()), "of another webhook");
}

#[tokio::test]
async fn what_was_missed_is_offered_and_sent_again() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let page = format!("/webhooks/{id}");
    for _ in 0..2 {
        tested(&owner, &id).await;
    }
    assert!(!owner.get(&page).await.text.contains("was missed"));
    let skip = "UPDATE deliveries SET is_test = FALSE, state = 'skipped', why = 'paused', next_at = NULL";
    pages.bed.execute(skip).await;
    let shown = owner.get(&page).await;
    assert!(shown.text.contains("2 events were missed") && shown.text.contains("Missed"), "{}", shown.text);
    for (result, is_there) in [("skipped", true), ("delivered", false), ("failed", false), ("waiting", false)] {
        let found = owner.get(&format!("{page}?result={result}")).await;
        assert_eq!(found.text.contains("/deliveries/msg_"), is_there, "{result}: {}", found.text);
    }
    for (query, status) in [("result=x", 422), ("cursor=x", 422), ("x=y", 400)] {
        assert_eq!(owner.get(&format!("{page}?{query}")).await.status.as_u16(), status, "{query}");
    }
    let form = owner.get(&format!("{page}/replay?what=missed")).await;
    assert!(form.text.contains("value=\"missed\" checked") && form.text.contains("2 were missed"), "{}", form.text);
    for (fields, fault) in
        [("", "what"), ("what=x&since=day", "what"), ("what=both", "since"), ("what=both&since=1", "since")]
    {
        let refused = owner.post(&format!("{page}/replay"), fields).await;
        assert!(
            refused.status == 422 && refused.text.contains(&format!("{fault}-fault")),
            "{fields}: {}",
            refused.text
        );
    }
    let none = owner.post(&format!("{page}/replay"), "what=failed&since=month").await;
    assert!(none.cookie("__Host-claviger-notice").unwrap().contains("nothing-to-replay"), "{none:?}");
    let sent = owner.post(&format!("{page}/replay"), "what=missed&since=hour&once=m").await;
    assert_eq!(sent.leads(), (303, format!("/keys{page}").as_str()));
    assert!(sent.cookie("__Host-claviger-notice").unwrap().ends_with("replayed.2"), "{sent:?}");
    assert!(owner.get(&page).await.text.contains("Stop replay"));
    let stopped = owner.post(&format!("{page}/stop-replay"), "").await;
    assert!(stopped.cookie("__Host-claviger-notice").unwrap().ends_with("stopped.2"), "{stopped:?}");
    assert!(owner.get(&page).await.text.contains("2 events were missed"));
    owner.post(&format!("{page}/pause"), "").await;
    let refused = owner.post(&format!("{page}/replay"), "what=missed&since=hour").await;
    assert!(refused.status == 409 && refused.text.contains("it is paused"), "{}", refused.text);
}

#[tokio::test]
async fn a_replay_can_be_stopped_however_many_newer_deliveries_wait() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let page = format!("/webhooks/{id}");
    let delivery = tested(&owner, &id).await;
    pages.bed.execute("UPDATE deliveries SET is_test = FALSE, replay_of = 'failed'").await;
    for number in 0..101 {
        let newer = format!(
            "INSERT INTO deliveries (id, webhook, event, event_id, body, state, attempts, next_at, created_at)
            SELECT 'msg_newer_{number}', webhook, event, event_id, body, 'waiting', 0, next_at, created_at + 1000
            FROM deliveries WHERE id = '{delivery}'"
        );
        pages.bed.execute(&newer).await;
    }
    assert!(owner.get(&page).await.text.contains("Stop replay"));
    let stopped = owner.post(&format!("{page}/stop-replay"), "").await;
    assert!(stopped.cookie("__Host-claviger-notice").unwrap().ends_with("stopped.1"), "{stopped:?}");
    assert!(!owner.get(&page).await.text.contains("Stop replay"), "what waits otherwise is no replay");
}

#[tokio::test]
async fn hostile_answers_and_bodies_are_text() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let delivery = tested(&owner, &id).await;
    let text = HOSTILE.replace('\'', "''");
    answered(&pages, &delivery, 500, "response_status", &text).await;
    pages.bed.execute(&format!("UPDATE attempts SET error = '{text}'")).await;
    pages.bed.execute(&format!("UPDATE deliveries SET event = '{text}', last_error = '{text}'")).await;
    let path = format!("/webhooks/{id}/deliveries/{delivery}");
    owner.get(&path).await.assert_escaped("delivery");
    owner.get(&format!("/webhooks/{id}")).await.assert_escaped("webhook");
    pages.bed.execute("UPDATE attempts SET error = NULL, excerpt = NULL").await;
    pages.bed.execute("UPDATE deliveries SET event = 'webhook.test', last_error = NULL").await;
    pages.bed.execute(&format!("UPDATE events SET body = '{text}'")).await;
    owner.get(&path).await.assert_escaped("body");
    pages.bed.execute("DELETE FROM events").await;
    assert!(owner.get(&path).await.text.contains("not kept any more"));
}

#[tokio::test]
async fn a_hundred_deliveries_are_a_page() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    for _ in 0..101 {
        tested(&owner, &id).await;
    }
    let first = owner.get(&format!("/webhooks/{id}?result=waiting")).await;
    assert_eq!(first.text.matches("/deliveries/msg_").count(), 100);
    let next = first.text.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"/keys").unwrap().1;
    let second = owner.get(&next.trim_end_matches("\" ").replace("&#38;", "&")).await;
    assert_eq!(second.text.matches("/deliveries/msg_").count(), 1, "{}", second.text);
    assert!(second.text.contains("Newest") && revision(&second) == "1", "{}", second.text);
}
