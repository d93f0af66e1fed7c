//! A standby or read-only server counts as no answer: only a primary that takes writes confirms what is cached.

use nix::sys::signal::Signal;

use super::{answer, bearer, lock, unlock, usual_gate};
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

    /// The URL of both.
    fn url(&self) -> String {
        let hosts = format!("{},{}", self.standby.address(), self.primary.address());
        let url = self.primary.plain_url(&self.database).replace(&self.primary.address(), &hosts);
        format!("{url}&target_session_attrs=read-write")
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
    let answers = ready.split("[-] database answers\n    ").nth(1).unwrap_or_else(|| panic!("{ready}"));
    let detail = answers.lines().next().unwrap();
    let names_host = detail.contains("127.0.0.1:") || detail.contains("localhost:");
    assert!(names_host && detail.contains(cause), "{ready}");
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
    let gate = pair.gate(&api, &pair.url());
    eventually("the primary is found", || answer(&gate, &bearer("known")).0 == 200);
    pair.failover();
    pair.revoke_on_promoted();
    eventually("the revocation is known", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    eventually("unknown tokens are looked up", || answer(&gate, &bearer("stranger-s")).0 == 401);
    eventually("the metric shows it", || gate.metric("claviger_database_primary") == 1.0);
}

/// The standby lacks the last two changes, and gives their numbers to others before the gate sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_revocation_under_a_number_that_was_lost_in_a_failover_is_in_force() {
    let pair = Pair::start().await;
    let api = RecordingApi::start();
    let gate = pair.gate(&api, &pair.url());
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    pair.primary.is_replayed_by(&pair.standby);
    pair.standby.stop_following(&pair.primary);
    let changes = || gate.metric("claviger_database_changes_total");
    let before = changes();
    for lost in ["lost", "also-lost"] {
        pair.bed.put(&token(lost, "acme", lost)).await;
    }
    eventually("the gate has followed both changes", || changes() == before + 2.0);
    gate.signal(Signal::SIGSTOP);
    pair.primary.stop(HowToStop::Fast);
    pair.standby.promote();
    pair.revoke_on_promoted();
    pair.revoke_on_promoted();
    gate.signal(Signal::SIGCONT);
    eventually("the revocation is known", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    assert_eq!(answer(&gate, &bearer("lost")).0, 401, "the promoted server does not have it");
}

/// What a power cut or a network partition leaves: connections that are open, and never answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_primary_that_falls_silent_does_not_use_up_the_pool() {
    let pair = Pair::start().await;
    let api = RecordingApi::start();
    // So few that all of them wait for the silent server.
    let gate = usual_gate(&api, &pair.bed).database(&pair.url()).settings("database: {connections: 2}").start();
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    pair.primary.is_replayed_by(&pair.standby);
    let holder = lock(&pair.bed, "tokens").await;
    let frozen = std::thread::scope(|scope| {
        for number in 0..20 {
            let gate = &gate;
            scope.spawn(move || answer(gate, &bearer(&format!("stranger-{number}"))));
        }
        // Queries that run when the server falls silent: an idle connection would be found out before its use.
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND query LIKE '%JOIN tokens t ON t.digest = $1%'";
        eventually("every connection of the pool waits", || pair.primary.execute(waiting) == "2");
        pair.primary.freeze()
    });
    pair.standby.promote();
    let mut turn = 0;
    eventually("unknown tokens are looked up", || {
        turn += 1;
        answer(&gate, &bearer(&format!("late-{turn}"))).0 == 401
    });
    assert_eq!(answer(&gate, &bearer("known")).0, 200);
    pair.revoke_on_promoted();
    eventually("the revocation is known", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    drop(frozen);
    unlock(&pair.bed, holder).await;
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
