use super::*;
use crate::auth::Admission;
use crate::config::{ConfigSource, Override, Settings};

fn settings(url: &str) -> Settings {
    let overrides = vec![
        Override::flag("--upstream", &["proxy", "upstream"], url),
        Override::flag("--credentials", &["credentials", "file"], "credentials.yaml"),
    ];
    ConfigSource { file: None, overrides }.load().unwrap()
}

fn upstream(settings: &Settings, previous: Option<&ResolvedUpstream>) -> ResolvedUpstream {
    ResolvedUpstream::new(settings.upstream.as_ref().unwrap(), &settings.timeouts, previous).unwrap()
}

fn admitted() -> Admitted {
    Admitted::for_test(Admission { credential: None, version: None })
}

fn set_addresses(upstream: &ResolvedUpstream, sockets: &[[u8; 4]]) {
    let sockets = sockets.iter().map(|ip| SocketAddr::from((*ip, 80))).collect();
    upstream.addresses.store(Arc::new(AddressSet::new(sockets, None)));
}

/// A reload can come while the resolver is down.
#[test]
fn reload_keeps_the_addresses_of_a_name_that_does_not_resolve() {
    let named = settings("http://api.invalid:80");
    let peer =
        |upstream: &ResolvedUpstream| upstream.peer(&admitted(), false, &named.timeouts, &mut Attempts::default());
    let previous = upstream(&named, None);
    assert!(peer(&previous).is_none());
    set_addresses(&previous, &[[127, 0, 0, 1]]);
    assert!(peer(&upstream(&named, Some(&previous))).is_some());
    assert!(peer(&upstream(&settings("http://other.invalid:80"), Some(&previous))).is_none());
}

#[test]
fn retry_takes_the_other_address_whatever_requests_came_in_between() {
    let named = settings("http://api.invalid:80");
    let upstream = upstream(&named, None);
    set_addresses(&upstream, &[[127, 0, 0, 1], [127, 0, 0, 2]]);
    let peer = |attempts: &mut Attempts| {
        upstream.peer(&admitted(), false, &named.timeouts, attempts).unwrap()._address.to_string()
    };
    for others in 0..4 {
        let mut attempts = Attempts::default();
        let first = peer(&mut attempts);
        (0..others).for_each(|_| drop(peer(&mut Attempts::default())));
        assert_ne!(first, peer(&mut attempts), "after {others} others");
    }
}

#[test]
fn repeated_request_shares_no_pool_with_any_other() {
    use pingora::upstreams::peer::Peer;
    let named = settings("http://127.0.0.1:80");
    let upstream = upstream(&named, None);
    let hash = |needs_new_connection: bool| {
        let mut attempts = Attempts::default();
        attempts.needs_new_connection = needs_new_connection;
        upstream.peer(&admitted(), false, &named.timeouts, &mut attempts).unwrap().reuse_hash()
    };
    assert_eq!(hash(false), hash(false));
    assert!(hash(true) != hash(false) && hash(true) != hash(true));
}

fn sockets(upstream: &ResolvedUpstream) -> Vec<SocketAddr> {
    upstream.addresses.load().addresses.iter().filter_map(|address| address.socket).collect()
}

#[test]
fn refresh_takes_the_addresses_of_now_and_keeps_the_health_of_those_that_stay() {
    let upstream = upstream(&settings("http://localhost:80"), None);
    let found = resolve("localhost", 80);
    let stays = *found.first().unwrap();
    let gone = SocketAddr::from(([192, 0, 2, 7], 80));
    upstream.addresses.store(Arc::new(AddressSet::new(vec![gone, stays], None)));
    let is_up = || upstream.addresses.load().find(stays).unwrap().health.is_up();
    upstream.addresses.load().find(stays).unwrap().health.record_failure(&upstream.health);
    assert!(!is_up());
    upstream.refresh();
    assert_eq!(sockets(&upstream), found);
    assert!(!is_up(), "it is as far as before");
    let before = upstream.addresses.load_full();
    upstream.refresh();
    assert!(Arc::ptr_eq(&before, &upstream.addresses.load_full()), "nothing has changed");
}

#[test]
fn refresh_keeps_the_addresses_of_a_name_that_does_not_resolve() {
    let upstream = upstream(&settings("http://api.invalid:80"), None);
    set_addresses(&upstream, &[[127, 0, 0, 1], [127, 0, 0, 2]]);
    upstream.refresh();
    assert_eq!(sockets(&upstream).len(), 2);
}

/// No resolver is asked about them, whatever it says.
#[test]
fn refresh_leaves_addresses_and_sockets_alone() {
    for url in ["http://127.0.0.1:80", "http://[::1]:80", "unix:/run/api.sock"] {
        let upstream = upstream(&settings(url), None);
        set_addresses(&upstream, &[[127, 0, 0, 9]]);
        upstream.refresh();
        assert_eq!(sockets(&upstream), [SocketAddr::from(([127, 0, 0, 9], 80))], "{url}");
    }
}
