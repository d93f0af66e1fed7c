//! A real Prometheus scrapes real gates: every query of panels and rules has data.

use super::alerts::alerts;
use super::dashboard::queries;
use crate::store::test_database::{TestDatabase, token};
use crate::support::{Authority, Gate, PASSWORD, Prometheus, RecordingApi, Request, TOKEN, credentials, eventually};

/// A gate on a file and an SQLite database.
fn busy(api: &RecordingApi, bed: &TestDatabase) -> Gate {
    Gate::before(api.url()).database(&bed.address()).credentials(&credentials()).start()
}

/// A gate that has a certificate, and keeps a snapshot of a server.
fn quiet(api: &RecordingApi, bed: &TestDatabase) -> Gate {
    let builder = Gate::before(api.url()).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    let builder = builder
        .database(&bed.address())
        .settings("database: {snapshot: snapshot}\ntracing: {otlp: 'http://127.0.0.1:1'}");
    Authority::new().issue("127.0.0.1").write(builder.folder());
    std::fs::write(builder.folder().join("snapshot"), "of before").unwrap();
    builder.start()
}

/// Admitted requests, and refused ones of several kinds.
fn send_requests(gate: &Gate) {
    for _ in 0..3 {
        gate.send(&Request::get("/x").bearer(TOKEN));
        gate.send(&Request::get("/x").bearer("kept-in-the-database"));
        gate.send(&Request::get("/x").basic("acme", PASSWORD));
    }
    gate.send(&Request::get("/status/503").bearer(TOKEN));
    gate.send(&Request::get("/x"));
    for number in 0..12 {
        gate.send(&Request::get("/x").basic("stranger", "wrong"));
        gate.send(&Request::get("/x").bearer(&format!("of-stranger-{number}")));
    }
}

#[tokio::test]
async fn every_panel_and_every_rule_has_what_it_asks_for() {
    let bed = TestDatabase::sqlite().await;
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "kept-in-the-database")).await;
    let api = RecordingApi::start();
    let server = TestDatabase::postgres().await;
    let (busy, quiet) = (busy(&api, &bed), quiet(&api, &server));
    let prometheus = Prometheus::watching(&[busy.admin, quiet.admin]);
    eventually("both are scraped", || prometheus.ask("sum(up) == 2").len() == 1);

    send_requests(&busy);
    busy.replace_credentials(&format!("# read again\n{}", credentials()));
    busy.rename_over(&busy.credentials_file(), "credentials: [{}]");
    eventually("the bad file is refused", || busy.reloads("failure") > 0.0);

    let of_rules = alerts()
        .into_iter()
        .flat_map(|alert| alert.measured().into_iter().map(move |query| (alert.name.clone(), query)));
    let mut open: Vec<_> = queries().into_iter().chain(of_rules).collect();
    assert!(open.len() > 50, "{open:?}");
    // All data is there after a few scrapes.
    for _ in 0..30 {
        open.retain(|(_, query)| !prometheus.ask(query).iter().any(|value| value.is_finite()));
        if open.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    assert!(open.is_empty(), "without data: {open:#?}");

    let pending = "ALERTS{alertname=\"ClavigerReloadRefused\"}";
    eventually("an alert is pending", || prometheus.ask(pending).len() == 1);
    for rule in prometheus.rules() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}
