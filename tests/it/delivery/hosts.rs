//! Requests that name the host of a stranger, in each header that may: no link leads there.

use std::collections::BTreeSet;

use claviger::store::{Purpose, Role};
use serde_json::{Value, json};

use super::bed::{MOBILE, PUBLIC_URL};
use super::post::Post;
use crate::server::staff_token;
use crate::store::test_database::{TestDatabase, token};
use crate::support::{Connection, Gate, Reply, Request, eventually, eventually_async};

const EVIL: &str = "evil.example";
const REVEAL_URL: &str = "https://reveal.example.org/r";
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// A management API whose every request names the host of a stranger.
struct Api {
    gate: Gate,
    staff: String,
}

impl Api {
    fn send(&self, request: Request) -> Reply {
        let request = request.header("Connection", "close").host(EVIL).header("X-Forwarded-Host", EVIL);
        let request =
            request.header("Forwarded", format!("host={EVIL};proto=https")).header("X-Forwarded-Proto", "ftp");
        Connection::open(self.gate.console).send(&request)
    }

    fn post(&self, token: &str, target: &str, body: &Value) -> Value {
        self.write("POST", token, target, body)
    }

    fn write(&self, method: &str, token: &str, target: &str, body: &Value) -> Value {
        let request = Request::new(method, &format!("/api/v1{target}")).bearer(token).header("If-Match", "*");
        let reply = self.send(request.header("Content-Type", "application/json").body(body.to_string()));
        assert!((200..300).contains(&reply.status), "{target}: {}", reply.text());
        assert!(!reply.text().contains(EVIL), "{}", reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_a_stranger_is_in_no_mail_and_no_text_message() {
    let post = Post::start().await;
    let (bed, api) = busy(&post, "").await;
    let reveal = post.mail.mails().into_iter().find(|mail| mail.text().contains("/reveal/")).unwrap();
    let code = post.twilio.sent()[0]["Body"].rsplit_once('#').unwrap().1.to_owned();
    let page = Request::new("POST", reveal.link().strip_prefix(PUBLIC_URL).unwrap());
    let page = page.header("Content-Type", "application/x-www-form-urlencoded").body(format!("code={code}"));
    let shown = api.send(page);
    assert!(shown.status == 200 && !shown.text().contains(EVIL), "{}", shown.text());
    let credential = bed.store.reveal_of_link(&digest(reveal.link())).await.unwrap().unwrap().credential;
    api.post(&api.staff, &format!("/credentials/{credential}/reset"), &json!({"deliver": "show"}));
    let sent =
        async || bed.ask("SELECT COUNT(DISTINCT purpose) FROM outbox WHERE state IN ('accepted', 'delivered')").await;
    // All but those about webhooks.
    let purposes = Purpose::ALL.iter().filter(|purpose| !purpose.as_str().contains("webhook")).count() as i64;
    eventually_async("each kind of message is sent", async || sent().await == purposes).await;
    assert_links(&post, PUBLIC_URL, "@keys.example.org #");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_secrets_have_their_own_host_and_never_one_of_a_request() {
    let post = Post::start().await;
    let reveal = format!("reveal: {{listen: '127.0.0.1:0', public_url: '{REVEAL_URL}'}},");
    let (bed, _api) = busy(&post, &reveal).await;
    // Staff get one mail about requests in a quarter of an hour.
    let waiting =
        async || bed.ask("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND purpose <> 'access_asked'").await;
    eventually_async("all messages are sent", async || waiting().await == 0).await;
    assert_links(&post, REVEAL_URL, "@reveal.example.org #");
}

fn digest(link: &str) -> claviger::credential::TokenDigest {
    claviger::credential::TokenDigest::of(link.rsplit('/').next().unwrap().as_bytes())
}

/// Each action that sends a mail, but for the showing and a reset.
async fn busy(post: &Post, delivery: &str) -> (TestDatabase, Api) {
    let bed = TestDatabase::sqlite().await;
    bed.account("acme").await;
    for (user, account, role) in [("ok", Some("acme"), Role::Owner), ("staff", None, Role::Staff)] {
        bed.put_user(user, account, role).await;
    }
    #[expect(clippy::disallowed_methods, reason = "the same clock as the process")]
    let now = jiff::Timestamp::now().as_millisecond();
    for (id, days) in [("in-ten-days", 10), ("in-two-days", 2), ("yesterday", 0)] {
        bed.put(&token(id, "acme", id)).await;
        let end = now + days * DAY_MILLIS - 60_000;
        bed.execute(&format!("UPDATE credentials SET expires_at = {end}, created_at = 0 WHERE id = '{id}'")).await;
    }
    let settings = format!("console: {{public_url: '{PUBLIC_URL}'}}\n{}", post.settings(delivery));
    let gate = Gate::management_only(&bed.address()).settings(&settings).start();
    let api = Api { gate, staff: staff_token(&bed.store).await };
    let staff = api.staff.as_str();

    api.post(staff, "/users", &json!({"role": "owner", "account": "acme", "email": "ok@invited.example"}));
    api.post(staff, "/session/lost-password", &json!({"email": "ok@example.org"}));
    api.post(staff, "/accounts", &json!({"id": "hooli", "name": "Hooli"}));
    bed.put_user("hooli", Some("hooli"), Role::Owner).await;
    let owner = api.post(staff, "/operator-tokens", &json!({"name": "ci", "role": "owner", "account": "hooli"}));
    let owner = owner["token"].as_str().unwrap();
    let wish = json!({"account": "hooli", "start_on": "2027-01-31", "use_cases": ["reporting"]});
    for (decision, by, body) in [
        ("withdraw", owner, json!({})),
        ("decline", staff, json!({"reason": "no contract"})),
        ("approve", staff, json!({})),
    ] {
        let request = api.post(owner, "/access-requests", &wish);
        api.post(by, &format!("/access-requests/{}/{decision}", request["id"].as_str().unwrap()), &body);
    }
    api.post(staff, "/accounts/hooli/withdraw", &json!({}));
    let new = json!({"account": "acme", "kind": "token", "deliver": "send", "contact_email": "ok@dev.example",
        "contact_mobile": MOBILE});
    api.post(staff, "/credentials", &new);
    api.write("PATCH", staff, "/credentials/in-ten-days", &json!({"contact_email": "ok@former.example"}));
    api.write("PATCH", staff, "/credentials/in-ten-days", &json!({"contact_email": "ok@next.example"}));
    eventually("link and code arrive", || {
        post.twilio.sent().len() == 1 && post.mail.mails().iter().any(|mail| mail.text().contains("/reveal/"))
    });
    (bed, api)
}

/// Each address in each mail begins with that of the console, or for secrets with `reveal`.
fn assert_links(post: &Post, reveal: &str, bound: &str) {
    let mails = post.mail.mails();
    let mut subjects = BTreeSet::new();
    for mail in &mails {
        let raw = mail.0["raw"].as_str().unwrap();
        assert!(!raw.contains(EVIL) && !mail.text().contains(EVIL) && !mail.html().contains(EVIL), "{raw}");
        subjects.insert(mail.subject().to_owned());
        for part in [mail.text(), mail.html()] {
            for link in part.split("http").skip(1) {
                let link = format!("http{}", link.split(['"', '<', ' ', '\n', '\r']).next().unwrap());
                let base = if link.contains("/reveal/") { reveal } else { PUBLIC_URL };
                assert!(link == base || link.starts_with(&format!("{base}/")), "{link}: {part}");
            }
        }
    }
    assert!(subjects.len() >= 10, "{subjects:#?}");
    assert!(post.twilio.sent().iter().all(|text| text["Body"].contains(bound) && !text["Body"].contains(EVIL)));
}
