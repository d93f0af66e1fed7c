//! Secrets are planted wherever a request or a file can hold one, and looked for wherever we write. All of
//! them hold the same word, so that looking for one is looking for all.

mod delivery;
mod management_api;
mod webhooks;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{
    Connection, DISABLED_TOKEN, Gate, PASSWORD, RecordingApi, Request, TOKEN, credentials, eventually, slow_hash,
};

const WORD: &str = "planted";
const ACCEPT: &str = "accept: {api_key: {header: X-API-Key, query: api_key}}";

/// A secret as a log may show it: as it is, as numbers, in hex, in base64 at every alignment.
fn traces_of(secret: &str) -> Vec<String> {
    let bytes = secret.bytes();
    let numbers: Vec<String> = bytes.clone().map(|byte| byte.to_string()).collect();
    let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    let aligned = (0..3).map(|shift| {
        let text = STANDARD.encode(format!("{}{secret}", "x".repeat(shift)));
        // Only the characters that depend on no neighbour.
        text[(8 * shift).div_ceil(6)..8 * (shift + secret.len()) / 6].to_owned()
    });
    [secret.to_owned(), numbers.join(", "), hex].into_iter().chain(aligned).collect()
}

fn assert_untraced(place: &str, text: &str) {
    for trace in traces_of(WORD) {
        let line = text.lines().find(|line| line.contains(&trace));
        assert!(line.is_none(), "{place} shows {trace}: {line:?}");
    }
}

/// Requests that are understood, whatever becomes of them.
fn whole_requests() -> Vec<Request> {
    let get = || Request::get("/x");
    let upgrade = get().header("Connection", "Upgrade").header("Upgrade", "websocket");
    vec![
        get().bearer(TOKEN).header("Cookie", "session=planted-session"),
        get().bearer("planted-wrong"),
        get().bearer("clv_plantedjunk"),
        get().bearer(DISABLED_TOKEN),
        get().header("X-API-Key", TOKEN),
        get().header("X-API-Key", "planted-wrong"),
        Request::get(&format!("/x?api_key={TOKEN}&password=planted-parameter")),
        Request::get("/x?api_key=planted-wrong"),
        Request::get("/x?api%5Fkey=%70lanted-wrong&api_key=planted-twice"),
        Request::get(&format!("//x?api_key={TOKEN}")),
        Request::get(&format!("/x%00?api_key={TOKEN}")),
        get().basic("acme", PASSWORD),
        get().basic("slow", PASSWORD),
        get().basic("acme", "planted-wrong"),
        get().basic("stranger", "planted-wrong"),
        get().basic("planted-in-the-wrong-field", "x"),
        get().header("Cookie", "session=planted-session").header("Proxy-Authorization", "Basic planted"),
        get().header("Authorization", "Digest planted"),
        get().header("Authorization", "planted"),
        get().header("Authorization", "Basic planted!!"),
        get().header("Authorization", format!("Basic {}", STANDARD.encode("planted-without-colon"))),
        get().header("Authorization", format!("Basic {}", STANDARD.encode("planted\u{7}:x"))),
        get().header("Authorization", format!("Basic {}", STANDARD.encode(b"planted:\xff"))),
        get().header("Authorization", "Bearer planted with spaces"),
        get().bearer(TOKEN).bearer("planted-second"),
        get().bearer(TOKEN).header("X-API-Key", "planted-second"),
        get().basic("acme", &"planted".repeat(300)),
        get().bearer(&"planted".repeat(1000)),
        get().bearer(TOKEN).header("X-Claviger-Credential", "planted-identity"),
        get().bearer(TOKEN).header("X-API_Key", "planted-odd-spelling"),
        Request::new("POST", "/x").bearer(TOKEN).body("planted-body"),
        Request::new("POST", "/x").body("planted-body"),
        upgrade.bearer(TOKEN),
        Request::get("http://acme:planted-userinfo@api.example.org/x?api_key=planted").bearer(TOKEN),
        Request::get("http://acme:planted-userinfo@api.example.org/x"),
        Request::get("ftp://acme:planted@api.example.org/x"),
        Request::get("/x#planted-fragment").bearer(TOKEN),
        Request::new("CONNECT", "acme:planted@api.example.org:443").bearer(TOKEN),
    ]
}

/// Heads that a parser stumbles over, most of them after the secret.
fn broken_heads() -> Vec<Vec<u8>> {
    let start = format!("GET /x?api_key={TOKEN} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n");
    let text = |rest: &str| format!("{start}{rest}").into_bytes();
    vec![
        text("no colon here\r\n\r\n"),
        text("bad name: x\r\n\r\n"),
        text(" folded: planted\r\n\r\n"),
        text("X: planted\0\r\n\r\n"),
        text("Content-Length: planted\r\n\r\n"),
        text("Content-Length: 3\r\nContent-Length: 4\r\n\r\nplanted"),
        text("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nplanted"),
        text("Transfer-Encoding: chunked\r\n\r\nplanted\r\n"),
        text(&format!("X: {}\r\n\r\n", "planted".repeat(200_000))),
        text(&"X: planted\r\n".repeat(400)),
        [start.as_bytes(), b"X: planted\xff\r\n\r\n"].concat(),
        format!("GET /x?api_key={TOKEN}\r\n\r\n").into_bytes(),
        format!("GET  /x?api_key={TOKEN} HTTP/1.1\r\n\r\n").into_bytes(),
        format!("Authorization: Bearer {TOKEN}\r\nGET /x HTTP/1.1\r\n\r\n").into_bytes(),
        format!("GET /x HTTP/9.9\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").into_bytes(),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nplanted {TOKEN}").into_bytes(),
    ]
}

/// Files that hold a secret where a digest should be, in ways that parsers complain about.
fn bad_files() -> Vec<String> {
    let entry = |rest: &str| format!("{}  - {{id: a, account: b, {rest}}}\n", credentials());
    vec![
        entry("token: planted-in-the-clear"),
        entry("username: u, password: planted-in-the-clear"),
        entry("username: 'planted:u', password: '$argon2id$planted'"),
        entry("username: u, password: '$2y$10$planted'"),
        entry("token: 'sha256:planted'"),
        entry("token: [planted]"),
        entry("token: *planted"),
        entry("token: !planted x"),
        entry("token: !!int planted"),
        entry("token: \"planted"),
        entry("token: \"\\planted\""),
        entry("token: 'planted'planted"),
        entry("token: planted: planted"),
        entry("enabled: planted"),
        entry("expires_at: planted, addresses: [planted], version: planted, scopes: [planted]"),
        format!("{}planted\n", credentials()),
        format!("{}%planted\n--- planted\n", credentials()),
        "planted".to_owned(),
        "- planted".to_owned(),
        "credentials: planted".to_owned(),
    ]
}

/// Sends one head on a connection of its own; what comes back, if anything does.
fn answer_to(gate: &Gate, head: &[u8]) -> String {
    let mut connection = gate.connect();
    connection.write(head);
    connection.reply(false).map_or_else(String::new, |reply| format!("{:?}\n{}", reply.headers, reply.text()))
}

fn everything_after_a_hard_day(log: &str, upstream: &str) {
    let slow = format!("  - {{id: slow, account: acme, username: slow, password: '{}'}}\n", slow_hash(PASSWORD));
    let good = credentials() + slow.as_str();
    let gate = Gate::before(upstream).log(log).settings(ACCEPT).credentials(&good).start();

    for request in whole_requests() {
        let head = request.header("Connection", "close").bytes();
        assert_untraced("an answer", &answer_to(&gate, &head));
    }
    for head in broken_heads() {
        assert_untraced("an answer", &answer_to(&gate, &head));
    }
    for file in bad_files() {
        gate.rename_over(&gate.credentials_file(), &file);
        let request = Request::new("POST", "/-/reload").host("localhost").header("Connection", "close");
        let refusal = Connection::open(gate.admin).send(&request);
        assert_eq!(refusal.status, 422, "{file}");
        assert_untraced("the refusal of a reload", &refusal.text());
        assert_untraced("readiness", &gate.admin("GET", "/readyz?verbose").text());
    }
    gate.rename_over(&gate.credentials_file(), &good);
    eventually("the good file is back", || gate.stderr().contains("reloaded: "));
    gate.send(&Request::get("/the-end"));
    eventually("the access log has come to its end", || gate.stdout().contains("/the-end"));

    assert_untraced("the access log", &gate.stdout());
    assert_untraced("the operational log", &gate.stderr());
    assert_untraced("metrics", &gate.admin("GET", "/metrics").text());
    assert_untraced("the list of wrong guesses", &gate.admin("GET", "/-/throttle").text());
}

#[test]
fn no_secret_is_in_any_output_at_level_trace() {
    let api = RecordingApi::start();
    everything_after_a_hard_day("log: {format: json, level: trace}\n", api.url());
}

#[test]
fn no_secret_is_in_any_output_though_libraries_are_asked_for_everything() {
    let api = RecordingApi::start();
    let level = "\"trace,h2=trace,pingora_core=trace,pingora_proxy=trace,pingora_http=trace,hyper=trace\"";
    everything_after_a_hard_day(&format!("log: {{format: json, level: {level}}}\n"), api.url());
}

#[test]
fn no_secret_is_in_any_output_for_people() {
    let api = RecordingApi::start();
    everything_after_a_hard_day("log: {format: text, level: trace}\n", api.url());
}

#[test]
fn no_secret_is_in_any_output_while_the_api_is_down() {
    everything_after_a_hard_day("log: {format: json, level: trace}\n", "http://127.0.0.1:1");
}

/// HTTP/2 has parsers and logs of its own.
#[tokio::test]
async fn no_secret_of_an_http2_request_is_in_any_output() {
    claviger::server::install_crypto();
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).log("log: {format: json, level: \"trace,h2=trace\"}\n").settings(ACCEPT).start();
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = |target: &str| format!("http://{}{target}", gate.address);
    let get = |target: &str| client.get(url(target)).header("Cookie", "session=planted-session");
    let requests = [
        (get("/x").bearer_auth(TOKEN), 200),
        (get("/x").bearer_auth("planted-wrong"), 401),
        (get("/x").basic_auth("acme", Some(PASSWORD)), 200),
        (get("/x").basic_auth("acme", Some("planted-wrong")), 401),
        (get("/x").header("X-API-Key", TOKEN), 200),
        (get("/x?api_key=planted-wrong"), 401),
        (get("//x?api_key=planted-wrong"), 400),
        (get("/x").header("Authorization", "Basic planted!"), 400),
        (get("/the-end").bearer_auth(TOKEN).bearer_auth("planted-twice"), 400),
    ];
    for (request, status) in requests {
        let response = request.send().await.unwrap();
        assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_2, status));
        assert_untraced("an answer", &format!("{:?}\n{}", response.headers().clone(), response.text().await.unwrap()));
    }
    eventually("the access log has come to its end", || gate.stdout().contains("/the-end"));
    assert_untraced("the access log", &gate.stdout());
    assert_untraced("the operational log", &gate.stderr());
}
