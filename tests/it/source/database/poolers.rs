//! Poolers between gate and server, and servers that refuse connections.

use super::{answer, bearer, lock, unlock, usual_gate};
use crate::server::{call, staff_token};
use crate::store::test_database::{TestDatabase, token};
use crate::support::postgres::{Cluster, PgBouncer};
use crate::support::{RecordingApi, claviger, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pgbouncer_in_session_mode_works() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let bouncer = PgBouncer::start(&cluster, "session");
    let url = bouncer.url(database.name());
    let bed = TestDatabase::on_database(database).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).database(&url).start();
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    assert_eq!(answer(&gate, &bearer("stranger-s")).0, 401);
    let mut record = token("known", "acme", "known");
    record.enabled = false;
    bed.put(&record).await;
    eventually("the revocation is in force", || answer(&gate, &bearer("known")).1 == "credential_disabled");
    assert!(!bouncer.log().contains("unsupported startup parameter"), "{}", bouncer.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pgbouncer_in_transaction_mode_is_refused_by_name_at_the_start() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    for mode in ["transaction", "statement"] {
        let bouncer = PgBouncer::start(&cluster, mode);
        let bed_url = bouncer.url(database.name());
        let bed = TestDatabase::at(database.direct().parse().unwrap()).await;
        let api = RecordingApi::start();
        let ended = usual_gate(&api, &bed).database(&bed_url).run();
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("transaction mode"), "{mode}: {}", ended.stderr);
        assert!(ended.stderr.contains("pool_mode = session"), "{mode}: {}", ended.stderr);
    }
}

/// Session by session at first, then reconfigured under two running gates.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pgbouncer_changed_to_transaction_mode_counts_as_no_answer() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let bouncer = PgBouncer::start(&cluster, "session");
    let url = bouncer.url(database.name());
    let bed = TestDatabase::on_database(database).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gates = [0, 1].map(|_| usual_gate(&api, &bed).database(&url).settings("database: {max_stale: 3s}").start());
    for gate in &gates {
        eventually("it is admitted", || answer(gate, &bearer("known")).0 == 200);
    }
    bouncer.change_mode("transaction");
    let mut turn = 0;
    eventually("both gates name the pooler", || {
        turn += 1;
        std::thread::scope(|scope| {
            for gate in gates.iter().cycle().take(8) {
                scope.spawn(move || {
                    let status = answer(gate, &bearer("known")).0;
                    assert!(status == 200 || status == 503, "{status}");
                    let status = answer(gate, &bearer(&format!("stranger-{turn}"))).0;
                    assert!(status == 401 || status == 503, "{status}");
                });
            }
        });
        gates.iter().all(|gate| gate.stderr().contains("pool_mode = session"))
    });
    for gate in &gates {
        eventually("the metric shows it", || gate.metric("claviger_database_up") == 0.0);
        eventually("max_stale ends it", || answer(gate, &bearer("known")).0 == 503);
    }
    let settings = gates[0].settings_file();
    let status = claviger().args(["database", "status", "--config"]).arg(settings).output().unwrap();
    let text = String::from_utf8_lossy(&status.stderr).into_owned();
    assert!(!status.status.success() && text.contains("pool_mode = session"), "{text}");
}

/// PgBouncer has one SQLSTATE for all that it says itself, which PostgreSQL uses for a protocol that went wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_limit_that_pgbouncer_in_session_mode_reports_is_not_taken_for_its_mode() {
    let cluster = Cluster::start();
    let bouncer = PgBouncer::start(&cluster, "session");
    let database = cluster.fresh_database();
    let url = bouncer.url(database.name());
    let bed = TestDatabase::on_database(database).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT 0");
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).database(&url).start();
    gate.awaits_log("too many connections for role");
    gate.awaits_log("lower database.connections");
    assert!(!gate.stderr().contains("pool_mode"), "{}", gate.stderr());
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT -1");
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_wrong_password_for_several_hosts_ends_the_start() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let url = database.direct().replace(&cluster.address(), &format!("{0},{0}", cluster.address()));
    let (before, after) = url.split_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    let bed = TestDatabase::on_database(database).await;
    let api = RecordingApi::start();
    let ended = usual_gate(&api, &bed).database(&format!("{user}:wrong@{after}")).run();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for part in ["password authentication failed", "check user name and password", &cluster.address()] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

/// The gate keeps the connection of its change feed; the management API, with a pool of its own, finds none.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_limit_of_connections_that_the_management_api_meets_is_named_as_the_cause() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    let staff = staff_token(&bed.store).await;
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).start();
    eventually("it is ready", || gate.admin("GET", "/readyz").status == 200);
    let holder = lock(&bed, "accounts").await;
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT 3");
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| assert_eq!(call(&gate, &staff, "GET", "/api/v1/accounts", None).status, 503));
        }
    });
    // The change feed would add that it retries.
    let is_of_api = |line: &str| line.contains("too many connections for role") && !line.contains("Retrying");
    eventually("the cause is logged", || gate.stderr().lines().any(is_of_api));
    gate.awaits_log("lower database.connections");
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT -1");
    unlock(&bed, holder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_limit_of_connections_is_named_as_the_cause() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT 0");
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).start();
    eventually("the cause is logged", || gate.stderr().contains("too many connections for role"));
    gate.awaits_log("lower database.connections");
    assert!(!gate.stderr().contains("no connection in time"), "{}", gate.stderr());
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT -1");
    eventually("it is ready", || gate.admin("GET", "/readyz").status == 200);
}
