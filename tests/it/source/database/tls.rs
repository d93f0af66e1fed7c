//! The certificate of the server is verified with its host name, unless the URL asks for less.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use super::{answer, bearer, gate};
use crate::store::test_database::{TestDatabase, token};
use crate::support::postgres::Cluster;
use crate::support::{Gate, RecordingApi, Run, eventually};

/// Credentials on a server of their own.
async fn server() -> (TestDatabase, Cluster) {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    (bed, cluster)
}

/// The URL without its TLS parameters.
fn without_parameters(bed: &TestDatabase) -> String {
    bed.address().split('?').next().unwrap().to_owned()
}

fn must_refuse_the_server(gate: &Gate, problem: &str) {
    assert_eq!(answer(gate, &bearer("secret")).0, 503);
    assert_eq!(gate.admin("GET", "/readyz").status, 503);
    let log = gate.stderr();
    assert!(log.contains(problem), "{problem}:\n{log}");
    assert!(log.contains("use a host name that the server's certificate has"), "{log}");
    assert!(log.contains("name its authority with sslrootcert"), "{log}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_until_it_is_replaced() {
    let (bed, cluster) = server().await;
    let api = RecordingApi::start();
    cluster.certify(&["elsewhere.example.org"]);
    cluster.terminate_connections();
    // Verified in full by default.
    let url = format!("{}?sslrootcert={}", without_parameters(&bed), cluster.ca().display());
    let gate = Gate::before(api.url()).database(&url).start();
    must_refuse_the_server(&gate, "certificate not valid for name");
    cluster.certify(&["localhost"]);
    eventually("it is admitted", || answer(&gate, &bearer("secret")).0 == 200);
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let (bed, _cluster) = server().await;
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database(&without_parameters(&bed)).start();
    must_refuse_the_server(&gate, "UnknownIssuer");
}

#[tokio::test]
async fn the_environment_does_not_switch_tls_off() {
    let (bed, cluster) = server().await;
    let api = RecordingApi::start();
    let count = |condition: &str| {
        let connected = "pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid WHERE a.application_name = 'claviger'";
        cluster.execute(&format!("SELECT count(*) FROM {connected} AND {condition}"))
    };
    bed.store.close().await;
    eventually("the test's own connections are gone", || count("NOT s.ssl") == "0");
    let gate = gate(&api, &bed).start_as(|command| {
        command.env("PGSSLMODE", "disable");
    });
    assert_eq!(answer(&gate, &bearer("secret")).0, 200);
    assert_eq!(count("NOT s.ssl"), "0");
    assert_ne!(count("s.ssl"), "0");
    // The connection is not opened another way.
    let gate = Gate::before(api.url()).database(&without_parameters(&bed)).start_as(|command| {
        command.env("PGSSLMODE", "disable");
    });
    must_refuse_the_server(&gate, "UnknownIssuer");
}

/// A man in the middle may claim that there is no TLS; the gate sends no password.
#[test]
fn a_server_without_tls_gets_no_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, received) = mpsc::channel();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut question = [0; 8];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(b"N").unwrap();
            let mut rest = Vec::new();
            // Closed or reset.
            let _closed = stream.read_to_end(&mut rest);
            sender.send(rest).unwrap();
        }
    });
    let builder = Gate::before("http://127.0.0.1:1").database(&format!("postgres://planted:secret@localhost:{port}/x"));
    let ended = Run::of(builder.command()).end();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("server does not support TLS; enable TLS on the server"), "{}", ended.stderr);
    let received: Vec<_> = received.try_iter().collect();
    assert!(!received.is_empty() && received.iter().all(Vec::is_empty), "{received:?}");
}
