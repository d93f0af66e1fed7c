//! The gate on a database, as a process: it follows what the store writes.

mod admission;
mod both;
mod bounds;
mod commands;
mod disk;
mod last_used;
mod outage;
mod poolers;
mod refused_by_settings;
mod restored;
mod revocation;
mod secrets;
mod standby;
mod starting;
mod tls;

use std::time::Duration;

use claviger::store::{CredentialRecord, RecordSecret};
use sqlx::Connection as _;

use crate::store::test_database::{TestDatabase, token};
use crate::support::{Gate, GateBuilder, RecordingApi, Reply, Request, eventually_async};

/// A gate with a query timeout for machines under load.
fn gate(api: &RecordingApi, bed: &TestDatabase) -> GateBuilder {
    usual_gate(api, bed).variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s")
}

/// A gate with the default timeouts.
fn usual_gate(api: &RecordingApi, bed: &TestDatabase) -> GateBuilder {
    Gate::before(api.url()).database(&bed.address()).settings("throttle: {enabled: false}")
}

fn bearer(token: &str) -> Request {
    Request::get("/x").bearer(token)
}

/// Status and code of an answer; the code is empty for what was let through.
fn verdict(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

fn answer(gate: &Gate, request: &Request) -> (u16, String) {
    verdict(&gate.send(request))
}

/// A Basic pair without optional fields.
fn pair(id: &str, account: &str, username: &str, hash: &str) -> CredentialRecord {
    let mut record = token(id, account, "");
    record.secret = RecordSecret::Password { username: username.into(), hash: Some(hash.parse().unwrap()) };
    record
}

/// The number of lookups with this result.
fn lookups(gate: &Gate, result: &str) -> f64 {
    gate.metric(&format!("claviger_database_lookups_total{{result=\"{result}\"}}"))
}

/// The number of cache hits.
fn hits(gate: &Gate) -> f64 {
    gate.metric("claviger_cache_hits_total{cache=\"credential\"}")
}

/// Locks tables until [`unlock`] ends the connection.
async fn lock(bed: &TestDatabase, tables: &str) -> std::thread::JoinHandle<()> {
    let address = bed.address();
    let sql = format!("BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)");
    let holder = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&address).await.unwrap();
            let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
            let held = tokio::time::timeout(Duration::from_secs(60), sql.execute(&mut connection));
            held.await.expect("the lock is not released").unwrap_err();
        });
    });
    let locks = "SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let wanted = i64::try_from(tables.split(',').count()).unwrap();
    eventually_async(&format!("{tables} are locked"), async || bed.ask(locks).await >= wanted).await;
    holder
}

async fn unlock(bed: &TestDatabase, holder: std::thread::JoinHandle<()>) {
    bed.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    )
    .await;
    holder.join().unwrap();
}
