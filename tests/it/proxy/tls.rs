//! TLS at the listener: whose certificate callers see, and whose callers are let in.

use std::sync::Arc;

use nix::sys::signal::Signal;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use crate::support::{Authority, Connection, Gate, Pair, RecordingApi, Reply, Request, TOKEN, eventually};

const TLS: &str = "  tls: {certificate: cert.pem, key: key.pem}";
const CLIENTS: &str = "  tls: {certificate: cert.pem, key: key.pem, client_ca: clients.pem}";

/// A gate that shows a certificate for loopback.
fn start(api: &RecordingApi, settings: &str, own: &Pair, clients: Option<&Authority>) -> Gate {
    let builder = Gate::before(api.url()).proxy(settings);
    own.write(builder.folder());
    if let Some(clients) = clients {
        clients.write(&builder.folder().join("clients.pem"));
    }
    builder.start()
}

/// Shakes hands; `None` when one side does not like the other.
fn shake_hands(gate: &Gate, config: &Arc<ClientConfig>) -> Option<(Connection, CertificateDer<'static>)> {
    Connection::open_tls(gate.address, config)
}

/// With TLS 1.3 a client learns only afterwards that its certificate was refused.
fn ask(gate: &Gate, config: &Arc<ClientConfig>) -> Option<Reply> {
    let (mut connection, _) = shake_hands(gate, config)?;
    connection.write(&Request::get("/x").bearer(TOKEN).bytes());
    connection.reply(false)
}

fn shown(gate: &Gate, authority: &Authority) -> Option<CertificateDer<'static>> {
    shake_hands(gate, &authority.client(None)).map(|(_, shown)| shown)
}

#[test]
fn requests_pass_with_tls_and_not_without() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let gate = start(&api, TLS, &authority.issue("127.0.0.1"), None);
    let (mut connection, _) = shake_hands(&gate, &authority.client(None)).unwrap();
    for _ in 0..3 {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert_eq!(connection.send(&Request::get("/x")).status, 401);
    }
    assert_eq!(api.last().header("x-forwarded-proto"), Some("https"));
    // A caller that speaks no TLS, and one that believes another authority.
    assert!(!gate.send_raw(&Request::get("/x").bearer(TOKEN).bytes()).contains("HTTP/1.1"));
    assert!(ask(&gate, &Authority::new().client(None)).is_none());
    assert_eq!(api.seen().len(), 3);
    assert!(gate.metric("claviger_tls_certs_not_after{listener=\"proxy\"}") > 0.0);
}

#[test]
fn a_new_certificate_is_shown_to_new_connections_while_old_ones_go_on() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let (first, second) = (authority.issue("127.0.0.1"), authority.issue("127.0.0.1"));
    let gate = start(&api, TLS, &first, None);
    let (mut old, certificate) = shake_hands(&gate, &authority.client(None)).unwrap();
    assert_eq!(certificate, first.der());
    second.write(gate.folder());
    eventually("the new certificate is shown", || shown(&gate, &authority) == Some(second.der()));
    assert_eq!(old.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(ask(&gate, &authority.client(None)).unwrap().status, 200);
}

#[test]
fn invalid_certificate_changes_nothing_and_is_reported() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let (first, second) = (authority.issue("127.0.0.1"), authority.issue("127.0.0.1"));
    let gate = start(&api, TLS, &first, None);
    let bad = [
        ("key.pem", second.key.clone(), "does not match the certificate"),
        ("key.pem", "no key at all".into(), "key.pem"),
        ("cert.pem", String::new(), "cert.pem"),
        ("cert.pem", first.certificate.replace("MII", "MIJ"), "cert.pem"),
    ];
    for (file, content, complaint) in bad {
        let refused = gate.reloads("failure");
        gate.rename_over(&gate.folder().join(file), &content);
        let outcome = gate.admin("POST", "/-/reload");
        assert_eq!(outcome.status, 422, "{complaint}: {}", outcome.text());
        assert!(outcome.text().contains(complaint) && outcome.text().contains("proxy.tls"), "{}", outcome.text());
        assert!(gate.reloads("failure") > refused);
        assert_eq!(shown(&gate, &authority), Some(first.der()), "{complaint}");
        assert!(gate.admin("GET", "/readyz?verbose").text().contains("[-] files on disk are in force"));
        first.write(gate.folder());
        gate.signal(Signal::SIGHUP);
        eventually("the files are in force again", || gate.metric("claviger_config_last_reload_successful") > 0.0);
    }
    assert!(!gate.stderr().contains("PRIVATE KEY") && !gate.stderr().contains("no key at all"));
    assert_eq!(ask(&gate, &authority.client(None)).unwrap().status, 200);
}

#[test]
fn callers_need_a_certificate_where_the_settings_name_an_authority() {
    let api = RecordingApi::start();
    let (authority, clients) = (Authority::new(), Authority::new());
    let gate = start(&api, CLIENTS, &authority.issue("127.0.0.1"), Some(&clients));
    let good = clients.issue("a-caller");
    let strange = Authority::new().issue("a-caller");
    assert!(ask(&gate, &authority.client(None)).is_none());
    assert!(ask(&gate, &authority.client(Some(&strange))).is_none());
    assert_eq!(api.seen().len(), 0);
    assert_eq!(ask(&gate, &authority.client(Some(&good))).unwrap().status, 200);
    // The certificate does not stand in for the credential.
    let (mut connection, _) = shake_hands(&gate, &authority.client(Some(&good))).unwrap();
    assert_eq!(connection.send(&Request::get("/x")).code(), "credential_missing");
    assert_eq!(api.seen().len(), 1);
}

#[test]
fn reload_replaces_the_client_ca() {
    let api = RecordingApi::start();
    let (authority, before, after) = (Authority::new(), Authority::new(), Authority::new());
    let gate = start(&api, CLIENTS, &authority.issue("127.0.0.1"), Some(&before));
    let (old, new) = (before.issue("a-caller"), after.issue("a-caller"));
    assert_eq!(ask(&gate, &authority.client(Some(&old))).unwrap().status, 200);
    assert!(ask(&gate, &authority.client(Some(&new))).is_none());
    gate.rename_over(&gate.folder().join("clients.pem"), &after.pem);
    assert_eq!(gate.admin("POST", "/-/reload").status, 200);
    assert_eq!(ask(&gate, &authority.client(Some(&new))).unwrap().status, 200);
    assert!(ask(&gate, &authority.client(Some(&old))).is_none());
}

/// A session is resumed without a certificate being shown; it must not outlive the trust it stands on.
#[test]
fn resumed_session_is_verified_against_the_current_client_ca() {
    let api = RecordingApi::start();
    let (authority, before, after) = (Authority::new(), Authority::new(), Authority::new());
    let gate = start(&api, CLIENTS, &authority.issue("127.0.0.1"), Some(&before));
    let caller = authority.client(Some(&before.issue("caller")));
    assert_eq!(ask(&gate, &caller).unwrap().status, 200);
    assert_eq!(ask(&gate, &caller).unwrap().status, 200);
    let reloads = gate.reloads("success");
    after.write(&gate.folder().join("clients.pem"));
    eventually("the other authority is in force", || gate.reloads("success") > reloads);
    assert!(ask(&gate, &caller).is_none());
    assert_eq!(api.seen().len(), 2);
}
