//! Identity headers: set by the gate, once, and never by the caller.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Connection, Gate, PASSWORD, RecordingApi, Request, ScriptedApi, Seen, TOKEN, digest, eventually};

const SCOPED: &str = "versions:
  read_from: {header: X-API-Version}
  known: [{name: \"1\"}, {name: \"2\"}]
scopes:
  pay: [{path: /payments}]
  look: [{methods: [GET], path: /}]
";

/// Header lines whose name a CGI, WSGI or PHP server would take for one that begins with `prefix`.
fn read_as(seen: &Seen, prefix: &str) -> Vec<String> {
    let fold = |line: &String| {
        line.split(':')
            .next()
            .unwrap_or_default()
            .to_lowercase()
            .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
    };
    seen.head[1..].iter().filter(|line| fold(line).starts_with(prefix)).cloned().collect()
}

/// Panics unless the API received exactly our headers, each once.
fn assert_only_ours(seen: &Seen, context: &str) {
    let lines = read_as(seen, "x-claviger-");
    assert_eq!(lines.len(), 3, "{context}: {lines:?}");
    assert_eq!(seen.header("x-claviger-credential"), Some("acme-billing"), "{context}");
    assert_eq!(seen.header("x-claviger-account"), Some("acme"), "{context}");
    assert!(seen.header("x-claviger-request-id").is_some_and(|id| id.len() == 36), "{context}");
    assert!(!seen.head.join("\n").contains("forged"), "{context}: {:?}", seen.head);
}

#[test]
fn identity_headers_arrive_once_with_what_is_proven() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: acme-billing, account: acme, version: '2', scopes: [pay, look], token: '{}'}}\n",
        digest(TOKEN)
    );
    let gate = Gate::before(api.url()).settings(SCOPED).credentials(&set).start();
    assert_eq!(gate.send(&Request::get("/payments").bearer(TOKEN)).status, 200);
    let seen = api.last();
    assert_eq!(seen.header("X-Claviger-Credential"), Some("acme-billing"));
    assert_eq!(seen.header("X-Claviger-Account"), Some("acme"));
    assert_eq!(seen.header("X-Claviger-Version"), Some("2"));
    assert_eq!(seen.header("X-Claviger-Scopes").map(|scopes| scopes.split([' ', ',']).count()), Some(2));
    assert_eq!(read_as(&seen, "x-claviger-").len(), 5);
}

#[test]
fn prefix_of_identity_headers_is_configurable() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("identity: {prefix: X-Consumer-}").start();
    let request =
        Request::get("/").bearer(TOKEN).header("x_consumer_credential", "forged").header("X-Claviger-Account", "kept");
    assert_eq!(gate.send(&request).status, 200);
    let seen = api.last();
    assert_eq!(seen.header("X-Consumer-Credential"), Some("acme-billing"));
    assert_eq!(read_as(&seen, "x-consumer-").len(), 3, "{:?}", seen.head);
    assert_eq!(seen.header("X-Claviger-Account"), Some("kept"));
}

#[test]
fn forged_identity_never_arrives_in_any_spelling() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    let names = ["Credential", "Account", "Version", "Scopes", "Request-Id", "request_id", "Anything", ""];
    let mut separators = vec![("-", "-"), ("_", "_"), (".", "."), ("-", "_"), ("_", "-"), (".", "-")];
    separators.extend(["!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|", "~"].map(|odd| (odd, odd)));
    for (first, second) in separators {
        for rest in names {
            let name = format!("X{first}Claviger{second}{rest}");
            for name in [name.to_lowercase(), name.to_uppercase(), name] {
                let request = Request::get("/").header(&name, "forged-1").bearer(TOKEN).header(&name, "forged-2");
                assert_eq!(connection.send(&request).status, 200, "{name}");
                assert_only_ours(&api.last(), &name);
            }
        }
    }
}

/// The settings that send these identity headers alone.
fn sending(headers: &[&str]) -> String {
    format!("identity: {{headers: [{}]}}\n", headers.join(", "))
}

const HEADERS: [(&str, &str); 5] = [
    ("credential", "X-Claviger-Credential"),
    ("account", "X-Claviger-Account"),
    ("version", "X-Claviger-Version"),
    ("scopes", "X-Claviger-Scopes"),
    ("request_id", "X-Claviger-Request-Id"),
];

/// Of a credential that has a value for each identity header.
fn scoped_credential() -> String {
    let token = digest(TOKEN);
    format!("credentials:\n  - {{id: acme-billing, account: acme, version: '2', scopes: [pay], token: '{token}'}}\n")
}

/// A request that says `forged` under every identity header, each in several spellings, twice, and as hop-by-hop.
fn forged_in_every_spelling() -> Request {
    let mut request = Request::get("/payments").header("Connection", "X-Claviger-Account, X_Claviger_Scopes");
    for (_, name) in HEADERS {
        for name in [name.to_owned(), name.to_uppercase(), name.replace('-', "_"), name.replace('-', ".")] {
            request = request.header(&name, "forged").header(&name.to_lowercase(), "forged too");
        }
    }
    request
}

/// Trailers with every identity header.
const FORGED_TRAILERS: &[u8] = b"5\r\nhello\r\n0\r\nX-Claviger-Credential: forged\r\nX-Claviger-Account: forged\r\n\
    X-Claviger-Version: forged\r\nX-Claviger-Scopes: forged\r\nx_claviger_request_id: forged\r\n\r\n";

/// Header by header: an API that gets none of them must not take a caller's for ours.
#[test]
fn header_that_is_not_sent_never_arrives() {
    let api = RecordingApi::start();
    let one_by_one = HEADERS.map(|(key, name)| (vec![key], vec![name.to_owned()]));
    let without_one = HEADERS.map(|(off, _)| {
        let rest = HEADERS.iter().filter(|(key, _)| *key != off);
        rest.map(|(key, name)| (*key, (*name).to_owned())).unzip()
    });
    for (sent, names) in one_by_one.into_iter().chain(without_one).chain([(vec![], vec![])]) {
        let builder = Gate::before(api.url()).settings(SCOPED).settings(&sending(&sent));
        let gate = builder.credentials(&scoped_credential()).start();
        let assert_sent = |context: &str| {
            let seen = api.last();
            let mut arrived: Vec<_> =
                read_as(&seen, "x-claviger-").iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
            arrived.sort();
            let mut names = names.clone();
            names.sort();
            assert_eq!(arrived, names, "{sent:?}: {context}: {seen:?}");
            assert!(!format!("{seen:?}").contains("forged"), "{sent:?}: {context}: {seen:?}");
        };
        assert_eq!(gate.send(&Request::get("/payments").bearer(TOKEN)).status, 200);
        assert_sent("no header of the caller's");
        assert_eq!(gate.send(&forged_in_every_spelling().bearer(TOKEN)).status, 200);
        assert_sent("forged headers");
        let mut connection = gate.connect();
        let head = Request::new("POST", "/payments").header("Transfer-Encoding", "chunked").bearer(TOKEN);
        connection.write(&head.header("Trailer", "X-Claviger-Account, X-Claviger-Scopes").bytes());
        connection.write(FORGED_TRAILERS);
        assert_eq!(connection.reply(false).unwrap().status, 200);
        assert_sent("forged trailers");
    }
}

/// Emptied by a reload, and before a public route, where nothing is known about the caller.
#[test]
fn empty_list_of_identity_headers_lets_none_through() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{path: /payments}]\nidentity: {headers: [account]}").start();
    let emptied = std::fs::read_to_string(gate.settings_file()).unwrap().replace("[account]", "[]");
    gate.rename_over(&gate.settings_file(), &emptied);
    eventually("the settings are in force", || gate.reloads("success") > 0.0);
    assert_eq!(gate.send(&forged_in_every_spelling()).status, 200);
    assert!(read_as(&api.last(), "x-claviger-").is_empty(), "{:?}", api.last());
    // A refusal has the id all the same.
    let refused = gate.send(&Request::get("/x"));
    assert!(refused.json()["request_id"].as_str().is_some_and(|id| id.len() == 36));
}

#[test]
fn forged_identity_does_not_arrive_on_a_public_route_either() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{path: /events}]").start();
    let request =
        Request::get("/events").header("X-Claviger-Credential", "forged").header("x_claviger.account", "forged");
    assert_eq!(gate.send(&request.bearer(TOKEN)).status, 200);
    let seen = api.last();
    assert_eq!(read_as(&seen, "x-claviger-").len(), 1, "{:?}", seen.head);
    assert!(seen.all("authorization").is_empty());
}

/// One gate and one connection, hundreds of random requests: what `headers_tests` shows for a
/// function is shown here for the bytes that arrive.
#[test]
fn random_headers_are_not_taken_for_identity() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let connection = std::cell::RefCell::new(gate.connect());
    let separator =
        || prop::sample::select(vec!["-", "_", ".", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|", "~"]);
    let value = prop::sample::select(vec!["forged", "", "forged, acme", "\tforged", "forg\u{e9}d forged"]);
    let name =
        (separator(), separator(), "[xX]", "[cC][lL][aA][vV][iI][gG][eE][rR]", "[A-Za-z0-9_.!#$%&'*+^`|~-]{0,16}")
            .prop_map(|(a, b, x, claviger, rest)| format!("{x}{a}{claviger}{b}{rest}"));
    let lines = prop::collection::vec((name, value), 1..6);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&lines, |lines| {
        let forged = lines.iter().fold(Request::get("/"), |request, (name, value)| request.header(name, value));
        let reply = connection.borrow_mut().send(&forged.bearer(TOKEN));
        prop_assert_eq!(reply.status, 200);
        assert_only_ours(&api.last(), &format!("{lines:?}"));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn connection_header_cannot_remove_identity() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let nominations = [
        "X-Claviger-Credential",
        "close, X-Claviger-Credential, X-Claviger-Account, X-Claviger-Request-Id",
        "x-claviger-credential, keep-alive",
        "X_Claviger_Credential",
        "upgrade, X-Claviger-Credential",
        "a, b, c, d, e, f, g, h, i, j, k, X-Claviger-Credential",
    ];
    for nomination in nominations {
        let before = api.seen().len();
        let request = Request::get("/").header("Connection", nomination).header("X-Claviger-Credential", "forged");
        let reply = gate.send(&request.bearer(TOKEN));
        let arrived = api.seen().len() - before;
        assert!(matches!((reply.status, arrived), (200, 1) | (400, 0)), "{nomination}: {} {arrived}", reply.status);
        if arrived == 1 {
            assert_only_ours(&api.last(), nomination);
        }
    }
}

#[test]
fn connection_header_cannot_forward_the_credential() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let reply = gate.send(&Request::get("/").header("Connection", "Authorization").bearer(TOKEN));
    assert_eq!(reply.status, 200);
    assert_only_ours(&api.last(), "Connection: Authorization");
}

#[test]
fn trailers_carry_no_identity() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    let head =
        Request::new("POST", "/").header("Transfer-Encoding", "chunked").header("Trailer", "X-Claviger-Credential");
    connection.write(&head.bearer(TOKEN).bytes());
    connection.write(b"5\r\nhello\r\n0\r\nX-Claviger-Credential: forged\r\nX_Claviger_Account: forged\r\n\r\n");
    let reply = connection.reply(false).unwrap();
    // The API reads whatever else might have come as another request.
    assert_eq!(gate.send(&Request::get("/next").bearer(TOKEN)).status, 200);
    let seen = api.seen();
    assert_eq!((reply.status, seen.len()), (200, 2), "{seen:?}");
    assert_eq!(seen[0].body, b"hello");
    assert_only_ours(&seen[0], "trailers");
    assert_only_ours(&seen[1], "after trailers");
}

#[test]
fn other_spellings_of_our_own_headers_do_not_arrive() {
    let api = RecordingApi::start();
    let set = format!("credentials:\n  - {{id: a, account: b, version: '1', token: '{}'}}\n", digest(TOKEN));
    let gate = Gate::before(api.url()).settings(SCOPED).credentials(&set).start();
    for name in [
        "X_Api_Key",
        "x.api.key",
        "X_API-Key",
        "X_API_Version",
        "x.api-version",
        "X-API_VERSION",
        "X!API!Key",
        "X!API!Version",
    ] {
        assert_eq!(gate.send(&Request::get("/").bearer(TOKEN).header(name, "2")).status, 200, "{name}");
        let seen = api.last();
        assert!(read_as(&seen, "x-api-key").is_empty(), "{name}");
        assert_eq!(read_as(&seen, "x-api-version"), ["x-api-version: 1"], "{name}");
        assert_eq!(seen.header("x-claviger-version"), Some("1"));
    }
    // The one that was decided on stays, for the API to read.
    assert_eq!(gate.send(&Request::get("/").bearer(TOKEN).header("x-api-version", "1")).status, 200);
    assert_eq!(api.last().header("X-API-Version"), Some("1"));
}

#[test]
fn one_request_id_in_problem_document_logs_and_forwarded_request() {
    let (ids, forwarded) = std::sync::mpsc::channel();
    let api = ScriptedApi::start(move |exchange| {
        let head = exchange.head();
        let id =
            head.iter().find_map(|line| line.to_lowercase().strip_prefix("x-claviger-request-id: ").map(str::to_owned));
        ids.send(id).unwrap();
        // Hangs up: the gate answers in its place.
    });
    let gate = Gate::before(api.url()).start();
    let reply = gate.send(&Request::new("POST", "/").header("X-Claviger-Request-Id", "forged").bearer(TOKEN));
    assert_eq!(reply.code(), "upstream_unreachable");
    let document = reply.json()["request_id"].as_str().unwrap().to_owned();
    assert_eq!(gate.access_log(1)[0]["request_id"], document.as_str());
    let told = format!("\"request_id\":\"{document}\"");
    eventually("the log names it too", || gate.stderr().lines().any(|line| line.contains(&told)));
    assert_eq!(forwarded.recv().unwrap(), Some(document));
}

#[test]
fn every_request_has_an_id_of_its_own() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection: Connection = gate.connect();
    for _ in 0..20 {
        connection.send(&Request::get("/").basic("acme", PASSWORD));
    }
    let ids: std::collections::HashSet<_> =
        api.seen().iter().map(|seen| seen.header("x-claviger-request-id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 20);
    let log = gate.access_log(20);
    assert!(log.iter().all(|line| ids.contains(line["request_id"].as_str().unwrap())));
}
