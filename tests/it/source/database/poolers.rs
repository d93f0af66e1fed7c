//! Poolers between gate and server, and servers that refuse connections.

use super::{answer, bearer, usual_gate};
use crate::store::test_database::{TestDatabase, token};
use crate::support::postgres::{Cluster, PgBouncer};
use crate::support::{RecordingApi, eventually};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_limit_of_connections_is_named_as_the_cause() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT 0");
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).start();
    eventually("the cause is logged", || gate.stderr().contains("too many connections for role"));
    assert!(gate.stderr().contains("lower database.connections"), "{}", gate.stderr());
    assert!(!gate.stderr().contains("no connection in time"), "{}", gate.stderr());
    cluster.execute("ALTER ROLE claviger CONNECTION LIMIT -1");
    eventually("it is ready", || gate.admin("GET", "/readyz").status == 200);
}
