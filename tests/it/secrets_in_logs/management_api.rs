//! What people and scripts give to the desk, and what it gives to them: in no log, and in its database as digests.

use std::cell::RefCell;

use claviger::config::DatabaseUrl;
use claviger::control::operations::{Caller, NewOperatorToken, OperationContext, Terms, create_operator_token};
use claviger::credential::{ScopeCatalog, TokenFormat, VersionCatalog};
use claviger::formats::Catalogs;
use claviger::store::Role;
use serde_json::{Value, json};

use super::{STANDARD, assert_untraced};
use crate::store::beds::{Bed, noon, on_each};
use crate::support::{Connection, Gate, Reply, Request};
use base64::Engine as _;

on_each!(nothing_that_the_desk_is_given_or_gives_is_in_any_output_or_in_its_database);

const LEVEL: &str = "log: {format: json, level: \"trace,hyper=trace,hyper_util=trace,axum=trace,tower=trace,tower_http=trace,\
                     sqlx=trace,sqlx_core=trace,sqlx_postgres=trace,sqlx_sqlite=trace,mio=trace\"}\n";
const PASSWORD: &str = "planted horse battery";
const ANN: &str = "ann@acme.example";

/// A desk whose every answer is looked at.
struct Desk {
    gate: Gate,
    token: String,
    /// Made there, and shown once.
    made: RefCell<Vec<String>>,
}

impl Desk {
    fn send(&self, request: &Request) -> Reply {
        Connection::open(self.gate.admin).send(&request.clone().header("Connection", "close"))
    }

    /// What is answered must not say again what was planted.
    fn told(&self, request: &Request) -> Reply {
        let reply = self.send(request);
        assert_untraced("an answer", &format!("{:?}\n{}", reply.headers, reply.text()));
        reply
    }

    /// By the script that may do everything.
    fn staff(&self, method: &str, target: &str) -> Request {
        request(method, target).bearer(&self.token)
    }

    fn done(&self, request: &Request) -> Value {
        let reply = self.told(request);
        assert!((200..300).contains(&reply.status), "{}", reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    fn shown(&self, secret: &Value) -> String {
        let secret = secret.as_str().unwrap().to_owned();
        self.made.borrow_mut().push(secret.clone());
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

async fn operator_token(bed: &Bed) -> String {
    let (versions, scopes, format) = (VersionCatalog::default(), ScopeCatalog::new(Vec::new()), TokenFormat::default());
    let terms = Terms { catalogs: Catalogs { versions: &versions, scopes: &scopes }, format: &format };
    let shell = Caller::shell("root".into());
    let new = NewOperatorToken { name: "test".into(), role: Role::Staff, account: None, expires_at: None };
    let created = create_operator_token(&OperationContext::new(&bed.store, &shell, noon(), terms), new)
        .await
        .unwrap()
        .fresh()
        .unwrap();
    created.token.reveal().to_owned()
}

async fn nothing_that_the_desk_is_given_or_gives_is_in_any_output_or_in_its_database(bed: Bed) {
    bed.account("acme").await;
    let token = operator_token(&bed).await;
    let builder = Gate::before("http://127.0.0.1:9").database(&bed.address()).log(LEVEL);
    let gate = builder.settings("throttle: {enabled: false}").start();
    let desk = Desk { gate, token: token.clone(), made: RefCell::new(vec![token]) };

    let cookie = signs_in(&desk);
    handles_credentials(&desk);
    for request in presented_at_the_door(&cookie) {
        desk.told(&request);
    }
    let audit = desk.done(&desk.staff("GET", "/audit?limit=200")).to_string();
    assert!(audit.contains("change_password") && audit.contains("duplicate"));
    assert_hidden(&desk, "the audit", &audit);
    assert_hidden(&desk, "the table", &desk.told(&desk.staff("GET", "/audit.csv")).text());
    if let DatabaseUrl::Sqlite(file) = &bed.url {
        for kept in std::fs::read_dir(file.parent().unwrap()).unwrap() {
            let kept = std::fs::read(kept.unwrap().path()).unwrap();
            assert_hidden(&desk, "the database", &String::from_utf8_lossy(&kept));
        }
    }

    // What the database has against it is written down, too.
    bed.execute("ALTER TABLE credentials RENAME TO lost; ALTER TABLE users RENAME TO lost_too").await;
    let body = json!({"account": "acme", "kind": "password", "username": "late", "password": PASSWORD});
    let failed = desk.told(&with(desk.staff("POST", "/credentials"), &body).header("Idempotency-Key", "planted-late"));
    assert_eq!(failed.status, 503, "{}", failed.text());
    let failed = desk.told(&with(request("POST", "/session"), &json!({"email": ANN, "password": PASSWORD})));
    assert_eq!(failed.status, 503, "{}", failed.text());

    let log = desk.gate.stderr();
    assert!(log.contains("lost") || log.contains("credentials"), "nothing is said of the failures: {log}");
    assert_hidden(&desk, "the operational log", &log);
    assert_hidden(&desk, "the access log", &desk.gate.stdout());
    assert_hidden(&desk, "metrics", &desk.gate.admin("GET", "/metrics").text());
}

/// A user is invited, chooses a password, signs in and chooses another; what their browser holds then.
fn signs_in(desk: &Desk) -> String {
    let user = json!({"email": ANN, "role": "owner", "account": "acme"});
    let user = desk.done(&with(desk.staff("POST", "/users"), &user));
    let ticket = desk.shown(&user["setup_link"]["ticket"]);
    for (ticket, password) in [("planted", PASSWORD), (&ticket, "planted"), (&ticket, &"planted".repeat(200))] {
        let reply = desk.told(&with(request("POST", "/setup"), &json!({"ticket": ticket, "password": password})));
        assert!(reply.status == 410 || reply.status == 422, "{}", reply.text());
    }
    desk.done(&with(request("POST", "/setup"), &json!({"ticket": ticket, "password": PASSWORD})));
    let wrong = json!({"email": ANN, "password": "planted wrong"});
    assert_eq!(desk.told(&with(request("POST", "/session"), &wrong)).status, 401);
    let right = desk.told(&with(request("POST", "/session"), &json!({"email": ANN, "password": PASSWORD})));
    let cookie = right.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    desk.shown(&json!(cookie.split_once('=').unwrap().1));
    let browser =
        || request("POST", "/session/password").header("Cookie", &cookie).header("Sec-Fetch-Site", "same-origin");
    for (current, password, status) in
        [("planted wrong", PASSWORD, 422), (PASSWORD, "planted", 422), (PASSWORD, "planted horse again", 204)]
    {
        let reply = desk.told(&with(browser(), &json!({"current": current, "password": password})));
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    cookie
}

/// Chosen passwords, made secrets, and keys that make a call one.
fn handles_credentials(desk: &Desk) {
    let pair = json!({"account": "acme", "kind": "password", "username": "night", "password": "planted:night"});
    let create = || with(desk.staff("POST", "/credentials"), &pair).header("Idempotency-Key", "planted-key");
    let made = desk.done(&create());
    assert_eq!(desk.done(&create())["repeated"], true);
    let place = format!("/credentials/{}", made["credential"]["id"].as_str().unwrap());
    let post = |verb: &str, body: Value| with(desk.staff("POST", &format!("{place}/{verb}")), &body);
    desk.done(&post("reset", json!({"password": "planted:again"})).header("Idempotency-Key", "planted-reset"));
    desk.shown(&desk.done(&post("reset", json!({})))["secret"]["password"]);
    desk.done(&post("duplicate", json!({"username": "copy", "password": "planted:copy"})));
    for body in
        [json!({"password": "planted"}), json!({"password": "planted".repeat(200)}), json!({"password": "planted\0 "})]
    {
        assert_eq!(desk.told(&post("reset", body)).status, 422);
    }
    let token = with(desk.staff("POST", "/credentials"), &json!({"account": "acme", "kind": "token"}));
    let token = desk.shown(&desk.done(&token)["secret"]["token"]);
    let _unreachable = desk.gate.send(&Request::get("/x").bearer(&token));
    let other =
        with(desk.staff("POST", "/operator-tokens"), &json!({"name": "ci", "role": "owner", "account": "acme"}));
    desk.shown(&desk.done(&other)["token"]);
    for key in ["planted key", "planted\u{e9}", &"planted".repeat(100)] {
        assert_eq!(desk.told(&post("reset", json!({})).header("Idempotency-Key", key)).status, 400);
    }
}

/// Whatever else somebody may send, right or broken.
fn presented_at_the_door(cookie: &str) -> Vec<Request> {
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
fn assert_hidden(desk: &Desk, place: &str, text: &str) {
    assert_untraced(place, text);
    for secret in desk.made.borrow().iter() {
        let found = text.lines().any(|line| line.contains(secret.as_str()));
        assert!(!found, "{place} shows {secret}");
    }
}
