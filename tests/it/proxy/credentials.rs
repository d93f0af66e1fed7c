//! Each way to present a credential: what is believed, and that nothing of it reaches the API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{DISABLED_TOKEN, Gate, GateBuilder, PASSWORD, RecordingApi, Request, Seen, TOKEN, slow_hash};

const WITH_QUERY: &str = "accept: {api_key: {query: api_key}}";

fn gate_before(api: &RecordingApi) -> GateBuilder {
    Gate::before(api.url())
}

/// The identity headers that reached the API; panics where a secret did.
fn identity_without_secrets(seen: &Seen) -> Option<String> {
    let head = seen.head.join("\n");
    for secret in [TOKEN, PASSWORD] {
        assert!(!head.contains(secret), "the API sees a secret: {head}");
    }
    for name in ["authorization", "x-api-key"] {
        assert!(seen.all(name).is_empty(), "the API sees {name}: {head}");
    }
    seen.header("x-claviger-credential").map(str::to_owned)
}

#[test]
fn every_accepted_scheme_proves_its_credential_and_is_stripped() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).start();
    let cases = [
        (Request::get("/x").bearer(TOKEN), "acme-billing"),
        // RFC 9110, 11.1: the name of a scheme has no case.
        (Request::get("/x").header("authorization", format!("bEARER {TOKEN}")), "acme-billing"),
        (Request::get("/x").header("X-API-Key", TOKEN), "acme-billing"),
        (Request::get("/x").header("x-api-key", TOKEN), "acme-billing"),
        (Request::get(&format!("/x?api_key={TOKEN}")), "acme-billing"),
        (Request::get("/x").basic("acme", PASSWORD), "acme-nightly"),
    ];
    for (request, credential) in cases {
        let reply = gate.send(&request);
        assert_eq!(reply.status, 200, "{request:?} {}", reply.text());
        assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some(credential), "{request:?}");
        assert_eq!(api.last().line(), "GET /x HTTP/1.1");
    }
}

#[test]
fn a_pair_is_split_at_its_first_colon_and_read_as_utf8() {
    let api = RecordingApi::start();
    let password = "naïve:pässwort:✓";
    let set =
        format!("credentials:\n  - {{id: a, account: b, username: 'küster', password: '{}'}}\n", slow_hash(password));
    let gate = gate_before(&api).credentials(&set).start();
    assert_eq!(gate.send(&Request::get("/").basic("küster", password)).status, 200);
    assert_eq!(gate.send(&Request::get("/").basic("küster", "naïve")).code(), "credential_invalid");
    assert_eq!(gate.send(&Request::get("/").basic("kuster", password)).code(), "credential_invalid");
    assert_eq!(api.seen().len(), 1);
}

#[test]
fn two_credentials_or_one_twice_are_malformed_and_reach_no_api() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).start();
    let bearer = || Request::get("/").bearer(TOKEN);
    let in_query = |rest: &str| Request::get(&format!("/?api_key={TOKEN}{rest}"));
    let cases = [
        bearer().bearer(TOKEN),
        bearer().header("X-API-Key", TOKEN),
        bearer().basic("acme", PASSWORD),
        Request::get("/").header("X-API-Key", TOKEN).header("x-api-key", TOKEN),
        Request::get("/").header("X-API-Key", TOKEN).basic("acme", PASSWORD),
        in_query("").bearer(TOKEN),
        in_query("").header("X-API-Key", TOKEN),
        in_query(&format!("&api_key={TOKEN}")),
        in_query("&api_key="),
        in_query("&%61pi%5fkey=other"),
    ];
    for request in cases {
        let reply = gate.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (400, "credential_malformed"), "{request:?}");
    }
    assert_eq!(api.seen().len(), 0);
}

#[test]
fn malformed_credentials_are_refused_without_a_look_at_the_set() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).start();
    let authorization = |value: &str| Request::get("/").header("Authorization", value);
    let too_long = "x".repeat(5000);
    let cases = [
        authorization("Bearer"),
        authorization("Bearer "),
        authorization("Bearer a b"),
        authorization("Bearer a\tb"),
        authorization(&format!("Bearer {too_long}")),
        authorization("Basic"),
        authorization("Basic !!!"),
        authorization("Basic YWNtZQ=="),
        authorization("Basic YWNtZTo="),
        authorization("Basic OnNlY3JldA=="),
        authorization("Basic YWNtZTpzZWNyZXQ"),
        authorization("Basic YWNtZTpzZWMAcmV0"),
        authorization(&format!("Basic {too_long}")),
        Request::get("/").header("X-API-Key", ""),
        Request::get("/").header("X-API-Key", "ä"),
    ];
    for request in cases {
        let reply = gate.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (400, "credential_malformed"), "{request:?}");
    }
    assert_eq!(api.seen().len(), 0);
}

/// As Python's requests and aiohttp send it.
#[test]
fn a_basic_pair_in_iso_8859_1_or_nfd_matches_what_was_hashed_in_utf8() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: a, account: b, username: 'ku\u{308}ster', password: '{}'}}\n",
        slow_hash("pa\u{308}sswort")
    );
    let gate = gate_before(&api).credentials(&set).start();
    let basic = |pair: &[u8]| Request::get("/").header("Authorization", format!("Basic {}", STANDARD.encode(pair)));
    let hashes = || gate.metric("claviger_password_hash_duration_seconds_count");
    for pair in [
        &b"k\xfcster:p\xe4sswort"[..],
        "k\u{fc}ster:p\u{e4}sswort".as_bytes(),
        "ku\u{308}ster:pa\u{308}sswort".as_bytes(),
    ] {
        assert_eq!(gate.send(&basic(pair)).status, 200, "{pair:?}");
        assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some("a"));
    }
    assert_eq!(hashes(), 1.0, "the three forms are one cached pair");
    assert_eq!(gate.send(&basic(b"k\xfcster:p\xe9sswort")).code(), "credential_invalid");
    assert_eq!(hashes(), 2.0, "one hash for one request");
}

#[test]
fn further_ways_to_carry_a_token_work_once_they_are_named() {
    let api = RecordingApi::start();
    let pair = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let ways = [
        ("schemes: [Token, ApiKey]", format!("Token {TOKEN}"), "custom"),
        ("schemes: [Token, ApiKey]", format!("apikey {TOKEN}"), "custom"),
        ("bare_token: true", TOKEN.to_owned(), "custom"),
        ("basic_token: username", pair(&format!("{TOKEN}:")), "basic"),
        ("basic_token: password", pair(&format!(":{TOKEN}")), "basic"),
        ("basic: false, basic_token: password", pair(&format!("any:{TOKEN}")), "basic"),
    ];
    let off = gate_before(&api).start();
    for (_, value, _) in &ways {
        let reply = off.send(&Request::get("/").header("Authorization", value));
        assert!(["credential_missing", "credential_malformed", "credential_invalid"].contains(&reply.code().as_str()));
    }
    assert_eq!(api.seen().len(), 0);
    for (setting, value, scheme) in &ways {
        let gate = gate_before(&api).settings(&format!("accept: {{{setting}}}")).start();
        let reply = gate.send(&Request::get("/").header("Authorization", value));
        assert_eq!(reply.status, 200, "{setting}: {}", reply.text());
        assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some("acme-billing"), "{setting}");
        assert_eq!(gate.access_log(1)[0]["scheme"], *scheme, "{setting}");
    }
}

#[test]
fn every_challenge_names_a_scheme_that_is_understood() {
    let api = RecordingApi::start();
    let challenges = |setting: &str| {
        let gate = gate_before(&api).settings(&format!("accept: {{{setting}}}")).start();
        let reply = gate.send(&Request::get("/"));
        reply.all("www-authenticate").iter().map(|value| (*value).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(challenges("bearer: true"), ["Bearer realm=\"api\"", "Basic realm=\"api\", charset=\"UTF-8\""]);
    assert_eq!(challenges("schemes: [Token], basic: false"), ["Bearer realm=\"api\"", "Token realm=\"api\""]);
    assert_eq!(
        challenges("bearer: false, basic: false, basic_token: username"),
        ["Basic realm=\"api\", charset=\"UTF-8\""]
    );
    let bare = challenges("bearer: false, basic: false, api_key: null, bare_token: true");
    assert_eq!(bare, ["ApiKey realm=\"api\", in=\"header\", name=\"Authorization\""]);
    let protocol = challenges("bearer: false, basic: false, api_key: null, websocket_protocol: bearer");
    let names = "ApiKey realm=\"api\", in=\"header\", name=\"Sec-WebSocket-Protocol\", protocol=\"bearer\"";
    assert_eq!(protocol, [names]);
    assert_eq!(challenges("bearer: false, basic: false"), ["ApiKey realm=\"api\", in=\"header\", name=\"x-api-key\""]);
}

#[test]
fn a_malformed_credential_is_refused_with_its_cause() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).start();
    for (value, cause) in [
        ("Bearer k\u{e9}y", "characters outside ASCII"),
        ("Bearer a b", "spaces or control characters"),
        ("Bearer", "is empty"),
        ("Basic !!!", "base64"),
    ] {
        let reply = gate.send(&Request::get("/").header("Authorization", value));
        assert_eq!(reply.code(), "credential_malformed");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(cause), "{value}: {detail}");
    }
}

/// Public and archived events of one path.
#[test]
fn an_optional_credential_of_a_public_route_names_its_caller_and_must_be_valid() {
    let api = RecordingApi::start();
    let settings =
        "public: [{path: /events}, {path: /archive, credential: optional}]\nrate_limit: {requests: 2, per: 1h}";
    let gate = gate_before(&api).settings(settings).start();
    assert_eq!(gate.send(&Request::get("/archive")).status, 200);
    assert_eq!(identity_without_secrets(&api.last()), None);
    let reply = gate.send(&Request::get("/archive").bearer(TOKEN));
    assert_eq!(reply.status, 200);
    assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some("acme-billing"));
    assert!(reply.header("RateLimit").is_some_and(|status| status.contains("r=1")), "{reply:?}");
    let reached = api.seen().len();
    for (request, code) in [
        (Request::get("/archive").bearer("wrong"), "credential_invalid"),
        (Request::get("/archive").basic("acme", "wrong"), "credential_invalid"),
        (Request::get("/archive").bearer(DISABLED_TOKEN), "credential_disabled"),
        (Request::get("/archive").header("Authorization", "Bearer"), "credential_malformed"),
    ] {
        assert_eq!(gate.send(&request).code(), code, "{request:?}");
    }
    assert_eq!(api.seen().len(), reached);
    assert_eq!(gate.send(&Request::get("/archive").basic("acme", PASSWORD)).status, 200);
    assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some("acme-nightly"));
    // Elsewhere on public routes a credential is ignored, right or wrong.
    assert_eq!(gate.send(&Request::get("/events").bearer("wrong")).status, 200);
    assert_eq!(identity_without_secrets(&api.last()), None);
    assert_eq!(gate.send(&Request::get("/archive").bearer(TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::get("/archive").bearer(TOKEN)).code(), "rate_limited");
}

#[test]
fn a_key_in_the_query_is_taken_out_and_the_rest_is_forwarded_byte_for_byte() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).start();
    let mut connection = gate.connect();
    let cases = [
        ("/x?api_key=<key>", "/x"),
        ("/x?api%5fkey=<key>", "/x"),
        ("/x?%61%70%69%5F%6b%65%79=<key>", "/x"),
        ("/x?api_key=%70lanted-token-4f1d0c8e2b", "/x"),
        ("/x?z=1&api_key=<key>&a=2", "/x?z=1&a=2"),
        ("/x?b=%20%2F&api_ke%79=<key>&a=//../%2e&&c&d=+", "/x?b=%20%2F&a=//../%2e&&c&d=+"),
        ("/x?a=b=c&api_key=<key>&", "/x?a=b=c&"),
        ("/x?a=1;b=2&api_key=<key>&q=?/?", "/x?a=1;b=2&q=?/?"),
        // Another name altogether.
        ("/x?API_KEY=1&api_key=<key>&api_key2=3&api-key=4", "/x?API_KEY=1&api_key2=3&api-key=4"),
    ];
    for (target, forwarded) in cases {
        let reply = connection.send(&Request::get(&target.replace("<key>", TOKEN)));
        assert_eq!(reply.status, 200, "{target} {}", reply.text());
        assert_eq!(api.last().line(), format!("GET {forwarded} HTTP/1.1"));
        assert_eq!(identity_without_secrets(&api.last()).as_deref(), Some("acme-billing"));
    }
    let log = gate.access_log(cases.len());
    assert!(log.iter().all(|line| line["path"] == "/x" && line["scheme"] == "api_key"), "{log:?}");
    assert!(!gate.stdout().contains(TOKEN) && !gate.stderr().contains(TOKEN));
}

#[test]
fn a_query_without_a_key_is_forwarded_byte_for_byte() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).start();
    for target in ["/x?", "/x?a=1&", "/x?&&", "/x??a", "/x?=", "/x?a=%C3%A4&%41=1"] {
        assert_eq!(gate.send(&Request::get(target).bearer(TOKEN)).status, 200, "{target}");
        assert_eq!(api.last().line(), format!("GET {target} HTTP/1.1"));
    }
}

#[test]
fn query_key_is_ignored_unless_configured() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).start();
    let reply = gate.send(&Request::get(&format!("/?api_key={TOKEN}")));
    assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"));
    assert_eq!(api.seen().len(), 0);
}

#[test]
fn disabled_schemes_are_not_accepted() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings("accept: {bearer: false, basic: false}").start();
    for request in [Request::get("/").bearer(TOKEN), Request::get("/").basic("acme", PASSWORD)] {
        let reply = gate.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"), "{request:?}");
        assert_eq!(reply.all("www-authenticate").len(), 1);
    }
    assert_eq!(gate.send(&Request::get("/").header("X-API-Key", TOKEN)).status, 200);
    assert_eq!(api.seen().len(), 1);
}

#[test]
fn a_credential_is_kept_where_the_api_still_checks_it() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).settings("identity: {forward_credential: true}").start();
    gate.send(&Request::get("/").bearer(TOKEN));
    assert_eq!(api.last().header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    gate.send(&Request::get("/").header("X-API-Key", TOKEN));
    assert_eq!(api.last().header("x-api-key"), Some(TOKEN));
    gate.send(&Request::get("/").basic("acme", PASSWORD));
    assert!(api.last().header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    // A query ends up in logs: the key in it is never forwarded.
    gate.send(&Request::get(&format!("/x?api_key={TOKEN}&a=1")));
    assert_eq!(api.last().line(), "GET /x?a=1 HTTP/1.1");
    assert_eq!(api.seen().len(), 4);
}

#[test]
fn correct_password_is_cached_and_a_wrong_one_is_not() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).start();
    let count = |name: &str| gate.metric(&format!("claviger_cache_{name}_total{{cache=\"password\"}}"));
    for _ in 0..3 {
        assert_eq!(gate.send(&Request::get("/").basic("acme", PASSWORD)).status, 200);
    }
    assert_eq!((count("misses"), count("hits")), (1.0, 2.0));
    for _ in 0..2 {
        assert_eq!(gate.send(&Request::get("/").basic("acme", "wrong")).code(), "credential_invalid");
    }
    assert_eq!((count("misses"), count("hits")), (3.0, 2.0));
    assert_eq!(gate.send(&Request::get("/").basic("acme", PASSWORD)).status, 200);
    assert_eq!(count("hits"), 3.0);
}

#[test]
fn every_key_in_the_query_is_taken_out_on_a_public_route_too() {
    let api = RecordingApi::start();
    let gate = gate_before(&api).settings(WITH_QUERY).settings("public: [{path: /events}]").start();
    let target = format!("/events?a=1&api_key={TOKEN}&b=2&%61pi_key=other");
    assert_eq!(gate.send(&Request::get(&target)).status, 200);
    assert_eq!(api.last().line(), "GET /events?a=1&b=2 HTTP/1.1");
}

/// The secret must not be forwarded under rules that no longer know it as one, nor be let in by rules
/// that are no longer in force.
#[test]
fn password_in_the_hash_queue_is_refused_when_basic_is_disabled_meanwhile() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: a, account: b, username: acme, password: '{}'}}\n",
        crate::support::slow_hash(PASSWORD)
    );
    let gate = Gate::before(api.url()).settings("passwords: {threads: 1}").credentials(&set).start();
    let mut wrong: Vec<_> = (0..50).map(|_| gate.connect()).collect();
    for (number, connection) in wrong.iter_mut().enumerate() {
        connection.write(&Request::get("/").basic("acme", &format!("wrong-{number}")).bytes());
    }
    crate::support::eventually("passwords wait", || gate.metric("claviger_password_hash_queue_depth") > 20.0);
    let mut right = gate.connect();
    right.write(&Request::get("/").basic("acme", PASSWORD).bytes());
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    gate.rename_over(&gate.settings_file(), &format!("{settings}accept: {{basic: false}}\n"));
    assert_eq!(gate.admin("POST", "/-/reload").status, 200);
    let reply = right.reply(false).unwrap();
    assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"));
    assert_eq!(api.seen().len(), 0);
}

/// What is looked for in a query is looked for once: the square of a long one would stop every worker.
#[test]
fn query_with_many_parameters_takes_linear_time() {
    let api = RecordingApi::start();
    let settings = "accept: {api_key: {query: k}}\npublic: [{path: /open}]\nlimits: {header_bytes: 1048576}";
    let gate = Gate::before(api.url()).settings(settings).start();
    let many = vec!["k"; 30_000].join("&");
    assert_eq!(gate.send(&Request::get(&format!("/open?{many}&a=1"))).status, 200);
    assert_eq!(api.last().line(), "GET /open?a=1 HTTP/1.1");
    assert_eq!(gate.send(&Request::get(&format!("/x?{many}"))).code(), "credential_malformed");
}
