//! Secrets sent to and returned by the management API are in no log, and in its database only as digests.

use std::cell::RefCell;

use claviger::config::DatabaseUrl;
use claviger::control::operations::{Caller, NewOperatorToken, OperationContext, Terms, create_operator_token};
use claviger::credential::{ScopeCatalog, TokenFormat, VersionCatalog};
use claviger::formats::Catalogs;
use claviger::store::Role;
use serde_json::{Value, json};

use super::{STANDARD, assert_untraced};
use crate::store::test_database::{TestDatabase, noon, on_each};
use crate::support::{Connection, Gate, Reply, Request};
use base64::Engine as _;

on_each!(secrets_of_the_management_api_are_in_no_output_and_not_in_its_database);

const LEVEL: &str = "log: {format: json, level: \"trace,hyper=trace,hyper_util=trace,axum=trace,tower=trace,tower_http=trace,\
                     sqlx=trace,sqlx_core=trace,sqlx_postgres=trace,sqlx_sqlite=trace,mio=trace\"}\n";
const PASSWORD: &str = "planted horse battery";
const ANN: &str = "ann@acme.example";

/// A client that searches every response for planted secrets.
struct Client {
    gate: Gate,
    token: String,
    /// Secrets that were returned once.
    secrets: RefCell<Vec<String>>,
}

impl Client {
    fn send(&self, request: &Request) -> Reply {
        Connection::open(self.gate.console).send(&request.clone().header("Connection", "close"))
    }

    /// Sends a request; the response must not repeat a planted secret.
    fn send_checked(&self, request: &Request) -> Reply {
        let reply = self.send(request);
        assert_untraced("an answer", &format!("{:?}\n{}", reply.headers, reply.text()));
        reply
    }

    /// A request with a staff token.
    fn staff(&self, method: &str, target: &str) -> Request {
        request(method, target).bearer(&self.token)
    }

    fn succeed(&self, request: &Request) -> Value {
        let reply = self.send_checked(request);
        assert!((200..300).contains(&reply.status), "{}", reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    fn record(&self, secret: &Value) -> String {
        let secret = secret.as_str().unwrap().to_owned();
        self.secrets.borrow_mut().push(secret.clone());
        secret
    }
}

fn request(method: &str, target: &str) -> Request {
    Request::new(method, &format!("/api/v1{target}"))
}

fn with(request: Request, body: &Value) -> Request {
    request.header("Content-Type", "application/json").body(body.to_string())
}

fn raw(target: &str, body: impl AsRef<[u8]>) -> Request {
    request("POST", target).header("Content-Type", "application/json").body(body)
}

async fn operator_token(bed: &TestDatabase) -> String {
    let (versions, scopes, format) = (VersionCatalog::default(), ScopeCatalog::new(Vec::new()), TokenFormat::default());
    let delivery = claviger::config::Delivery::default();
    let terms = Terms {
        catalogs: Catalogs { versions: &versions, scopes: &scopes },
        format: &format,
        delivery: &delivery,
        webhooks: None,
    };
    let shell = Caller::shell("root".into());
    let new = NewOperatorToken { name: "test".into(), role: Role::Staff, account: None, expires_at: None };
    let created = create_operator_token(&OperationContext::new(&bed.store, &shell, noon(), terms), new)
        .await
        .unwrap()
        .fresh()
        .unwrap();
    created.token.reveal().to_owned()
}

async fn secrets_of_the_management_api_are_in_no_output_and_not_in_its_database(bed: TestDatabase) {
    bed.account("acme").await;
    let token = operator_token(&bed).await;
    let builder = Gate::before("http://127.0.0.1:9").database(&bed.address()).log(LEVEL);
    let gate = builder.settings("throttle: {enabled: false}").start();
    let client = Client { gate, token: token.clone(), secrets: RefCell::new(vec![token]) };

    let cookie = sign_in(&client);
    change_credentials(&client);
    for request in with_planted_credentials(&cookie) {
        client.send_checked(&request);
    }
    let audit = client.succeed(&client.staff("GET", "/audit?limit=200")).to_string();
    assert!(audit.contains("change_password") && audit.contains("duplicate"));
    assert_hidden(&client, "the audit", &audit);
    assert_hidden(&client, "the table", &client.send_checked(&client.staff("GET", "/audit.csv")).text());
    if let DatabaseUrl::Sqlite(file) = &bed.url {
        for kept in std::fs::read_dir(file.parent().unwrap()).unwrap() {
            let kept = std::fs::read(kept.unwrap().path()).unwrap();
            assert_hidden(&client, "the database", &String::from_utf8_lossy(&kept));
        }
    }

    // What the database has against it is written down, too.
    bed.execute("ALTER TABLE credentials RENAME TO lost; ALTER TABLE users RENAME TO lost_too").await;
    let body = json!({"account": "acme", "kind": "password", "username": "late", "password": PASSWORD});
    let failed = client
        .send_checked(&with(client.staff("POST", "/credentials"), &body).header("Idempotency-Key", "planted-late"));
    assert_eq!(failed.status, 503, "{}", failed.text());
    let failed = client.send_checked(&with(request("POST", "/session"), &json!({"email": ANN, "password": PASSWORD})));
    assert_eq!(failed.status, 503, "{}", failed.text());

    let log = client.gate.stderr();
    assert!(log.contains("lost") || log.contains("credentials"), "nothing is said of the failures: {log}");
    assert_hidden(&client, "the operational log", &log);
    assert_hidden(&client, "the access log", &client.gate.stdout());
    assert_hidden(&client, "metrics", &client.gate.admin("GET", "/metrics").text());
}

/// A user is invited, chooses a password, signs in and chooses another; what their browser holds then.
fn sign_in(client: &Client) -> String {
    let user = json!({"email": ANN, "role": "owner", "account": "acme"});
    let user = client.succeed(&with(client.staff("POST", "/users"), &user));
    let ticket = client.record(&user["setup_link"]["ticket"]);
    for (ticket, password) in [("planted", PASSWORD), (&ticket, "planted"), (&ticket, &"planted".repeat(200))] {
        let reply =
            client.send_checked(&with(request("POST", "/setup"), &json!({"ticket": ticket, "password": password})));
        assert!(reply.status == 410 || reply.status == 422, "{}", reply.text());
    }
    client.succeed(&with(request("POST", "/setup"), &json!({"ticket": ticket, "password": PASSWORD})));
    let wrong = json!({"email": ANN, "password": "planted wrong"});
    assert_eq!(client.send_checked(&with(request("POST", "/session"), &wrong)).status, 401);
    let right = client.send_checked(&with(request("POST", "/session"), &json!({"email": ANN, "password": PASSWORD})));
    let cookie = right.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    client.record(&json!(cookie.split_once('=').unwrap().1));
    let browser =
        || request("POST", "/session/password").header("Cookie", &cookie).header("Sec-Fetch-Site", "same-origin");
    for (current, password, status) in
        [("planted wrong", PASSWORD, 422), (PASSWORD, "planted", 422), (PASSWORD, "planted horse again", 204)]
    {
        let reply = client.send_checked(&with(browser(), &json!({"current": current, "password": password})));
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    cookie
}

/// Chosen passwords, made secrets, and keys that make a call one.
fn change_credentials(client: &Client) {
    let pair = json!({"account": "acme", "kind": "password", "username": "night", "password": "planted:night"});
    let create = || with(client.staff("POST", "/credentials"), &pair).header("Idempotency-Key", "planted-key");
    let made = client.succeed(&create());
    assert_eq!(client.succeed(&create())["repeated"], true);
    let place = format!("/credentials/{}", made["credential"]["id"].as_str().unwrap());
    let post = |verb: &str, body: Value| with(client.staff("POST", &format!("{place}/{verb}")), &body);
    client.succeed(&post("reset", json!({"password": "planted:again"})).header("Idempotency-Key", "planted-reset"));
    client.record(&client.succeed(&post("reset", json!({})))["secret"]["password"]);
    client.succeed(&post("duplicate", json!({"username": "copy", "password": "planted:copy"})));
    for body in
        [json!({"password": "planted"}), json!({"password": "planted".repeat(200)}), json!({"password": "planted\0 "})]
    {
        assert_eq!(client.send_checked(&post("reset", body)).status, 422);
    }
    let token = with(client.staff("POST", "/credentials"), &json!({"account": "acme", "kind": "token"}));
    let token = client.record(&client.succeed(&token)["secret"]["token"]);
    let _unreachable = client.gate.send(&Request::get("/x").bearer(&token));
    let other =
        with(client.staff("POST", "/operator-tokens"), &json!({"name": "ci", "role": "owner", "account": "acme"}));
    client.record(&client.succeed(&other)["token"]);
    for key in ["planted key", "planted\u{e9}", &"planted".repeat(100)] {
        assert_eq!(client.send_checked(&post("reset", json!({})).header("Idempotency-Key", key)).status, 400);
    }
}

/// Further requests, valid and malformed.
fn with_planted_credentials(cookie: &str) -> Vec<Request> {
    let me = || request("GET", "/me");
    let session = |rest: &str| raw("/session", format!("{{\"email\": \"{ANN}\", \"password\": {rest}"));
    vec![
        me().header("Cookie", cookie),
        me().header("Cookie", cookie).header("Origin", "https://evil.example"),
        me().header("Cookie", "__Host-claviger=planted"),
        me().header("Cookie", "__Host-claviger=planted; __Host-claviger=planted"),
        me().header("Cookie", "other=planted"),
        me().bearer("clvop_planted"),
        me().bearer("clvop_plantedplantedplantedplantedplanted000000"),
        me().bearer("planted with spaces"),
        me().bearer("planted").bearer("planted"),
        me().basic("ann", "planted"),
        me().header("Authorization", "planted"),
        me().header("If-Match", "planted"),
        me().header("X-Request-Id", "planted"),
        me().header("X-Forwarded-For", "planted"),
        request("GET", "/me?password=planted"),
        request("GET", "/setup?ticket=planted"),
        request("POST", "/session?password=planted").header("Content-Type", "text/plain").body("planted"),
        session("\"planted"),
        session("planted}"),
        session("[\"planted\"]}"),
        session("\"planted\"} planted"),
        session("\"\\planted\"}"),
        raw("/session", b"{\"email\": \"a@b.c\", \"password\": \"planted\xff\"}"),
        raw("/session", format!("{{\"password\": \"{}\"}}", "planted".repeat(20_000))),
        raw("/session", STANDARD.encode("planted")),
        raw("/setup", "{\"ticket\": {\"planted\": 1}}"),
        raw("/setup/look", "{\"ticket\": \"planted\", \"ticket\": \"planted\"}"),
        request("DELETE", "/session").header("Cookie", cookie).header("Sec-Fetch-Site", "same-origin"),
    ]
}

/// Neither what was planted nor what was made.
fn assert_hidden(client: &Client, place: &str, text: &str) {
    assert_untraced(place, text);
    for secret in client.secrets.borrow().iter() {
        let found = text.lines().any(|line| line.contains(secret.as_str()));
        assert!(!found, "{place} shows {secret}");
    }
}
