//! The whole life of credentials over HTTP: a real process, whose gate follows its management API.

mod control_plane;
mod presented;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::store::test_database::{TestDatabase, on_each};
use crate::support::{Gate, RecordingApi};
use control_plane::{ControlState, Who};
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
    let desk = ControlState::new(gate.log("log: {format: json, level: trace}\n").start());
    let staff = desk.first(bed, "sam@example.org").await;
    let owner = is_let_in(&desk, &staff, &new);
    let made = desk.post(&owner, "/operator-tokens", json!({"name": "ci", "role": "implementer", "account": "acme"}));
    let script = Who::Script(desk.seen(made["token"].as_str().unwrap()));

    let (place, last) = is_made_used_and_reset(&desk, &script, &new);
    let last = is_upgraded_disabled_and_cleared(&desk, &owner, &script, &place, &last);
    ends(&desk, &owner, &script, &place, &last);
    a_member_has_a_key_of_their_own(&desk, &owner);

    let id = made["operator_token"]["id"].as_str().unwrap();
    desk.post(&owner, &format!("/operator-tokens/{id}/disable"), Value::Null);
    assert_eq!(desk.refused(&script, "GET", "/me", Value::Null), (401, "unauthenticated".into()));
    desk.done(&owner, "DELETE", "/session", Value::Null);
    assert_eq!(desk.refused(&owner, "GET", "/me", Value::Null), (401, "unauthenticated".into()));
    the_audit_records_it(&desk, &staff);
    nothing_shows_a_secret(&desk, &staff);
}

/// Asked by the owner, approved by the staff.
fn is_let_in(desk: &ControlState, staff: &Who, new: &Value) -> Who {
    let account = desk.post(staff, "/accounts", json!({"id": "acme", "name": "Acme"}));
    assert_eq!(account["granted"], false);
    let user = json!({"email": "ann@acme.example", "role": "owner", "account": "acme"});
    let owner = desk.invited(&desk.post(staff, "/users", user));
    assert_eq!(desk.refused(&owner, "POST", "/credentials", new.clone()), (403, "access_not_granted".into()));
    let asked = json!({"account": "acme", "start_on": "2099-01-31", "use_cases": ["reporting"]});
    assert_eq!(desk.refused(staff, "POST", "/access-requests", asked.clone()), (403, "forbidden".into()));
    let request = desk.post(&owner, "/access-requests", asked);
    let queue = desk.get(staff, "/access-requests?state=pending");
    assert_eq!(queue["items"], json!([request]));
    let approve = format!("/access-requests/{}/approve", request["id"].as_str().unwrap());
    assert_eq!(desk.refused(&owner, "POST", &approve, Value::Null), (403, "forbidden".into()));
    assert_eq!(desk.post(staff, &approve, Value::Null)["state"], "approved");
    assert_eq!(desk.get(&owner, "/accounts/acme")["granted"], true);
    owner
}

fn is_made_used_and_reset(desk: &ControlState, script: &Who, new: &Value) -> (String, Presented) {
    let made = desk.post(script, "/credentials", new.clone());
    let place = format!("/credentials/{}", made["credential"]["id"].as_str().unwrap());
    let first = Presented::of(desk, &made);
    first.becomes(desk, "/v1/x", 200, "");
    let used = soon("its last use is known", || {
        let shown = desk.get(script, &place);
        if shown["last_used_at"].is_null() { Err(shown) } else { Ok(shown) }
    });
    assert_eq!((&used["last_used_from"], &used["revision"]), (&json!("127.0.0.1"), &json!(1)));

    let second = Presented::of(desk, &desk.post(script, &format!("{place}/reset"), json!({})));
    first.becomes(desk, "/v1/x", 401, "credential_invalid");
    second.becomes(desk, "/v1/x", 200, "");

    let overlapping = desk.post(script, &format!("{place}/reset"), json!({"overlap_seconds": 3600}));
    assert!(overlapping["credential"]["previous_secret_ends_at"].is_string(), "{overlapping}");
    let third = Presented::of(desk, &overlapping);
    third.becomes(desk, "/v1/x", 200, "");
    second.becomes(desk, "/v1/x", 200, "");
    desk.post(script, &format!("{place}/end-overlap"), Value::Null);
    second.becomes(desk, "/v1/x", 401, "credential_invalid");
    third.becomes(desk, "/v1/x", 200, "");
    first.becomes(desk, "/v1/x", 401, "credential_invalid");
    (place, third)
}

fn is_upgraded_disabled_and_cleared(
    desk: &ControlState,
    owner: &Who,
    script: &Who,
    place: &str,
    last: &Presented,
) -> Presented {
    assert_eq!(last.verdict(desk, "/v2/x"), (403, "version_not_allowed".into()));
    assert_eq!(desk.post(script, &format!("{place}/upgrade"), json!({}))["version"], "2");
    last.becomes(desk, "/v2/x", 200, "");
    last.becomes(desk, "/v1/x", 403, "version_not_allowed");

    let off = desk.post(owner, &format!("{place}/disable"), json!({"reason": "a laptop is gone"}));
    assert_eq!(off["disabled_reason"], "a laptop is gone");
    last.becomes(desk, "/v2/x", 401, "credential_disabled");
    desk.post(owner, &format!("{place}/enable"), Value::Null);
    last.becomes(desk, "/v2/x", 200, "");

    assert_eq!(desk.post(owner, &format!("{place}/clear"), Value::Null)["cleared"], true);
    last.becomes(desk, "/v2/x", 401, "credential_invalid");
    let fresh = Presented::of(desk, &desk.post(script, &format!("{place}/reset"), json!({})));
    fresh.becomes(desk, "/v2/x", 200, "");
    last.becomes(desk, "/v2/x", 401, "credential_invalid");
    fresh
}

fn ends(desk: &ControlState, owner: &Who, script: &Who, place: &str, last: &Presented) {
    desk.post(owner, "/accounts/acme/switch-off", Value::Null);
    last.becomes(desk, "/v2/x", 403, "access_off");
    desk.post(owner, "/accounts/acme/switch-on", Value::Null);
    last.becomes(desk, "/v2/x", 200, "");
    desk.done(script, "DELETE", place, Value::Null);
    last.becomes(desk, "/v2/x", 401, "credential_invalid");
    assert_eq!(desk.refused(script, "GET", place, Value::Null), (404, "not_found".into()));
}

fn a_member_has_a_key_of_their_own(desk: &ControlState, owner: &Who) {
    let user = desk.post(owner, "/users", json!({"email": "mo@acme.example", "role": "member", "account": "acme"}));
    let member = desk.invited(&user);
    let refused = (403, "members_not_allowed".to_owned());
    assert_eq!(desk.refused(&member, "POST", "/own-key/on", Value::Null), refused);
    let policy = |allowed: bool| desk.done(owner, "PUT", "/accounts/acme/member-policy", json!({"allowed": allowed}));
    policy(true);
    let first = Presented::of(desk, &desk.post(&member, "/own-key/on", Value::Null));
    first.becomes(desk, "/v2/x", 200, "");
    let second = Presented::of(desk, &desk.post(&member, "/own-key/regenerate", Value::Null));
    first.becomes(desk, "/v2/x", 401, "credential_invalid");
    second.becomes(desk, "/v2/x", 200, "");
    policy(false);
    second.becomes(desk, "/v2/x", 403, "access_off");
    assert_eq!(desk.refused(&member, "POST", "/own-key/regenerate", Value::Null), refused);
    policy(true);
    second.becomes(desk, "/v2/x", 200, "");
    desk.post(owner, &format!("/users/{}/disable", user["user"]["id"].as_str().unwrap()), Value::Null);
    second.becomes(desk, "/v2/x", 403, "access_off");
    assert_eq!(desk.refused(&member, "GET", "/own-key", Value::Null), (401, "unauthenticated".into()));
}

fn the_audit_records_it(desk: &ControlState, staff: &Who) {
    let mut lines = desk.audit(staff);
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

fn nothing_shows_a_secret(desk: &ControlState, staff: &Who) {
    let table = desk.send(staff, "GET", "/audit.csv", None).text();
    assert!(table.lines().count() > STORY.len());
    let listed = json!(desk.audit(staff)).to_string();
    let places = [("audit", listed), ("table", table), ("log", desk.gate.stderr()), ("access log", desk.gate.stdout())];
    assert!(places.iter().all(|(_, text)| text.len() > 100));
    let secrets = desk.secrets();
    assert!(secrets.len() >= 15, "{}", secrets.len());
    for secret in &secrets {
        let pair = STANDARD.encode(format!("billing:{secret}"));
        for (place, text) in &places {
            let line = text.lines().find(|line| line.contains(secret.as_str()) || line.contains(&pair));
            assert!(line.is_none(), "the {place} shows {secret}: {line:?}");
        }
    }
}
