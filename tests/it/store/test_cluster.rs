//! Tests of the PostgreSQL test support.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use sqlx::Connection;
use sqlx::postgres::{PgConnection, PgPool};

use crate::support::eventually;
use crate::support::postgres::{Cluster, HowToStop, fresh_database};

#[tokio::test]
async fn a_fresh_database_answers_over_tls_that_is_verified() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    assert!(database.url().contains("sslmode=verify-full"), "{}", database.url());
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut connection).await.unwrap();
    let tls: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!((one, tls), (1, true));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let cluster = Cluster::start();
    let (verified, plain) = (cluster.url("postgres"), cluster.plain_url("postgres"));
    cluster.certify(&["keys.example.org"]);
    let refused = PgConnection::connect(&verified).await.unwrap_err();
    assert!(format!("{refused:?}").contains("NotValidForName"), "{refused:?}");
    PgConnection::connect(&plain).await.unwrap();
    PgConnection::connect(&cluster.socket_url("postgres")).await.unwrap();
    cluster.certify(&["localhost"]);
    PgConnection::connect(&verified).await.unwrap();
}

#[test]
fn two_fresh_databases_do_not_see_each_other() {
    let (one, other) = (fresh_database(), fresh_database());
    one.execute("CREATE TABLE kept (n int)");
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'";
    assert_eq!((one.execute(tables).as_str(), other.execute(tables).as_str()), ("1", "0"));
}

#[test]
fn the_role_of_a_fresh_database_owns_it_and_is_no_superuser() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let role = "SELECT rolsuper::text || ' ' || (datdba = r.oid)::text FROM pg_roles r, pg_database
                WHERE rolname = current_user AND datname = current_database()";
    assert_eq!(database.execute(role), "false true");
}

#[test]
fn a_dropped_database_is_gone() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", database.name());
    assert_eq!(cluster.execute(&count), "1");
    drop(database);
    assert_eq!(cluster.execute(&count), "0");
}

#[tokio::test]
async fn commits_survive_a_stop_and_a_crash() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let pool = PgPool::connect(database.url()).await.unwrap();
    sqlx::query("CREATE TABLE kept (n int)").execute(&pool).await.unwrap();
    for (turn, how) in [HowToStop::Fast, HowToStop::Immediate].into_iter().enumerate() {
        sqlx::query("INSERT INTO kept VALUES (1)").execute(&pool).await.unwrap();
        cluster.stop(how);
        PgConnection::connect(database.url()).await.unwrap_err();
        cluster.start_again();
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&pool).await.unwrap();
        assert_eq!(kept, i64::try_from(turn).unwrap() + 1, "{how:?}");
    }
}

#[tokio::test]
async fn a_terminated_client_can_reconnect() {
    let cluster = Cluster::start();
    let url = cluster.url("postgres");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    cluster.terminate_connections();
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap_err();
    PgConnection::connect(&url).await.unwrap().ping().await.unwrap();
}

#[test]
fn a_dropped_cluster_leaves_nothing() {
    let start = Instant::now();
    let cluster = Cluster::start();
    println!("started within {:?}", start.elapsed());
    let (folder, server) = (cluster.folder().to_owned(), cluster.process());
    assert!(is_running(server) && folder.exists());
    drop(cluster);
    assert!(!is_running(server) && !folder.exists());
}

#[test]
fn a_cluster_whose_test_process_is_killed_leaves_nothing() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::test_cluster::hold_a_cluster", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let held = lines.filter_map(|line| line.split_once("holds ").map(|(_, held)| held.to_owned())).next();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let held = held.expect("the other process holds no cluster");
    let (server, folder) = held.split_once(' ').unwrap();
    let server = server.parse().unwrap();
    eventually("the server ends and its folder goes", || !is_running(server) && !std::fs::exists(folder).unwrap());
}

#[test]
#[ignore = "run and killed by another test"]
fn hold_a_cluster() {
    let cluster = Cluster::start();
    println!("holds {} {}", cluster.process(), cluster.folder().display());
    // Until it is killed, or its parent has ended.
    let _ended = std::io::stdin().read(&mut [0]);
}

fn is_running(process: u32) -> bool {
    kill(Pid::from_raw(process.try_into().unwrap()), None) != Err(Errno::ESRCH)
}
