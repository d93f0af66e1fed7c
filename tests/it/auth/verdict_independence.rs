//! A decision depends on the request and the settings in force, and on nothing else.

use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger::auth::{Admission, Rejection};
use claviger::credential::TokenDigest;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::decision::{LiveSettings, TestRequest, authenticator, decide, in_force, rules};
use crate::support::{Gate, PASSWORD, RecordingApi, Request, TOKEN};

/// The hashes of `correct horse` and `x`.
const HASHES: [&str; 2] = ["{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI="];
const PASSWORDS: [&str; 2] = ["correct horse", "x"];

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// The same users in several states of the file: initial; one reset; hashes swapped; user names swapped; one disabled,
/// with fewer scopes, or at another version.
fn states() -> Vec<Arc<LiveSettings>> {
    let state = |[one, two]: [&str; 2], [hash_one, hash_two]: [usize; 2], rights: &str| {
        let token = TokenDigest::of(TOKEN.as_bytes());
        let text = format!(
            "credentials:
  - {{id: one, account: a, username: {one}, password: '{}', {rights}}}
  - {{id: two, account: b, username: {two}, password: '{}', version: '3', addresses: [192.0.2.0/24]}}
  - {{id: three, account: a, token: '{token}', {rights}}}",
            HASHES[hash_one], HASHES[hash_two]
        );
        Arc::new(in_force(rules(), &text))
    };
    let everything = "version: '2'";
    vec![
        state(["anna", "bert"], [0, 1], everything),
        state(["anna", "bert"], [1, 1], everything),
        state(["anna", "bert"], [1, 0], everything),
        state(["bert", "anna"], [0, 1], everything),
        state(["anna", "bert"], [0, 1], "version: '2', enabled: false"),
        state(["anna", "bert"], [0, 1], "version: '2', scopes: [look]"),
        state(["anna", "bert"], [0, 1], "version: '1', expires_at: 2026-07-02T00:00:00Z"),
    ]
}

/// Presented credentials, right and wrong.
fn credentials() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let pairs = [("anna", 0), ("anna", 1), ("bert", 0), ("bert", 1), ("stranger", 0)];
    let basic = pairs.map(|(user, password)| {
        ("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{}", PASSWORDS[password]))))
    });
    let mut fields = basic.to_vec();
    fields.extend([("authorization", format!("Bearer {TOKEN}")), ("x-api-key", TOKEN.to_owned())]);
    fields.push(("x-api-key", "wrong".to_owned()));
    prop_oneof![
        9 => prop::sample::select(fields.clone()).prop_map(|field| vec![field]),
        1 => prop::sample::subsequence(fields, 0..3),
    ]
}

prop_compose! {
    fn request()(
        credentials in credentials(),
        version in prop::sample::select(vec![None, None, Some("1"), Some("2"), Some("3"), Some("9")]),
        target in prop::sample::select(vec!["/payments", "/v1/payments", "/v2/payments", "/v3/other", "/events"]),
        method in prop::sample::select(vec![Method::GET, Method::POST]),
        address in prop::sample::select(vec![[192, 0, 2, 1], [192, 0, 2, 2], [10, 0, 0, 1]]),
        day in 1..=3,
    ) -> TestRequest {
        let mut headers = HeaderMap::new();
        for (name, value) in credentials.into_iter().chain(version.map(|version| ("x-api-version", version.to_owned()))) {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
        }
        let now = format!("2026-07-0{day}T00:00:00Z").parse().unwrap();
        TestRequest { method, target, headers, address: address.into(), now }
    }
}

fn shown(verdict: Result<Admission, Rejection>) -> Result<(Option<String>, Option<usize>), Rejection> {
    verdict.map(|admission| (admission.credential.map(|credential| credential.id.to_string()), admission.version))
}

/// Every decision equals that of an authenticator with empty caches, whatever came before.
#[test]
fn a_verdict_cached_for_one_request_never_decides_another() {
    let states = states();
    let sequence = prop::collection::vec((0..states.len(), request()), 1..16);
    let (admitted, cached) = (RefCell::new(0), RefCell::new(0));
    let outcome = runner(100).run(&sequence, |sequence| {
        let experienced = authenticator();
        for (state, asked) in sequence {
            let load = || states[state].clone();
            let verdict = shown(decide(&experienced, load, &asked));
            *admitted.borrow_mut() += usize::from(verdict.is_ok());
            prop_assert_eq!(&verdict, &shown(decide(&authenticator(), load, &asked)), "{:?}", asked);
            // Again, from the cache.
            let again = shown(decide(&experienced, load, &asked));
            *cached.borrow_mut() += usize::from(again.is_ok());
            prop_assert_eq!(&again, &verdict);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(*admitted.borrow() > 20 && admitted == cached, "{} were admitted", admitted.borrow());
}

/// Fields of the same name keep their order (RFC 9110, 5.3).
#[test]
fn a_verdict_never_depends_on_the_order_of_headers() {
    let api = RecordingApi::start();
    let settings = "versions: {read_from: {header: X-API-Version}, known: [{name: '1'}, {name: '2'}]}
accept: {api_key: {header: X-API-Key, query: api_key}}
throttle: {enabled: false}
";
    let set = format!(
        "credentials:
  - {{id: a, account: acme, version: '1', token: '{}'}}
  - {{id: b, account: acme, version: '2', username: acme, password: '{}', addresses: [192.0.2.0/24]}}
",
        TokenDigest::of(TOKEN.as_bytes()),
        crate::support::PASSWORD_HASH
    );
    let proxy = "  trusted_proxies: [127.0.0.1]\n";
    let gate = Gate::before(api.url()).settings(settings).proxy(proxy).credentials(&set).start();
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    let lines = [
        ("Authorization", format!("Bearer {TOKEN}")),
        ("authorization", basic(&format!("acme:{PASSWORD}"))),
        ("Authorization", basic("acme:wrong")),
        ("X-API-Key", TOKEN.to_owned()),
        ("X-API-Key", "a b".to_owned()),
        ("X-API-Version", "1".to_owned()),
        ("x-api-version", "2".to_owned()),
        ("X-Forwarded-For", "192.0.2.7".to_owned()),
        ("X-Forwarded-For", "10.0.0.1".to_owned()),
        ("Connection", "X-API-Version".to_owned()),
        ("X-Claviger-Credential", "forged".to_owned()),
        ("Accept", "*/*".to_owned()),
        ("Cookie", "a=b".to_owned()),
    ];
    let some = prop::sample::subsequence(lines.to_vec(), 0..6);
    let orders = some.prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()));
    let seen = RefCell::new(std::collections::BTreeSet::new());
    let outcome = runner(150).run(&orders, |(first, second)| {
        let mut second = second;
        for name in ["authorization", "x-api-key", "x-api-version", "x-forwarded-for"] {
            let is_it = |line: &&(&str, String)| line.0.eq_ignore_ascii_case(name);
            let mut in_order = first.iter().filter(is_it).cloned();
            let places = second.iter_mut().filter(|line| line.0.eq_ignore_ascii_case(name));
            places.zip(in_order.by_ref()).for_each(|(place, line)| *place = line);
        }
        let verdict = |lines: &[(&str, String)]| {
            let request = lines.iter().fold(Request::get("/"), |request, (name, value)| request.header(name, value));
            let reply = gate.send(&request);
            (reply.status, reply.code())
        };
        let verdicts = (verdict(&first), verdict(&second));
        prop_assert_eq!(&verdicts.0, &verdicts.1, "{:?}", first);
        seen.borrow_mut().insert(verdicts.0);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(seen.borrow().len() > 4, "only {:?} were seen", seen.borrow());
}
