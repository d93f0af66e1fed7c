//! Which tokens may post events, and what a publisher's token cannot do.

use claviger::credential::TokenFormat;
use serde_json::{Value, json};

use super::installation::{Installation, contact};
use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Reply, Request, Run, claviger};

async fn installation() -> Installation {
    Installation::management_only(TestDatabase::sqlite().await, 9, "").await
}

#[tokio::test]
async fn a_publisher_that_is_disabled_expired_or_deleted_is_refused_at_once() {
    let installation = installation().await;
    let publisher = installation.publisher(None);
    let status = || installation.post(&publisher.token, &contact("1")).status;
    let act = |method: &str, path: &str| {
        installation.done(method, &format!("/publishers/{}{path}", publisher.id), None);
    };
    assert_eq!(status(), 202);
    act("POST", "/disable");
    assert_eq!(status(), 401);
    act("POST", "/enable");
    assert_eq!(status(), 202);
    let expire = |at: &str| format!("UPDATE publishers SET expires_at = {at} WHERE id = '{}'", publisher.id);
    installation.database.execute(&expire("1")).await;
    assert_eq!(status(), 401);
    installation.database.execute(&expire("NULL")).await;
    assert_eq!(status(), 202);
    act("DELETE", "");
    assert_eq!(status(), 401);
    assert_eq!(installation.recorded().await, 1);
}

/// The cookie of a member of the staff.
fn session(installation: &Installation) -> String {
    let mut command = claviger();
    command.args(["admin", "setup-link", "--config"]).arg(installation.process.settings_file());
    let link: Value = serde_json::from_str(&Run::of(command).end().stdout).unwrap();
    let login = json!({"email": "ada@example.org", "password": "tiny horse battery staple"});
    let mut first = login.clone();
    first["ticket"] = link["ticket"].clone();
    let post = |path: &str, body: &Value| {
        let request = Request::new("POST", path).header("Content-Type", "application/json");
        let request = request.header("Sec-Fetch-Site", "same-origin").header("Connection", "close");
        Connection::open(installation.process.console).send(&request.body(body.to_string()))
    };
    assert_eq!(post("/api/v1/setup", &first).status, 204);
    let signed_in = post("/api/v1/session", &login);
    let cookie = signed_in.header("set-cookie").unwrap_or_else(|| panic!("{}", signed_in.text()));
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_but_a_publishers_token_may_post_events() {
    let installation = installation().await;
    let publisher = installation.publisher(None);
    let key = installation.credential(&json!({})).1["token"].as_str().unwrap().to_owned();
    let owner = installation.owner("acme");
    let stranger = TokenFormat::publisher().mint().unwrap();
    let cut = &publisher.token[..publisher.token.len() - 1];
    for token in [&installation.staff, &owner, &key, stranger.reveal(), cut, "clvpub_", "junk", &publisher.id] {
        let reply = installation.post(token, &contact("1"));
        assert_eq!((reply.status, reply.code()), (401, "unauthenticated".into()), "{token}");
    }
    let cookie = session(&installation);
    let with = |header: (&str, &str)| {
        let request = Request::new("POST", "/api/v1/events").header("Connection", "close");
        let request = request.header("Sec-Fetch-Site", "same-origin").header("Content-Type", "application/json");
        let request = request.header(header.0, header.1).body(contact("1").to_string());
        Connection::open(installation.process.console).send(&request)
    };
    let request = Request::get("/api/v1/me").header("Connection", "close").header("Cookie", &cookie);
    assert_eq!(Connection::open(installation.process.console).send(&request).status, 200, "the session is right");
    let basic = format!("Basic {}", base64(&format!("{}:", publisher.token)));
    let others =
        [("Cookie", cookie.as_str()), ("X-API-Key", &publisher.token), ("Authorization", &basic), ("X-A", "b")];
    for header in others {
        let reply = with(header);
        assert_eq!((reply.status, reply.code()), (401, "unauthenticated".into()), "{header:?}");
        assert!(reply.text().contains("publisher"), "{}", reply.text());
    }
    assert_eq!(installation.recorded().await, 0);
    assert_eq!(with(("Authorization", &format!("bearer {}", publisher.token))).status, 202);
}

fn base64(text: &str) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_publishers_token_can_do_nothing_else() {
    let installation = installation().await;
    let publisher = installation.publisher(None);
    let (credential, _) = installation.credential(&json!({}));
    let body = json!({"account": "acme", "kind": "token", "name": "x", "url": "https://hooks.example.org/"});
    let one = format!("/credentials/{credential}");
    let gets = [
        "/me",
        "/credentials",
        &one,
        "/credential-counts",
        "/credential-files",
        "/accounts",
        "/users",
        "/audit",
        "/publishers",
        "/webhooks",
        "/operator-tokens",
        "/own-key",
        "/hooks",
        "/hooks/me",
        "/hooks/samples?event=contact.created",
    ];
    let clear = format!("{one}/clear");
    let enable = format!("/publishers/{}/enable", publisher.id);
    let posts = ["/credentials", "/webhooks", "/hooks", "/publishers", "/operator-tokens", &clear, &enable];
    let reply = |method: &str, path: &str| -> Reply {
        let body = (method == "POST").then_some(&body);
        installation.call_as(&publisher.token, method, path, body)
    };
    let all = gets.iter().map(|path| ("GET", *path)).chain(posts.iter().map(|path| ("POST", *path)));
    for (method, path) in all {
        let reply = reply(method, path);
        assert_eq!((reply.status, reply.code()), (401, "unauthenticated".into()), "{method} {path}");
        assert!(!reply.text().contains(&publisher.token));
    }
    assert_eq!(reply("GET", "/events").status, 405);
    for path in ["/-/reload", "/-/throttle", "/metrics"] {
        let request = Request::get(path).header("Connection", "close").bearer(&publisher.token);
        assert_eq!(Connection::open(installation.process.console).send(&request).status, 404, "{path}");
    }
    let log = installation.process.stderr();
    assert!(!log.contains(&publisher.token), "{log}");
    assert_eq!(installation.database.ask("SELECT COUNT(*) FROM credentials").await, 1);
}
