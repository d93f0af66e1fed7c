//! A revocation reaches every gate and its cache.

use claviger::clock::Clock;
use claviger::credential::TokenDigest;
use claviger::store::{CredentialRecord, PreviousSecret, RecordSecret, Role};
use jiff::ToSpan as _;

use super::{answer, bearer, gate, hits, lookups, pair, verdict};
use crate::store::test_database::{TestDatabase, label, on_each, token};
use crate::support::{Gate, RecordingApi, Request, eventually};

on_each!(
    every_kind_of_revocation_reaches_the_gate,
    a_cleared_credential_is_unknown_to_the_gate,
    a_token_that_was_unknown_is_admitted_once_it_is_created,
    changes_without_a_notification_are_found,
    a_previous_token_is_valid_until_its_overlap_ends,
    a_previous_password_is_valid_until_its_overlap_ends_and_the_new_one_after_it,
    after_changes_under_load_the_last_state_is_in_force,
);

/// A change in the feed, without a notification.
fn silently(statement: &str, kind: &str, target: &str) -> String {
    format!(
        "BEGIN; {statement}; UPDATE counter SET last_change = last_change + 1;
        INSERT INTO changes (number, at, kind, target) SELECT last_change, {}, '{kind}', '{target}' FROM counter;
        COMMIT",
        Clock::System.now().as_millisecond()
    )
}

/// The own key of a member: `owned-by-…`, which is its token too.
async fn put_owned(bed: &TestDatabase, owner: &str, account: &str) {
    bed.put_user(owner, Some(account), Role::Member).await;
    let id = format!("owned-by-{owner}");
    let mut record = token(&id, account, &id);
    record.owner = Some(label(owner));
    bed.put(&record).await;
}

/// Admitted, and then admitted from the cache.
fn must_be_cached(gate: &Gate, token: &str) {
    let request = bearer(token);
    let is_cached = || {
        let before = hits(gate);
        assert_eq!(answer(gate, &request).0, 200, "{token}");
        hits(gate) > before
    };
    eventually("it is cached", is_cached);
}

/// Eventually, and from then on.
fn must_become(gate: &Gate, token: &str, status: u16, code: &str) {
    let request = bearer(token);
    eventually(&format!("{token} is {status} {code}"), || answer(gate, &request) == (status, code.to_owned()));
    for _ in 0..20 {
        assert_eq!(answer(gate, &request), (status, code.to_owned()), "{token} comes back");
    }
}

async fn every_kind_of_revocation_reaches_the_gate(bed: TestDatabase) {
    for account in ["acme", "off"] {
        bed.account(account).await;
    }
    let mut members = bed.account("members").await;
    members.members_allowed = true;
    bed.put_account(&members).await;
    for id in ["disabled", "reset", "deleted"] {
        bed.put(&token(id, "acme", id)).await;
    }
    bed.put(&token("of-off", "off", "of-off")).await;
    put_owned(&bed, "ann", "members").await;
    put_owned(&bed, "bob", "members").await;
    bed.put(&token("of-members", "members", "of-members")).await;

    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    for token in ["disabled", "reset", "deleted", "of-off", "owned-by-ann", "owned-by-bob", "of-members"] {
        must_be_cached(&gate, token);
    }

    let mut disabled = token("disabled", "acme", "disabled");
    disabled.enabled = false;
    bed.put(&disabled).await;
    must_become(&gate, "disabled", 401, "credential_disabled");

    bed.put(&token("reset", "acme", "after the reset")).await;
    must_become(&gate, "reset", 401, "credential_invalid");

    bed.delete("deleted").await;
    must_become(&gate, "deleted", 401, "credential_invalid");
    // Clients go on presenting it.
    let before = lookups(&gate, "absent");
    must_become(&gate, "deleted", 401, "credential_invalid");
    assert_eq!(lookups(&gate, "absent"), before, "each request with it asks the database");

    let mut off = bed.account("off").await;
    off.granted = false;
    bed.put_account(&off).await;
    must_become(&gate, "of-off", 403, "access_off");
    off.granted = true;
    bed.put_account(&off).await;
    must_become(&gate, "of-off", 200, "");

    bed.execute(&silently("UPDATE users SET enabled = FALSE WHERE id = 'ann'", "user", "ann")).await;
    must_become(&gate, "owned-by-ann", 403, "access_off");
    assert_eq!(answer(&gate, &bearer("owned-by-bob")).0, 200);

    members.members_allowed = false;
    bed.put_account(&members).await;
    must_become(&gate, "owned-by-bob", 403, "access_off");
    assert_eq!(answer(&gate, &bearer("of-members")).0, 200, "it belongs to no member");
}

async fn a_cleared_credential_is_unknown_to_the_gate(bed: TestDatabase) {
    bed.account("acme").await;
    let mut key = token("key", "acme", "new");
    key.previous =
        Some(PreviousSecret::Token { digest: TokenDigest::of(b"old"), ends_at: Clock::System.now() + 1.hours() });
    bed.put(&key).await;
    let mut nightly = pair("nightly", "acme", "acme", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=");
    bed.put(&nightly).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    must_be_cached(&gate, "new");
    must_be_cached(&gate, "old");
    let basic = Request::get("/x").basic("acme", "not it");
    assert_eq!(answer(&gate, &basic), (401, "credential_invalid".to_owned()));

    for record in [&mut key, &mut nightly] {
        record.secret = record.secret.cleared();
        record.previous = None;
        bed.put(record).await;
    }
    must_become(&gate, "new", 401, "credential_invalid");
    must_become(&gate, "old", 401, "credential_invalid");
    let (cleared, unknown) = (gate.send(&basic), gate.send(&Request::get("/x").basic("stranger", "not it")));
    assert_eq!(verdict(&cleared), (401, "credential_invalid".to_owned()));
    assert_eq!(verdict(&cleared), verdict(&unknown));
    for password in ["", "!"] {
        assert_ne!(answer(&gate, &Request::get("/x").basic("acme", password)).0, 200, "{password:?}");
    }
    key.secret = RecordSecret::Token(Some(TokenDigest::of(b"newest")));
    bed.put(&key).await;
    must_become(&gate, "newest", 200, "");
}

async fn a_token_that_was_unknown_is_admitted_once_it_is_created(bed: TestDatabase) {
    bed.account("acme").await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    eventually("the unknown token is cached", || {
        let before = hits(&gate);
        assert_eq!(answer(&gate, &bearer("new")).0, 401);
        hits(&gate) > before
    });
    let before = lookups(&gate, "absent");
    for _ in 0..20 {
        assert_eq!(answer(&gate, &bearer("new")).0, 401);
    }
    assert_eq!(lookups(&gate, "absent"), before, "the database is asked for what is known not to be there");
    bed.put(&token("billing", "acme", "new")).await;
    must_become(&gate, "new", 200, "");
}

/// Notifications can be lost, and SQLite has none.
async fn changes_without_a_notification_are_found(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    must_be_cached(&gate, "secret");
    let disable = "UPDATE credentials SET enabled = FALSE WHERE id = 'billing'";
    bed.execute(&silently(disable, "credential", "billing")).await;
    must_become(&gate, "secret", 401, "credential_disabled");
}

async fn a_previous_token_is_valid_until_its_overlap_ends(bed: TestDatabase) {
    bed.account("acme").await;
    let end = Clock::System.now() + 3.seconds();
    let mut record: CredentialRecord = token("billing", "acme", "new");
    let digest = claviger::credential::TokenDigest::of(b"old");
    record.previous = Some(PreviousSecret::Token { digest, ends_at: end });
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let before_end = answer(&gate, &bearer("old"));
    // Longer than a slow start.
    if Clock::System.now() < end {
        assert_eq!(before_end.0, 200);
        assert_eq!(api.last().header("X-Claviger-Credential"), Some("billing"));
    }
    must_become(&gate, "old", 401, "credential_invalid");
    assert!(Clock::System.now() >= end);
    assert_eq!(answer(&gate, &bearer("new")).0, 200);
}

/// Hashes of "before" and "after".
const HASHES: [&str; 2] = ["{SHA}Ud4rg1vTWmfrMtvNPXfUuW5ao50=", "{SHA}QFkGydW+auU5PKZfsOfDjg1YXss="];

async fn a_previous_password_is_valid_until_its_overlap_ends_and_the_new_one_after_it(bed: TestDatabase) {
    bed.account("acme").await;
    let end = Clock::System.now() + 3.seconds();
    let mut record = pair("nightly", "acme", "acme", HASHES[1]);
    record.previous = Some(PreviousSecret::Password { hash: HASHES[0].parse().unwrap(), ends_at: end });
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let status = |password: &str| answer(&gate, &Request::get("/").basic("acme", password)).0;
    let before_end = status("before");
    if Clock::System.now() < end {
        assert_eq!(before_end, 200);
        assert_eq!(api.last().header("X-Claviger-Credential"), Some("nightly"));
    }
    assert_eq!(status("after"), 200);
    assert_eq!(status("neither"), 401);
    eventually("the password from before has ended", || status("before") == 401);
    assert!(Clock::System.now() >= end);
    assert_eq!(status("after"), 200);
    assert_eq!(bed.store.hash_kinds(Clock::System.now()).await.unwrap().len(), 1, "no overlap is left");
}

/// Reads and changes race; an outdated read must not stay in the cache.
async fn after_changes_under_load_the_last_state_is_in_force(bed: TestDatabase) {
    bed.account("acme").await;
    let mut record = token("billing", "acme", "secret");
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let address = gate.address;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let stopped = std::sync::Arc::new(std::sync::Mutex::new(stopped));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let stopped = stopped.clone();
            std::thread::spawn(move || {
                let mut connection = crate::support::Connection::open(address);
                let is_over =
                    || !matches!(stopped.lock().unwrap().try_recv(), Err(std::sync::mpsc::TryRecvError::Empty));
                while !is_over() {
                    let status = connection.send(&bearer("secret")).status;
                    assert!(status == 200 || status == 401, "{status}");
                }
            })
        })
        .collect();
    for turn in 0..41 {
        record.enabled = turn % 2 == 1;
        bed.put(&record).await;
    }
    assert!(!record.enabled);
    must_become(&gate, "secret", 401, "credential_disabled");
    drop(stop);
    for caller in callers {
        caller.join().unwrap();
    }
}

async fn must_reach(bed: &TestDatabase, gates: usize) {
    bed.account("acme").await;
    let mut record = token("billing", "acme", "secret");
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gates: Vec<_> = (0..gates).map(|_| gate(&api, bed).start()).collect();
    for gate in &gates {
        must_be_cached(gate, "secret");
    }
    record.enabled = false;
    bed.put(&record).await;
    for gate in &gates {
        must_become(gate, "secret", 401, "credential_disabled");
    }
}

#[tokio::test]
async fn a_change_reaches_two_gates_on_one_sqlite_file() {
    must_reach(&TestDatabase::sqlite().await, 2).await;
}

#[tokio::test]
async fn a_change_reaches_three_gates_on_one_server() {
    must_reach(&TestDatabase::postgres().await, 3).await;
}
