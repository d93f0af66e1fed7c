//! The database server is down, comes back, or was never up.

use claviger::store::CredentialRecord;

use super::{answer, bearer, hits, lock, pair, unlock, usual_gate, verdict};
use crate::store::test_database::{TestDatabase, token};
use crate::support::postgres::{Cluster, HowToStop};
use crate::support::{Gate, PASSWORD, RecordingApi, Request, eventually, slow_hash};

/// Credentials on a server of their own: `known`, `other`, `unused` (tokens of their names), and the user `night`.
struct Outage {
    // Dropped in this order: the gate before its server.
    gate: Gate,
    bed: TestDatabase,
    cluster: Cluster,
    _api: RecordingApi,
}

impl Outage {
    /// `known`, `other` and `night` are cached.
    async fn about_to_happen(settings: &str) -> Self {
        let cluster = Cluster::start();
        let bed = TestDatabase::on_database(cluster.fresh_database()).await;
        bed.account("acme").await;
        for id in ["known", "other", "unused"] {
            bed.put(&token(id, "acme", id)).await;
        }
        bed.put(&pair("nightly", "acme", "night", &slow_hash(PASSWORD))).await;
        let api = RecordingApi::start();
        let gate = usual_gate(&api, &bed).settings(settings).start();
        let outage = Self { gate, bed, cluster, _api: api };
        for request in [bearer("known"), bearer("other"), night()] {
            eventually("it is cached", || {
                let before = hits(&outage.gate);
                outage.answer(&request).0 == 200 && hits(&outage.gate) > before
            });
        }
        outage
    }

    fn answer(&self, request: &Request) -> (u16, String) {
        answer(&self.gate, request)
    }

    fn must_become(&self, request: &Request, status: u16) {
        eventually(&format!("{status} comes"), || self.answer(request).0 == status);
    }

    /// Stops the server and waits until the gate refuses lookups at once.
    fn stop(&self) {
        self.cluster.stop(HowToStop::Fast);
    }
}

fn night() -> Request {
    Request::get("/x").basic("night", PASSWORD)
}

fn unavailable() -> (u16, String) {
    (503, "directory_unavailable".into())
}

fn disabled(id: &str) -> CredentialRecord {
    let mut record = token(id, "acme", id);
    record.enabled = false;
    record
}

#[tokio::test]
async fn what_is_remembered_goes_on_and_what_is_not_is_503_until_the_server_is_back() {
    let outage = Outage::about_to_happen("").await;
    outage.stop();
    for _ in 0..3 {
        assert_eq!(outage.answer(&bearer("known")).0, 200);
        assert_eq!(outage.answer(&night()).0, 200);
        for token in ["unused", "unknown"] {
            let reply = outage.gate.send(&bearer(token));
            assert_eq!(verdict(&reply), unavailable(), "{token}");
            let wait: u32 = reply.header("Retry-After").unwrap().parse().unwrap();
            assert!(wait >= 1 && reply.all("www-authenticate").is_empty(), "{reply:?}");
        }
        // Known and unknown users get the same response, and both cost a hash.
        for username in ["night", "stranger"] {
            assert_eq!(outage.answer(&Request::get("/x").basic(username, "wrong")), unavailable(), "{username}");
        }
    }
    eventually("it is logged", || outage.gate.stderr().contains("the database does not answer"));
    eventually("the metric follows", || outage.gate.metric("claviger_database_followed") == 0.0);
    let ready = outage.gate.admin("GET", "/readyz?verbose");
    assert_eq!(ready.status, 200, "the whole fleet would go: {}", ready.text());
    assert!(ready.text().contains("[-] database is followed"), "{}", ready.text());
    eventually("the cause is shown", || {
        let ready = outage.gate.admin("GET", "/readyz?verbose").text();
        // What does not answer may well be a primary.
        assert!(!ready.contains("[-] database is a primary"), "{ready}");
        let cause = format!("{}: ", outage.cluster.address().replace("127.0.0.1", "localhost"));
        let detail = ready.split("[-] database answers\n    ").nth(1).and_then(|rest| rest.lines().next());
        detail.is_some_and(|detail| detail.contains(&cause) && detail.contains("refused"))
    });

    outage.cluster.start_again();
    // Before the gate notices the server.
    outage.bed.put(&disabled("known")).await;
    outage.must_become(&bearer("known"), 401);
    assert_eq!(outage.answer(&bearer("known")).1, "credential_disabled");
    outage.must_become(&bearer("unused"), 200);
    outage.must_become(&bearer("unknown"), 401);
    outage.must_become(&Request::get("/x").basic("stranger", "wrong"), 401);
    eventually("it is logged", || outage.gate.stderr().contains("the database answers again"));
    assert_eq!(outage.answer(&bearer("other")).0, 200);
    eventually("the metric follows", || outage.gate.metric("claviger_database_followed") == 1.0);
}

/// The server stops before it sends the notification.
#[tokio::test]
async fn a_revocation_right_before_a_crash_is_in_force_after_it() {
    let outage = Outage::about_to_happen("").await;
    outage.cluster.terminate_connections();
    let disable = "BEGIN; UPDATE credentials SET enabled = FALSE WHERE id = 'known';
        UPDATE counter SET last_change = last_change + 1;
        INSERT INTO changes SELECT last_change, 0, 'credential', 'known' FROM counter; COMMIT";
    outage.bed.execute(disable).await;
    outage.cluster.stop(HowToStop::Immediate);
    outage.cluster.start_again();
    outage.must_become(&bearer("known"), 401);
    assert_eq!(outage.answer(&bearer("other")).0, 200);
}

#[tokio::test]
async fn the_cache_expires_after_max_stale() {
    let outage = Outage::about_to_happen("database: {max_stale: 1s}").await;
    outage.stop();
    outage.must_become(&bearer("known"), 503);
    for _ in 0..5 {
        assert_eq!(outage.answer(&bearer("known")), unavailable());
        assert_eq!(outage.answer(&night()), unavailable());
    }
    outage.cluster.start_again();
    outage.must_become(&bearer("known"), 200);
    outage.must_become(&night(), 200);
}

#[tokio::test]
async fn terminated_connections_fail_no_request() {
    let outage = Outage::about_to_happen("").await;
    for turn in 0..5 {
        outage.cluster.terminate_connections();
        assert_eq!(outage.answer(&bearer("known")).0, 200);
        // Without a retry: a connection is tested before its use.
        assert_eq!(outage.answer(&bearer(&format!("unknown {turn}").replace(' ', "-"))).0, 401);
    }
    outage.cluster.terminate_connections();
    outage.bed.put(&disabled("known")).await;
    outage.must_become(&bearer("known"), 401);
    outage.bed.put(&token("new", "acme", "new")).await;
    outage.must_become(&bearer("new"), 200);
}

#[tokio::test]
async fn a_gate_that_starts_before_its_server_serves_once_the_server_is_up() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    cluster.stop(HowToStop::Fast);
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).start();
    assert_eq!(answer(&gate, &bearer("known")), unavailable());
    let ready = gate.admin("GET", "/readyz?verbose");
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("[-] database has been read"), "{}", ready.text());
    assert_eq!(gate.metric("claviger_database_age_seconds"), -1.0);
    assert_eq!(gate.admin("GET", "/livez").status, 200);

    cluster.start_again();
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    eventually("it is ready", || gate.admin("GET", "/readyz").status == 200);
    // Notifications work too.
    let mut off = bed.account("acme").await;
    off.switched_on = false;
    bed.put_account(&off).await;
    eventually("the database is followed", || answer(&gate, &bearer("known")).1 == "access_off");
}

/// A hanging server costs a caller the query timeout, and a cached credential nothing.
#[tokio::test]
async fn a_server_that_hangs_delays_a_request_by_the_query_timeout() {
    let outage = Outage::about_to_happen("database: {query_timeout: 1s}").await;
    let holder = lock(&outage.bed, "tokens, counter").await;
    let mut asked = 0;
    eventually("the wait ends", || {
        asked += 1;
        let verdict = outage.answer(&bearer(&format!("unknown-{asked}")));
        assert!(verdict.0 == 401 || verdict == unavailable(), "{verdict:?}");
        verdict == unavailable()
    });
    assert_eq!(outage.answer(&bearer("known")).0, 200);
    unlock(&outage.bed, holder).await;
    outage.must_become(&bearer("unused"), 200);
}
