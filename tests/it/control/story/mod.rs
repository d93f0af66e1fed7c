//! The whole life of credentials over HTTP: a real process, whose gate follows its management API.

mod managed_process;
mod presented;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::store::test_database::{TestDatabase, on_each};
use crate::support::{Gate, RecordingApi};
use managed_process::{ManagedProcess, Who};
use presented::{Presented, soon};

on_each!(the_life_of_a_token_from_request_to_deletion, the_life_of_basic_credentials_from_request_to_deletion);

const SETTINGS: &str = "throttle: {enabled: false}
versions: {read_from: {path: \"/v{version}/\"}, rule: exact, known: [{name: \"1\"}, {name: \"2\"}]}";
const DATABASE: &str = "database: {last_used_every: 200ms, query_timeout: 15s}";

/// What was done, and by what kind of caller, as the audit has to tell it.
const STORY: [(&str, &str); 33] = [
    ("use_setup_link", "link"),
    ("sign_in", "user"),
    ("create_account", "user"),
    ("create_user", "user"),
    ("use_setup_link", "link"),
    ("sign_in", "user"),
    ("ask_for_access", "user"),
    ("approve_request", "user"),
    ("grant_access", "user"),
    ("create_operator_token", "user"),
    ("create", "token"),
    ("reset", "token"),
    ("reset", "token"),
    ("end_overlap", "token"),
    ("upgrade_version", "token"),
    ("disable", "user"),
    ("enable", "user"),
    ("clear", "user"),
    ("reset", "token"),
    ("switch_account_off", "user"),
    ("switch_account_on", "user"),
    ("delete", "token"),
    ("create_user", "user"),
    ("use_setup_link", "link"),
    ("sign_in", "user"),
    ("set_member_policy", "user"),
    ("switch_on_own_key", "user"),
    ("regenerate_own_key", "user"),
    ("set_member_policy", "user"),
    ("set_member_policy", "user"),
    ("disable_user", "user"),
    ("disable_operator_token", "user"),
    ("sign_out", "user"),
];

async fn the_life_of_a_token_from_request_to_deletion(bed: TestDatabase) {
    life(&bed, json!({"account": "acme", "kind": "token", "name": "Billing", "version": "1"})).await;
}

async fn the_life_of_basic_credentials_from_request_to_deletion(bed: TestDatabase) {
    life(&bed, json!({"account": "acme", "kind": "password", "username": "billing", "version": "1"})).await;
}

async fn life(bed: &TestDatabase, new: Value) {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database(&bed.address()).settings(SETTINGS).settings(DATABASE);
    let process = ManagedProcess::new(gate.log("log: {format: json, level: trace}\n").start());
    let staff = process.first(bed, "sam@example.org").await;
    let owner = is_let_in(&process, &staff, &new);
    let made =
        process.post(&owner, "/operator-tokens", json!({"name": "ci", "role": "implementer", "account": "acme"}));
    let script = Who::Script(process.seen(made["token"].as_str().unwrap()));

    let (place, last) = is_made_used_and_reset(&process, &script, &new);
    let last = is_upgraded_disabled_and_cleared(&process, &owner, &script, &place, &last);
    ends(&process, &owner, &script, &place, &last);
    a_member_has_a_key_of_their_own(&process, &owner);

    let id = made["operator_token"]["id"].as_str().unwrap();
    process.post(&owner, &format!("/operator-tokens/{id}/disable"), Value::Null);
    assert_eq!(process.refused(&script, "GET", "/me", Value::Null), (401, "unauthenticated".into()));
    process.done(&owner, "DELETE", "/session", Value::Null);
    assert_eq!(process.refused(&owner, "GET", "/me", Value::Null), (401, "unauthenticated".into()));
    every_write_is_in_the_audit(&process, &staff);
    nothing_shows_a_secret(&process, &staff);
}

/// Asked by the owner, approved by the staff.
fn is_let_in(process: &ManagedProcess, staff: &Who, new: &Value) -> Who {
    let account = process.post(staff, "/accounts", json!({"id": "acme", "name": "Acme"}));
    assert_eq!(account["granted"], false);
    let user = json!({"email": "ann@acme.example", "role": "owner", "account": "acme"});
    let owner = process.invited(&process.post(staff, "/users", user));
    assert_eq!(process.refused(&owner, "POST", "/credentials", new.clone()), (403, "access_not_granted".into()));
    let asked = json!({"account": "acme", "start_on": "2099-01-31", "use_cases": ["reporting"]});
    assert_eq!(process.refused(staff, "POST", "/access-requests", asked.clone()), (403, "forbidden".into()));
    let request = process.post(&owner, "/access-requests", asked);
    let queue = process.get(staff, "/access-requests?state=pending");
    assert_eq!(queue["items"], json!([request]));
    let approve = format!("/access-requests/{}/approve", request["id"].as_str().unwrap());
    assert_eq!(process.refused(&owner, "POST", &approve, Value::Null), (403, "forbidden".into()));
    assert_eq!(process.post(staff, &approve, Value::Null)["state"], "approved");
    assert_eq!(process.get(&owner, "/accounts/acme")["granted"], true);
    owner
}

fn is_made_used_and_reset(process: &ManagedProcess, script: &Who, new: &Value) -> (String, Presented) {
    let made = process.post(script, "/credentials", new.clone());
    let place = format!("/credentials/{}", made["credential"]["id"].as_str().unwrap());
    let first = Presented::of(process, &made);
    first.becomes(process, "/v1/x", 200, "");
    let used = soon("its last use is known", || {
        let shown = process.get(script, &place);
        if shown["last_used_at"].is_null() { Err(shown) } else { Ok(shown) }
    });
    assert_eq!((&used["last_used_from"], &used["revision"]), (&json!("127.0.0.1"), &json!(1)));

    let second = Presented::of(process, &process.post(script, &format!("{place}/reset"), json!({})));
    first.becomes(process, "/v1/x", 401, "credential_invalid");
    second.becomes(process, "/v1/x", 200, "");

    let overlapping = process.post(script, &format!("{place}/reset"), json!({"overlap_seconds": 3600}));
    assert!(overlapping["credential"]["previous_secret_ends_at"].is_string(), "{overlapping}");
    let third = Presented::of(process, &overlapping);
    third.becomes(process, "/v1/x", 200, "");
    second.becomes(process, "/v1/x", 200, "");
    process.post(script, &format!("{place}/end-overlap"), Value::Null);
    second.becomes(process, "/v1/x", 401, "credential_invalid");
    third.becomes(process, "/v1/x", 200, "");
    first.becomes(process, "/v1/x", 401, "credential_invalid");
    (place, third)
}

fn is_upgraded_disabled_and_cleared(
    process: &ManagedProcess,
    owner: &Who,
    script: &Who,
    place: &str,
    last: &Presented,
) -> Presented {
    assert_eq!(last.verdict(process, "/v2/x"), (403, "version_not_allowed".into()));
    assert_eq!(process.post(script, &format!("{place}/upgrade"), json!({}))["version"], "2");
    last.becomes(process, "/v2/x", 200, "");
    last.becomes(process, "/v1/x", 403, "version_not_allowed");

    let off = process.post(owner, &format!("{place}/disable"), json!({"reason": "a laptop is gone"}));
    assert_eq!(off["disabled_reason"], "a laptop is gone");
    last.becomes(process, "/v2/x", 401, "credential_disabled");
    process.post(owner, &format!("{place}/enable"), Value::Null);
    last.becomes(process, "/v2/x", 200, "");

    assert_eq!(process.post(owner, &format!("{place}/clear"), Value::Null)["cleared"], true);
    last.becomes(process, "/v2/x", 401, "credential_invalid");
    let fresh = Presented::of(process, &process.post(script, &format!("{place}/reset"), json!({})));
    fresh.becomes(process, "/v2/x", 200, "");
    last.becomes(process, "/v2/x", 401, "credential_invalid");
    fresh
}

fn ends(process: &ManagedProcess, owner: &Who, script: &Who, place: &str, last: &Presented) {
    process.post(owner, "/accounts/acme/switch-off", Value::Null);
    last.becomes(process, "/v2/x", 403, "access_off");
    process.post(owner, "/accounts/acme/switch-on", Value::Null);
    last.becomes(process, "/v2/x", 200, "");
    process.done(script, "DELETE", place, Value::Null);
    last.becomes(process, "/v2/x", 401, "credential_invalid");
    assert_eq!(process.refused(script, "GET", place, Value::Null), (404, "not_found".into()));
}

fn a_member_has_a_key_of_their_own(process: &ManagedProcess, owner: &Who) {
    let user = process.post(owner, "/users", json!({"email": "mo@acme.example", "role": "member", "account": "acme"}));
    let member = process.invited(&user);
    let refused = (403, "members_not_allowed".to_owned());
    assert_eq!(process.refused(&member, "POST", "/own-key/on", Value::Null), refused);
    let policy =
        |allowed: bool| process.done(owner, "PUT", "/accounts/acme/member-policy", json!({"allowed": allowed}));
    policy(true);
    let first = Presented::of(process, &process.post(&member, "/own-key/on", Value::Null));
    first.becomes(process, "/v2/x", 200, "");
    let second = Presented::of(process, &process.post(&member, "/own-key/regenerate", Value::Null));
    first.becomes(process, "/v2/x", 401, "credential_invalid");
    second.becomes(process, "/v2/x", 200, "");
    policy(false);
    second.becomes(process, "/v2/x", 403, "access_off");
    assert_eq!(process.refused(&member, "POST", "/own-key/regenerate", Value::Null), refused);
    policy(true);
    second.becomes(process, "/v2/x", 200, "");
    process.post(owner, &format!("/users/{}/disable", user["user"]["id"].as_str().unwrap()), Value::Null);
    second.becomes(process, "/v2/x", 403, "access_off");
    assert_eq!(process.refused(&member, "GET", "/own-key", Value::Null), (401, "unauthenticated".into()));
}

fn every_write_is_in_the_audit(process: &ManagedProcess, staff: &Who) {
    let mut lines = process.audit(staff);
    // However many links were offered.
    lines.retain(|line| line["verb"] != "first_setup_link");
    let word = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let told: Vec<_> = lines.iter().map(|line| (word(line, "verb"), word(line, "actor_kind"))).collect();
    let story = STORY.map(|(verb, kind)| (verb.to_owned(), kind.to_owned()));
    assert_eq!(told, story);
    let mut requests: Vec<_> = lines.iter().map(|line| word(line, "request_id")).collect();
    requests.dedup();
    assert_eq!(requests.len(), STORY.len() - 1, "approving grants in the same request");
    assert!(lines.iter().all(|line| line["address"] == "127.0.0.1"), "{lines:?}");
    assert!(lines.windows(2).all(|pair| word(&pair[0], "id") < word(&pair[1], "id")));
    let disabled = lines.iter().find(|line| line["verb"] == "disable").unwrap();
    assert_eq!((&disabled["before"]["enabled"], &disabled["after"]["enabled"]), (&json!(true), &json!(false)));
    assert_eq!(disabled["after"]["disabled_reason"], "a laptop is gone");
}

fn nothing_shows_a_secret(process: &ManagedProcess, staff: &Who) {
    let table = process.send(staff, "GET", "/audit.csv", None).text();
    assert!(table.lines().count() > STORY.len());
    let listed = json!(process.audit(staff)).to_string();
    let places =
        [("audit", listed), ("table", table), ("log", process.gate.stderr()), ("access log", process.gate.stdout())];
    assert!(places.iter().all(|(_, text)| text.len() > 100));
    let secrets = process.secrets();
    assert!(secrets.len() >= 15, "{}", secrets.len());
    for secret in &secrets {
        let pair = STANDARD.encode(format!("billing:{secret}"));
        for (place, text) in &places {
            let line = text.lines().find(|line| line.contains(secret.as_str()) || line.contains(&pair));
            assert!(line.is_none(), "the {place} shows {secret}: {line:?}");
        }
    }
}
