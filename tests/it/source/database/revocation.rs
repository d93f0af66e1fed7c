//! What is taken away is gone from every gate, whatever it remembers.

use claviger::clock::Clock;
use claviger::credential::TokenDigest;
use claviger::store::{CredentialRecord, PreviousSecret, RecordSecret, Role};
use jiff::ToSpan as _;

use super::{asked, bearer, gate, hits, lookups, pair, verdict};
use crate::store::test_database::{TestDatabase, label, on_each, token};
use crate::support::{Gate, RecordingApi, Request, eventually};

on_each!(
    whatever_ends_a_credential_reaches_the_gate,
    a_cleared_credential_is_one_that_the_gate_does_not_know,
    what_was_unknown_is_admitted_once_it_is_there,
    changes_that_nobody_is_told_of_are_found,
    a_token_from_before_a_reset_counts_until_its_end,
    a_password_from_before_a_reset_counts_until_its_end_and_the_new_one_goes_on,
    what_changes_under_load_ends_as_it_was_left,
);

/// A change of something, numbered as the store does it, that gates are not told of.
fn silently(statement: &str, kind: &str, target: &str) -> String {
    format!(
        "BEGIN; {statement}; UPDATE counter SET last_change = last_change + 1;
        INSERT INTO changes (number, at, kind, target) SELECT last_change, {}, '{kind}', '{target}' FROM counter;
        COMMIT",
        Clock::System.now().as_millisecond()
    )
}

/// A member's own key is `owned-by-…`, with that as its token.
async fn put_owned(bed: &TestDatabase, owner: &str, account: &str) {
    bed.put_user(owner, Some(account), Role::Member).await;
    let id = format!("owned-by-{owner}");
    let mut record = token(&id, account, &id);
    record.owner = Some(label(owner));
    bed.put(&record).await;
}

/// Admitted, and the second time without asking the database.
fn must_be_remembered(gate: &Gate, token: &str) {
    let request = bearer(token);
    let is_remembered = || {
        let before = hits(gate);
        assert_eq!(asked(gate, &request).0, 200, "{token}");
        hits(gate) > before
    };
    eventually("it is remembered", is_remembered);
}

/// From some moment on, and then for good.
fn must_become(gate: &Gate, token: &str, status: u16, code: &str) {
    let request = bearer(token);
    eventually(&format!("{token} is {status} {code}"), || asked(gate, &request) == (status, code.to_owned()));
    for _ in 0..20 {
        assert_eq!(asked(gate, &request), (status, code.to_owned()), "{token} comes back");
    }
}

async fn whatever_ends_a_credential_reaches_the_gate(bed: TestDatabase) {
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
        must_be_remembered(&gate, token);
    }

    let mut disabled = token("disabled", "acme", "disabled");
    disabled.enabled = false;
    bed.put(&disabled).await;
    must_become(&gate, "disabled", 401, "credential_disabled");

    bed.put(&token("reset", "acme", "after the reset")).await;
    must_become(&gate, "reset", 401, "credential_invalid");

    bed.delete("deleted").await;
    must_become(&gate, "deleted", 401, "credential_invalid");
    // Whoever has it will go on presenting it.
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
    assert_eq!(asked(&gate, &bearer("owned-by-bob")).0, 200);

    members.members_allowed = false;
    bed.put_account(&members).await;
    must_become(&gate, "owned-by-bob", 403, "access_off");
    assert_eq!(asked(&gate, &bearer("of-members")).0, 200, "it belongs to no member");
}

async fn a_cleared_credential_is_one_that_the_gate_does_not_know(bed: TestDatabase) {
    bed.account("acme").await;
    let mut key = token("key", "acme", "new");
    key.previous =
        Some(PreviousSecret::Token { digest: TokenDigest::of(b"old"), ends_at: Clock::System.now() + 1.hours() });
    bed.put(&key).await;
    let mut nightly = pair("nightly", "acme", "acme", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=");
    bed.put(&nightly).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    must_be_remembered(&gate, "new");
    must_be_remembered(&gate, "old");
    let basic = Request::get("/x").basic("acme", "not it");
    assert_eq!(asked(&gate, &basic), (401, "credential_invalid".to_owned()));

    for record in [&mut key, &mut nightly] {
        record.secret = record.secret.cleared();
        record.previous = None;
        bed.put(record).await;
    }
    must_become(&gate, "new", 401, "credential_invalid");
    must_become(&gate, "old", 401, "credential_invalid");
    let (cleared, unknown) = (gate.send(&basic), gate.send(&Request::get("/x").basic("nobody", "not it")));
    assert_eq!(verdict(&cleared), (401, "credential_invalid".to_owned()));
    assert_eq!(verdict(&cleared), verdict(&unknown));
    for password in ["", "!"] {
        assert_ne!(asked(&gate, &Request::get("/x").basic("acme", password)).0, 200, "{password:?}");
    }
    key.secret = RecordSecret::Token(Some(TokenDigest::of(b"newest")));
    bed.put(&key).await;
    must_become(&gate, "newest", 200, "");
}

async fn what_was_unknown_is_admitted_once_it_is_there(bed: TestDatabase) {
    bed.account("acme").await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    eventually("that it is unknown is remembered", || {
        let before = hits(&gate);
        assert_eq!(asked(&gate, &bearer("new")).0, 401);
        hits(&gate) > before
    });
    let before = lookups(&gate, "absent");
    for _ in 0..20 {
        assert_eq!(asked(&gate, &bearer("new")).0, 401);
    }
    assert_eq!(lookups(&gate, "absent"), before, "the database is asked for what is known not to be there");
    bed.put(&token("billing", "acme", "new")).await;
    must_become(&gate, "new", 200, "");
}

/// Notifications may be lost, and SQLite has none.
async fn changes_that_nobody_is_told_of_are_found(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    must_be_remembered(&gate, "secret");
    let disable = "UPDATE credentials SET enabled = FALSE WHERE id = 'billing'";
    bed.execute(&silently(disable, "credential", "billing")).await;
    must_become(&gate, "secret", 401, "credential_disabled");
}

async fn a_token_from_before_a_reset_counts_until_its_end(bed: TestDatabase) {
    bed.account("acme").await;
    let end = Clock::System.now() + 3.seconds();
    let mut record: CredentialRecord = token("billing", "acme", "new");
    let digest = claviger::credential::TokenDigest::of(b"old");
    record.previous = Some(PreviousSecret::Token { digest, ends_at: end });
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let before_end = asked(&gate, &bearer("old"));
    // A slow start takes nothing away from what is tested below.
    if Clock::System.now() < end {
        assert_eq!(before_end.0, 200);
        assert_eq!(api.last().header("X-Claviger-Credential"), Some("billing"));
    }
    must_become(&gate, "old", 401, "credential_invalid");
    assert!(Clock::System.now() >= end);
    assert_eq!(asked(&gate, &bearer("new")).0, 200);
}

/// Of "before" and of "after".
const HASHES: [&str; 2] = ["{SHA}Ud4rg1vTWmfrMtvNPXfUuW5ao50=", "{SHA}QFkGydW+auU5PKZfsOfDjg1YXss="];

async fn a_password_from_before_a_reset_counts_until_its_end_and_the_new_one_goes_on(bed: TestDatabase) {
    bed.account("acme").await;
    let end = Clock::System.now() + 3.seconds();
    let mut record = pair("nightly", "acme", "acme", HASHES[1]);
    record.previous = Some(PreviousSecret::Password { hash: HASHES[0].parse().unwrap(), ends_at: end });
    bed.put(&record).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    let status = |password: &str| asked(&gate, &Request::get("/").basic("acme", password)).0;
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

/// Readings and changes race each other all the time; what was overtaken must not stay.
async fn what_changes_under_load_ends_as_it_was_left(bed: TestDatabase) {
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
        must_be_remembered(gate, "secret");
    }
    record.enabled = false;
    bed.put(&record).await;
    for gate in &gates {
        must_become(gate, "secret", 401, "credential_disabled");
    }
}

#[tokio::test]
async fn two_gates_on_one_sqlite_file_hear_of_it() {
    must_reach(&TestDatabase::sqlite().await, 2).await;
}

#[tokio::test]
async fn three_gates_on_one_server_hear_of_it() {
    must_reach(&TestDatabase::postgres().await, 3).await;
}
