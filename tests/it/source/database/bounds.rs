//! The cache and the number of lookups are bounded.

use super::{answer, bearer, gate, hits, lock, lookups, unlock, usual_gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::{Connection, RecordingApi, eventually};

on_each!(junk_evicts_no_credential, concurrent_first_requests_with_one_token_are_one_lookup);

const SMALL: &str = "database: {cache: {credentials: 100, unknown: 100}}";

async fn junk_evicts_no_credential(bed: TestDatabase) {
    bed.account("acme").await;
    for number in 0..20 {
        let id = format!("good-{number}");
        bed.put(&token(&id, "acme", &id)).await;
    }
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings(SMALL).start();
    let good = || {
        for number in 0..20 {
            assert_eq!(answer(&gate, &bearer(&format!("good-{number}"))).0, 200);
        }
    };
    good();
    eventually("they are cached", || {
        let before = lookups(&gate, "found");
        good();
        lookups(&gate, "found") == before
    });
    let before = lookups(&gate, "found");
    let junk: Vec<_> = (0..4)
        .map(|caller| {
            let address = gate.address;
            std::thread::spawn(move || {
                let mut connection = Connection::open(address);
                let mut send = |number| connection.send(&bearer(&format!("junk-{caller}-{number}"))).status;
                (0..1000).filter(|number| send(*number) != 401).count()
            })
        })
        .collect();
    while junk.iter().any(|caller| !caller.is_finished()) {
        good();
    }
    let failed: usize = junk.into_iter().map(|caller| caller.join().unwrap()).sum();
    assert_eq!((failed, lookups(&gate, "refused"), lookups(&gate, "unavailable")), (0, 0.0, 0.0), "{}", gate.stderr());
    good();
    assert_eq!(lookups(&gate, "found"), before, "good credentials had to be asked for again");
    eventually("unknown tokens are bounded", || {
        answer(&gate, &bearer("junk-0-0"));
        gate.metric("claviger_database_remembered{kind=\"unknown\"}") <= 100.0
    });
}

async fn concurrent_first_requests_with_one_token_are_one_lookup(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    // Only then are results cached.
    eventually("the database is followed", || gate.metric("claviger_database_followed") == 1.0);
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let mut connection = gate.connect();
            std::thread::spawn(move || connection.send(&bearer("secret")).status)
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.join().unwrap(), 200);
    }
    assert_eq!(lookups(&gate, "found"), 1.0);
    assert!(hits(&gate) <= 49.0);
}

/// The request is refused at once, and cached credentials are not affected.
#[tokio::test]
async fn a_lookup_above_the_limit_is_refused() {
    let bed = TestDatabase::postgres().await;
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).settings("database: {lookups: 1, query_timeout: 5s}").start();
    eventually("it is cached", || {
        let before = hits(&gate);
        answer(&gate, &bearer("secret")).0 == 200 && hits(&gate) > before
    });
    let holder = lock(&bed, "tokens").await;
    let mut asked_for = 0;
    let mut slow = Vec::new();
    eventually("one is too many", || {
        asked_for += 1;
        let mut connection = gate.connect();
        let request = bearer(&format!("unknown-{asked_for}"));
        slow.push(std::thread::spawn(move || connection.send(&request)));
        assert_eq!(answer(&gate, &bearer("secret")).0, 200);
        lookups(&gate, "refused") >= 1.0
    });
    unlock(&bed, holder).await;
    let refused = slow.into_iter().map(|caller| caller.join().unwrap());
    let refused: Vec<_> = refused.filter(|reply| reply.status == 503).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        assert_eq!(reply.code(), "directory_unavailable");
        assert!(reply.header("Retry-After").is_some());
    }
    eventually("the place is free again", || answer(&gate, &bearer("unknown")).0 == 401);
}
