//! TLS at the admin listener and the console listener, and the console behind a proxy that terminates TLS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use serde_json::json;

use super::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Authority, Connection, Gate, GateBuilder, Request, eventually};

const TLS: &str = "127.0.0.1:0, tls: {certificate: cert.pem, key: key.pem}";

fn connect_tls(gate: &Gate, config: &Arc<ClientConfig>) -> Option<(Connection, CertificateDer<'static>)> {
    Connection::open_tls(gate.admin, config)
}

fn management_only(bed: &TestDatabase, admin: &str) -> GateBuilder {
    Gate::management_only(&bed.address()).admin(admin)
}

#[tokio::test]
async fn with_a_certificate_a_listener_accepts_tls_only() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let authority = Authority::new();
    let builder = management_only(&bed, TLS).console(TLS);
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    for (listener, target) in [(gate.admin, "/readyz"), (gate.console, "/api/v1/me")] {
        let (mut connection, _) = Connection::open_tls(listener, &authority.client(None)).unwrap();
        for _ in 0..2 {
            let answer = connection.send(&Request::get(target).bearer(&staff));
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert!(Connection::open_tls(listener, &Authority::new().client(None)).is_none());
        let mut plain = Connection::open(listener);
        plain.write(&Request::get(target).bytes());
        assert!(!String::from_utf8_lossy(&plain.rest()).contains("HTTP/1.1"));
    }
}

#[tokio::test]
async fn a_new_admin_certificate_is_used_for_later_connections() {
    let bed = TestDatabase::sqlite().await;
    let authority = Authority::new();
    let (first, second) = (authority.issue("127.0.0.1"), authority.issue("127.0.0.1"));
    let builder = management_only(&bed, TLS);
    first.write(builder.folder());
    let gate = builder.start();
    let shown = || connect_tls(&gate, &authority.client(None)).map(|(_, shown)| shown);
    let (mut old, certificate) = connect_tls(&gate, &authority.client(None)).unwrap();
    assert_eq!(certificate, first.der());
    second.write(gate.folder());
    eventually("the new certificate is shown", || shown() == Some(second.der()));
    assert_eq!(old.send(&Request::get("/livez")).status, 200);

    gate.rename_over(&gate.folder().join("key.pem"), "no key at all");
    let (mut connection, _) = connect_tls(&gate, &authority.client(None)).unwrap();
    let refused = connection.send(&Request::new("POST", "/-/reload").host("localhost"));
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("admin.tls.key") && !refused.text().contains("no key at all"),
        "{}",
        refused.text()
    );
    assert_eq!(shown(), Some(second.der()));
}

#[tokio::test]
async fn a_connection_without_a_handshake_delays_no_other_and_is_closed() {
    let bed = TestDatabase::sqlite().await;
    let authority = Authority::new();
    let builder = management_only(&bed, TLS);
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let start = Instant::now();
    let mut silent: Vec<_> = (0..100).map(|_| Connection::open(gate.admin)).collect();
    let (mut connection, _) = connect_tls(&gate, &authority.client(None)).unwrap();
    assert_eq!(connection.send(&Request::get("/livez")).status, 200);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    silent.iter_mut().for_each(|connection| assert!(connection.is_closed()));
    assert!(start.elapsed() < Duration::from_secs(18), "{:?}", start.elapsed());
}

#[test]
fn beyond_loopback_the_management_api_needs_tls_or_a_proxy() {
    let database = "sqlite:claviger.db";
    let at = |console: &str| Gate::management_only(database).console(console);
    for address in ["0.0.0.0:0", "'[::]:0'", "192.0.2.1:0"] {
        let refused = at(address).run();
        assert_eq!(refused.code, 1, "{address}");
        assert!(refused.stderr.contains("console.listen  is not a loopback address"), "{}", refused.stderr);
        for remedy in ["console.tls", "console.behind_proxy: true", "console.enabled: false"] {
            assert!(refused.stderr.contains(remedy), "{}", refused.stderr);
        }
    }
    drop(at("0.0.0.0:0, behind_proxy: true").start());
    drop(at("'[::1]:0'").start());
    let without_console = Gate::before("http://127.0.0.1:9").database(database).console("0.0.0.0:0");
    drop(without_console.settings("console: {enabled: false}").start());
}

#[tokio::test]
async fn forwarded_addresses_are_trusted_only_behind_a_configured_proxy() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    for (number, (console, seen)) in
        [("127.0.0.1:0", "127.0.0.1"), ("127.0.0.1:0, behind_proxy: true", "198.51.100.7")].into_iter().enumerate()
    {
        let gate = Gate::management_only(&bed.address()).console(console).start();
        let id = format!("account-{number}");
        let request = Request::new("POST", "/api/v1/accounts").bearer(&staff).header("Connection", "close");
        // Only the last entry was written by the proxy.
        let request = request.header("X-Forwarded-For", "203.0.113.9, 198.51.100.7");
        let body = json!({"id": id}).to_string();
        let made = Connection::open(gate.console).send(&request.header("Content-Type", "application/json").body(body));
        assert_eq!(made.status, 201, "{}", made.text());
        let audit = call(&gate, &staff, "GET", &format!("/api/v1/audit?account={id}"), None).json();
        assert_eq!(audit["items"][0]["address"], seen, "{audit}");
    }
}
