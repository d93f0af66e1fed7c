//! A standby or read-only server counts as no answer: only a primary that takes writes confirms what is cached.

use super::{answer, bearer, usual_gate};
use crate::store::test_database::{TestDatabase, token};
use crate::support::postgres::{Cluster, HowToStop};
use crate::support::{Gate, RecordingApi, eventually};

/// A primary with the token `known`, and its standby.
struct Pair {
    bed: TestDatabase,
    database: String,
    primary: Cluster,
    standby: Cluster,
}

impl Pair {
    async fn start() -> Self {
        let primary = Cluster::start_replicated();
        let database = primary.fresh_database();
        let name = database.name().to_owned();
        let bed = TestDatabase::on_database(database).await;
        bed.account("acme").await;
        bed.put(&token("known", "acme", "known")).await;
        let standby = primary.standby();
        primary.is_replayed_by(&standby);
        Self { bed, database: name, primary, standby }
    }

    /// A gate on this URL, with `known` in its cache if it is admitted.
    fn gate(&self, api: &RecordingApi, url: &str) -> Gate {
        let gate = usual_gate(api, &self.bed).database(url).settings("database: {max_stale: 3s}");
        gate.start()
    }

    fn failover(&self) {
        self.primary.is_replayed_by(&self.standby);
        self.primary.stop(HowToStop::Fast);
        self.standby.promote();
    }

    /// Disables `known` on the promoted standby.
    fn revoke_on_promoted(&self) {
        let disable = "BEGIN; UPDATE credentials SET enabled = FALSE WHERE id = 'known';
            UPDATE counter SET last_change = last_change + 1;
            INSERT INTO changes SELECT last_change, 0, 'credential', 'known' FROM counter; COMMIT";
        execute(&self.standby.plain_url(&self.database), disable);
    }
}

fn execute(url: &str, sql: &str) {
    use sqlx::Connection as _;
    let (url, sql) = (url.to_owned(), sql.to_owned());
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        });
    });
    work.join().unwrap();
}

fn is_reported(gate: &Gate, cause: &str) {
    eventually("the cause is logged", || gate.stderr().contains(cause));
    eventually("the metric shows it", || gate.metric("claviger_database_primary") == 0.0);
    assert_eq!(gate.metric("claviger_database_up"), 0.0);
    let ready = gate.admin("GET", "/readyz?verbose").text();
    assert!(ready.contains("[-] database is a primary that takes writes"), "{ready}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_standby_is_not_taken_for_the_database() {
    let pair = Pair::start().await;
    let api = RecordingApi::start();
    let gate = pair.gate(&api, &pair.standby.plain_url(&pair.database));
    assert_eq!(answer(&gate, &bearer("known")), (503, "directory_unavailable".into()));
    is_reported(&gate, "is a standby");
    pair.failover();
    eventually("the promoted server is used", || answer(&gate, &bearer("known")).0 == 200);
    eventually("the metric shows it", || gate.metric("claviger_database_primary") == 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_revoked_after_a_demotion_ends_with_max_stale() {
    let pair = Pair::start().await;
    let api = RecordingApi::start();
    let gate = pair.gate(&api, &pair.primary.plain_url(&pair.database));
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    pair.failover();
    pair.primary.follow(&pair.standby);
    pair.primary.execute("SELECT pg_wal_replay_pause()");
    pair.revoke_on_promoted();
    eventually("max_stale ends it", || answer(&gate, &bearer("known")).0 == 503);
    is_reported(&gate, "is a standby");
    for _ in 0..5 {
        assert_eq!(answer(&gate, &bearer("known")).0, 503);
    }
    pair.primary.execute("SELECT pg_wal_replay_resume()");
    pair.standby.is_replayed_by(&pair.primary);
    pair.standby.stop(HowToStop::Fast);
    pair.primary.promote();
    eventually("the revocation is known", || answer(&gate, &bearer("known")).1 == "credential_disabled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_failover_between_the_hosts_of_a_url_needs_no_restart() {
    let pair = Pair::start().await;
    let api = RecordingApi::start();
    let hosts = format!("{},{}", pair.standby.address(), pair.primary.address());
    let url = pair.primary.plain_url(&pair.database).replace(&pair.primary.address(), &hosts);
    let gate = pair.gate(&api, &format!("{url}&target_session_attrs=read-write"));
    eventually("the primary is found", || answer(&gate, &bearer("known")).0 == 200);
    pair.failover();
    pair.revoke_on_promoted();
    eventually("the revocation is known", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    eventually("unknown tokens are looked up", || answer(&gate, &bearer("stranger-s")).0 == 401);
    eventually("the metric shows it", || gate.metric("claviger_database_primary") == 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_primary_made_read_only_is_not_taken_for_the_database() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).settings("database: {max_stale: 3s}").start();
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    cluster.execute("ALTER SYSTEM SET default_transaction_read_only = on");
    cluster.execute("SELECT pg_reload_conf()");
    eventually("max_stale ends it", || answer(&gate, &bearer("known")).0 == 503);
    is_reported(&gate, "is read-only");
    cluster.execute("ALTER SYSTEM RESET default_transaction_read_only");
    cluster.execute("SELECT pg_reload_conf()");
    eventually("it is used again", || answer(&gate, &bearer("known")).0 == 200);
}
