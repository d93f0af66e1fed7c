//! Signing secrets of webhooks, tokens of publishers, and API keys that subscribe REST hooks: shown once, and afterwards
//! in no log, row, dump, list or page.

use serde_json::json;

use super::delivery::{LEVEL, Secrets, dumps};
use crate::delivery::webhooks::receiver::Receiver;
use crate::store::test_database::{TestDatabase, on_each};
use crate::support::{Connection, Gate, Request, Run, claviger, eventually_async};
use crate::webhooks::installation::{Installation, RECEIVER, contact, settings};

on_each!(secrets_of_webhooks_are_in_no_output_row_or_dump_afterwards);

async fn secrets_of_webhooks_are_in_no_output_row_or_dump_afterwards(database: TestDatabase) {
    let receiver = Receiver::start("127.0.0.1:0", None).await;
    let builder = Gate::before("http://127.0.0.1:9").database(&database.address()).log(LEVEL);
    let builder = builder.settings(&settings(receiver.address.port()));
    let installation = Installation::start(database, builder).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();

    // Staff may not make a webhook of an account.
    let owner = installation.owner("acme");
    let as_owner = |path: &str, body: serde_json::Value| {
        let reply = installation.call_as(&owner, "POST", path, Some(&body));
        assert!(reply.status < 300, "{path}: {}", reply.text());
        reply.json()
    };
    let publisher = installation.publisher(None);
    let (credential, secret) = installation.credential(&json!({"name": "Pixel"}));
    let key = text(&secret["token"]);
    let new = json!({"credential": credential, "url": format!("{RECEIVER}/status/503")});
    let created = as_owner("/webhooks", new);
    let id = text(&created["webhook"]["id"]);
    let renewed = as_owner(&format!("/webhooks/{id}/secret"), json!({"at_once": false}));
    let hooks = |method: &str, path: &str, key: &str, body: &str| {
        let request = Request::new(method, &format!("/api/v1/hooks{path}")).header("X-API-Key", key);
        let request = request.header("Content-Type", "application/json").header("Connection", "close").body(body);
        Connection::open(installation.process.console).send(&request)
    };
    let hook = json!({"target_url": format!("{RECEIVER}/status/200"), "event": "contact.created"}).to_string();
    let subscribed = hooks("POST", "", &key, &hook);
    assert_eq!(subscribed.status, 201, "{}", subscribed.text());
    assert_eq!(installation.post(&publisher.token, &contact("1")).status, 202);
    eventually_async("both are sent", async || receiver.received().len() >= 2).await;
    let answered = "SELECT COUNT(DISTINCT delivery) FROM attempts WHERE status IS NOT NULL";
    eventually_async("both answers are recorded", async || installation.database.ask(answered).await == 2).await;

    let (first, second) = (text(&created["secret"]), text(&renewed["secret"]));
    assert!(first.starts_with("whsec_") && second.starts_with("whsec_") && first != second, "{created} {renewed}");
    let bare = |secret: &str| secret.trim_start_matches("whsec_").to_owned();
    let secrets = Secrets(vec![
        ("the first signing secret", bare(&first)),
        ("the second signing secret", bare(&second)),
        ("the token of the publisher", publisher.token.clone()),
        ("the API key", key.clone()),
    ]);

    // What is refused names no secret either.
    let cut = |secret: &str| secret[..secret.len() - 1].to_owned();
    for refused in [
        installation.post(&cut(&publisher.token), &contact("2")),
        installation.post(&key, &contact("2")),
        installation.post_bytes(&publisher.token, "application/json", b"[{"),
        installation.post_bytes(&publisher.token, "text/plain", first.as_bytes()),
        installation.post(&publisher.token, &json!([publisher.token])),
        hooks("GET", "/me", &cut(&key), ""),
        hooks("GET", "/me", &publisher.token, ""),
        hooks("POST", "", &key, "{"),
        hooks("POST", "", &key, &json!({"target_url": key, "event": first}).to_string()),
        installation.call_as(&owner, "PATCH", &format!("/webhooks/{id}"), Some(&json!({"secret": first}))),
    ] {
        assert!((400..500).contains(&refused.status), "{} {}", refused.status, refused.text());
        secrets.assert_absent("a refusal", &format!("{:?}\n{}", refused.headers, refused.text()));
    }
    for path in [
        "/webhooks",
        &format!("/webhooks/{id}"),
        &format!("/webhooks/{id}/deliveries"),
        "/publishers",
        &format!("/publishers/{}", publisher.id),
        "/audit?limit=200",
    ] {
        let shown = installation.call("GET", path, None);
        assert_eq!(shown.status, 200, "{path}: {}", shown.text());
        secrets.assert_absent(path, &shown.text());
    }
    for path in ["", "/me", "/samples?event=contact.created"] {
        let shown = hooks("GET", path, &key, "");
        assert_eq!(shown.status, 200, "{path}: {}", shown.text());
        secrets.assert_absent(path, &shown.text());
    }
    for received in receiver.received() {
        secrets.assert_absent("a request to a receiver", &received.head);
        secrets.assert_absent("the body of an event", &String::from_utf8_lossy(&received.body));
    }

    let gate = &installation.process;
    let run = |arguments: &[&str]| {
        let mut command = claviger();
        command.args(arguments).arg("--config").arg(gate.settings_file());
        let ended = Run::of(command).end();
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        format!("{}{}", ended.stdout, ended.stderr)
    };
    for arguments in [&["webhook", "list", "--json"][..], &["publisher", "list", "--json"], &["audit", "export"]] {
        secrets.assert_absent(&format!("{arguments:?}"), &run(arguments));
    }
    let backup = gate.folder().join("backup.db");
    let back_up = || run(&["database", "backup", backup.to_str().unwrap()]);
    for (place, dump) in dumps(&installation.database, back_up, &backup) {
        assert!(dump.contains("hooks.example.org"), "{place} is empty");
        secrets.assert_absent(&place, &dump);
    }
    let log = gate.stderr();
    assert!(log.contains("\"result\":\"delayed\",\"status\":503"), "an attempt is not in the log: {log}");
    secrets.assert_absent("the operational log", &log);
    secrets.assert_absent("the access log", &gate.stdout());
    secrets.assert_absent("metrics", &gate.admin("GET", "/metrics").text());
    secrets.assert_absent("readiness", &gate.admin("GET", "/readyz?verbose").text());
}
