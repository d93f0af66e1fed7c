//! Wrong guesses, through the listener: they cost time, and only those who make them.

use std::time::Duration;

use crate::support::{Gate, PASSWORD, RecordingApi, Reply, Request, TOKEN, eventually};

/// Waits that no test is slow enough to see end.
const SLOW: &str = "throttle: {free_per_pair: 3, free_per_address: 6, first_delay: 5m, longest_delay: 5m}";
const QUICK: &str = "throttle: {free_per_pair: 3, free_per_address: 6, first_delay: 1s}";
/// With this the test says where a request comes from.
const PROXY: &str = "  trusted_proxies: [127.0.0.0/8]";

fn pair(from: &str, name: &str, password: &str) -> Request {
    Request::get("/x").basic(name, password).header("X-Forwarded-For", from)
}

fn token(from: &str, token: &str) -> Request {
    Request::get("/x").bearer(token).header("X-Forwarded-For", from)
}

fn code_and_retry_after(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

const ATTACKER: &str = "192.0.2.66";
const OFFICE: &str = "192.0.2.7";

struct Guessed {
    api: RecordingApi,
    gate: Gate,
}

impl Guessed {
    fn start(settings: &str) -> Self {
        let api = RecordingApi::start();
        let gate = Gate::before(api.url()).proxy(PROXY).settings(settings).start();
        Self { api, gate }
    }

    fn send(&self, request: &Request) -> (u16, String) {
        code_and_retry_after(&self.gate.send(request))
    }

    /// The codes of so many equal requests.
    fn codes(&self, request: &Request, count: usize) -> Vec<String> {
        (0..count).map(|_| self.send(request).1).collect()
    }

    fn hashes(&self) -> f64 {
        self.gate.metric("claviger_password_hash_duration_seconds_count")
    }
}

#[test]
fn throttled_guesses_are_refused_before_hashing_with_retry_after() {
    let guessed = Guessed::start(SLOW);
    let invalid = vec!["credential_invalid"; 3];
    assert_eq!(guessed.codes(&pair(ATTACKER, "acme", "wrong"), 3), invalid);
    let reply = guessed.gate.send(&pair(ATTACKER, "acme", "wrong"));
    assert_eq!(code_and_retry_after(&reply), (429, "guesses_throttled".into()));
    let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((295..=300).contains(&wait), "{wait}");
    // The right one as well: otherwise guessing would go on.
    assert_eq!(guessed.send(&pair(ATTACKER, "acme", PASSWORD)).0, 429);
    assert_eq!((guessed.hashes(), guessed.api.seen().len()), (3.0, 0));
    assert_eq!(guessed.gate.metric("claviger_guesses_throttled_total"), 2.0);
    assert_eq!(guessed.gate.metric("claviger_throttle_entries"), 2.0);
    // Other addresses and other users are not affected.
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
    assert_eq!(guessed.send(&pair(ATTACKER, "other", "wrong")).1, "credential_invalid");
}

/// The cache must not answer what the throttle would not let be asked.
#[test]
fn password_cached_for_another_address_is_throttled_all_the_same() {
    let guessed = Guessed::start(SLOW);
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
    (0..6).for_each(|number| drop(guessed.send(&pair(ATTACKER, &format!("user-{number}"), "wrong"))));
    for password in ["wrong", PASSWORD] {
        assert_eq!(guessed.send(&pair(ATTACKER, "acme", password)).1, "guesses_throttled", "{password}");
    }
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
}

#[test]
fn proven_password_passes_while_other_users_of_its_address_are_throttled() {
    let guessed = Guessed::start(SLOW);
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
    (0..6).for_each(|number| drop(guessed.send(&pair(OFFICE, &format!("user-{number}"), "wrong"))));
    assert_eq!(guessed.send(&pair(OFFICE, "user-6", "wrong")).1, "guesses_throttled");
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
    // Except while this user is being guessed at from there.
    guessed.codes(&pair(OFFICE, "acme", "wrong"), 3);
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).1, "guesses_throttled");
}

#[test]
fn valid_token_passes_after_invalid_ones_from_its_address() {
    let guessed = Guessed::start(SLOW);
    let wrong = token(OFFICE, "wrong");
    assert_eq!(guessed.codes(&wrong, 6), vec!["credential_invalid"; 6]);
    assert_eq!(guessed.codes(&token(OFFICE, "clv_junk"), 2), vec!["guesses_throttled"; 2]);
    assert_eq!(guessed.send(&token(OFFICE, TOKEN)).0, 200);
    assert_eq!(guessed.send(&pair(OFFICE, "acme", PASSWORD)).0, 200);
    assert_eq!(guessed.send(&token("192.0.2.8", "wrong")).1, "credential_invalid");
}

#[test]
fn correct_password_after_the_delay_resets_the_throttle() {
    let guessed = Guessed::start(QUICK);
    let (wrong, right) = (pair(OFFICE, "acme", "wrong"), pair(OFFICE, "acme", PASSWORD));
    guessed.codes(&wrong, 3);
    let refused = guessed.gate.send(&right);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(guessed.send(&right).0, 200);
    assert_eq!(guessed.codes(&wrong, 3), vec!["credential_invalid"; 3]);
    assert_eq!(guessed.send(&wrong).1, "guesses_throttled");
}

#[test]
fn unknown_usernames_are_throttled_like_known_ones() {
    let guessed = Guessed::start(SLOW);
    let answers = |from: &str, name: &str| {
        let one = |_| {
            let reply = guessed.gate.send(&pair(from, name, "wrong"));
            let mut document = reply.json();
            document["request_id"].take();
            (reply.status, reply.header("retry-after").is_some(), document.to_string())
        };
        (0..5).map(one).collect::<Vec<_>>()
    };
    assert_eq!(answers("192.0.2.20", "acme"), answers("192.0.2.21", "stranger"));
}

#[test]
fn an_ipv6_caller_gains_nothing_by_changing_its_address_within_its_network() {
    let guessed = Guessed::start(SLOW);
    let guess = |host: u32| guessed.send(&token(&format!("2001:db8::{host:x}"), "wrong")).1;
    assert!((0..6).all(|host| guess(host) == "credential_invalid"));
    assert_eq!(guess(7), "guesses_throttled");
    assert_eq!(guessed.send(&token("2001:db8:0:1::1", "wrong")).1, "credential_invalid");
}

/// All callers behind it would share its fate.
#[test]
fn trusted_proxy_is_not_throttled() {
    let guessed = Guessed::start(SLOW);
    let wrong = Request::get("/x").bearer("wrong");
    assert_eq!(guessed.codes(&wrong, 10), vec!["credential_invalid"; 10]);
    let unknown_client = wrong.header("X-Forwarded-For", "unknown");
    assert_eq!(guessed.codes(&unknown_client, 10), vec!["credential_invalid"; 10]);
    assert_eq!(guessed.gate.metric("claviger_throttle_entries"), 0.0);
}

#[test]
fn untrusted_peer_is_throttled_whatever_it_forwards() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(SLOW).start();
    let guess = |number: u8| gate.send(&token(&format!("192.0.2.{number}"), "wrong")).code();
    assert!((0..6).all(|number| guess(number) == "credential_invalid"));
    assert_eq!(guess(7), "guesses_throttled");
}

/// A full queue is not the caller's fault.
#[test]
fn unchecked_password_is_not_counted_as_a_guess() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: a, account: b, username: acme, password: '{}'}}\n",
        crate::support::slow_hash(PASSWORD)
    );
    let settings = "passwords: {threads: 1, queue: 1}\nthrottle: {free_per_pair: 100, free_per_address: 100}";
    let gate = Gate::before(api.url()).settings(settings).credentials(&set).start();
    let mut connections: Vec<_> = (0..30).map(|_| gate.connect()).collect();
    connections.iter_mut().for_each(|connection| {
        connection.write(&Request::get("/x").basic("acme", "wrong").bytes());
    });
    let replies: Vec<_> = connections.iter_mut().map(|connection| connection.reply(false).unwrap().status).collect();
    let wrong = replies.iter().filter(|status| **status == 401).count();
    assert!(wrong < 30 && replies.iter().all(|status| matches!(status, 401 | 503)), "{replies:?}");
    for entry in gate.admin("GET", "/-/throttle").json().as_array().unwrap() {
        assert_eq!(entry["wrong_guesses"], wrong, "{entry}");
    }
}

#[test]
fn reload_switches_the_throttle_off_and_on() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let code = || gate.send(&Request::get("/x").basic("acme", "wrong")).code();
    assert!((0..30).all(|_| code() == "credential_invalid"));
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap().replace("enabled: false", "enabled: true");
    gate.rename_over(&gate.settings_file(), &settings);
    eventually("guesses are throttled", || code() == "guesses_throttled");
}

#[test]
fn throttle_is_listed_and_cleared_by_operators_and_not_by_browsers() {
    let guessed = Guessed::start(SLOW);
    let gate = &guessed.gate;
    guessed.codes(&pair(ATTACKER, "acme", "wrong"), 3);
    guessed.codes(&pair(OFFICE, "planted-secret", "wrong"), 1);
    let list = |query: &str| gate.admin("GET", &format!("/-/throttle{query}")).json();
    let all = list("");
    assert_eq!(all.as_array().unwrap().len(), 4);
    let first = &all[0];
    let fields = ["kind", "address", "name", "wrong_guesses"].map(|field| first[field].to_string());
    assert_eq!(fields, ["\"pair\"", "\"192.0.2.66\"", "\"acme\"", "3"]);
    let until: jiff::Timestamp = first["until"].as_str().unwrap().parse().unwrap();
    assert!(until.as_second() > 1_700_000_000);
    assert!(!all.to_string().contains("planted"), "{all}");
    assert_eq!(list("?address=192.0.2.7").as_array().unwrap().len(), 2);

    let clear = |target: &str, header: Option<(&str, &str)>| {
        let request = Request::new("POST", target).host("localhost").header("Connection", "close");
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        crate::support::Connection::open(gate.admin).send(&request)
    };
    for header in [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        assert_eq!(clear("/-/throttle/clear", Some(header)).status, 403, "{header:?}");
    }
    assert_eq!(gate.admin("GET", "/-/throttle/clear").status, 405);
    assert_eq!(clear("/-/throttle/clear?adress=192.0.2.66", None).status, 400);
    assert_eq!(clear("/-/throttle/clear?address=somewhere", None).status, 400);
    assert_eq!(list("").as_array().unwrap().len(), 4);
    assert_eq!(clear("/-/throttle/clear?address=192.0.2.66", None).json()["cleared"], 2);
    assert_eq!(guessed.send(&pair(ATTACKER, "acme", PASSWORD)).0, 200);
    assert_eq!(clear("/-/throttle/clear", None).json()["cleared"], 2);
}

#[test]
fn a_replaced_password_works_at_once_where_the_previous_one_was_guessed_at() {
    let guessed = Guessed::start(SLOW);
    assert_eq!(guessed.codes(&pair(ATTACKER, "acme", "wrong"), 4)[3], "guesses_throttled");
    assert_eq!(guessed.send(&pair(ATTACKER, "acme", PASSWORD)).0, 429);
    let hash = "{SHA}lQo3bkfy8AMx9C3WXH/H6zkmW6I=";
    guessed
        .gate
        .replace_credentials(&format!("credentials:\n  - {{id: a, account: b, username: acme, password: '{hash}'}}\n"));
    assert_eq!(guessed.send(&pair(ATTACKER, "acme", "new secret")).0, 200);
}

#[test]
fn inconsistent_throttle_delays_are_rejected() {
    use crate::support::{Run, credentials};
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    for (throttle, fault) in [
        ("{first_delay: 10m}", "throttle.longest_delay  is shorter than first_delay"),
        ("{window: 5m}", "throttle.window  must be longer than longest_delay"),
        ("{window: 25h}", "throttle.window  must be at most a day"),
        ("{free_per_pair: 0}", "throttle.free_per_pair  must be"),
    ] {
        let settings = format!(
            "proxy: {{upstream: http://127.0.0.1:9}}\ncredentials: {{file: credentials.yaml}}\nthrottle: {throttle}\n"
        );
        std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
        let ended = Run::within(folder.path(), &["config", "validate"]).end();
        assert!(ended.code == 1 && ended.stderr.contains(fault), "{fault}\n{}", ended.stderr);
    }
}
