//! The upstream: its addresses, its verification, its timeouts.

pub(super) mod errors;
pub(super) mod websocket;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;
use pingora::protocols::ALPN;
use pingora::upstreams::peer::{H1UpgradePolicy, HttpPeer};
use pingora::utils::tls::{CertKey, WrappedX509, parse_x509};
use sha2::{Digest, Sha256};

use self::websocket::YieldingConnector;
use super::connection::tls;
use super::decide::admitted::Admitted;
use crate::config::{self, Diagnostic, Diagnostics, Origin, UpstreamUrl, raw};

/// Concurrent streams on one HTTP/2 connection to the upstream.
const MAX_HTTP2_STREAMS: usize = 100;

/// The upstream of one policy, ready to connect to.
pub struct Upstream {
    target: Target,
    /// For requests that name no host.
    host: HeaderValue,
    /// Of every connection; only the address is set per request.
    template: HttpPeer,
    next: AtomicUsize,
}

enum Target {
    /// A Unix socket; the template has its path.
    Fixed,
    /// A host name, resolved again at intervals.
    Resolved { host: String, port: u16, addresses: Arc<ArcSwap<Vec<SocketAddr>>> },
}

impl Upstream {
    /// Reads certificates and resolves the host name. A name that does not resolve yet is no fault: requests get a 502
    /// until it does. A name that `previous` has is not resolved again: a reload of credentials must not wait for the
    /// resolver, nor lose addresses while the resolver is down.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(
        upstream: &config::Upstream,
        timeouts: &raw::Timeouts,
        previous: Option<&Self>,
    ) -> Result<Self, Diagnostics> {
        let (target, mut template) = match &upstream.url {
            UpstreamUrl::Unix(path) => (Target::Fixed, socket_peer(path)?),
            UpstreamUrl::Tcp { tls, host, port } => {
                let named = || upstream.tls.server_name.clone().unwrap_or_else(|| host.clone());
                // With TLS, an empty name would disable verification; the settings refuse one. Without TLS, a name
                // would only be copied for each request.
                let name = if *tls { named() } else { String::new() };
                let template = HttpPeer::new(SocketAddr::from(([127, 0, 0, 1], *port)), *tls, name);
                let resolved = previous.and_then(|previous| previous.addresses_of(host, *port));
                let addresses = resolved.unwrap_or_else(|| Arc::new(ArcSwap::from_pointee(resolve(host, *port))));
                (Target::Resolved { host: host.clone(), port: *port, addresses }, template)
            }
        };
        if matches!(upstream.url, UpstreamUrl::Tcp { tls: true, .. }) {
            set_tls(&mut template, &upstream.tls)?;
        }
        set_protocol(&mut template, upstream);
        set_timeouts(&mut template, timeouts);
        template.options.http_upstream_request_policy.h1_upgrade = H1UpgradePolicy::Deny;
        Ok(Self { target, host: host(&upstream.url), template, next: AtomicUsize::new(0) })
    }

    fn addresses_of(&self, wanted: &str, wanted_port: u16) -> Option<Arc<ArcSwap<Vec<SocketAddr>>>> {
        match &self.target {
            Target::Resolved { host, port, addresses } if host == wanted && *port == wanted_port => {
                Some(addresses.clone())
            }
            Target::Resolved { .. } | Target::Fixed => None,
        }
    }

    /// The `Host` of requests that have none: HTTP/1.0 may omit it, HTTP/1.1 may not.
    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// The peer of the next attempt; `None` while the host name does not resolve. After `attempt`, which failed, that is
    /// the address next to it, however many requests came in between.
    pub(super) fn peer(
        &self,
        _: &Admitted,
        is_websocket: bool,
        timeouts: &raw::Timeouts,
        attempt: &mut Option<usize>,
    ) -> Option<Box<HttpPeer>> {
        let mut peer = Box::new(self.template.clone());
        if let Target::Resolved { addresses, .. } = &self.target {
            let addresses = addresses.load();
            let index = attempt.map_or_else(|| self.next.fetch_add(1, Ordering::Relaxed), |last| last.wrapping_add(1));
            *attempt = Some(index);
            peer._address = (*addresses.get(index % addresses.len().max(1))?).into();
        }
        if is_websocket {
            // Upgrades exist in HTTP/1.1 only, and a silent tunnel is not a stalled response.
            peer.options.set_http_version(1, 1);
            peer.options.http_upstream_request_policy.h1_upgrade = H1UpgradePolicy::WebSocketOnly;
            peer.options.read_timeout = Some(timeouts.upgraded.duration());
            peer.options.custom_l4 = Some(Arc::new(YieldingConnector));
            // Neither taken from the pool nor returned to it: these sockets have no file descriptor that pingora sees.
            peer.group_key = !peer.group_key;
            peer.options.idle_timeout = Some(Duration::from_millis(1));
        }
        Some(peer)
    }

    /// Resolves the host name again; keeps the old addresses where that fails. Blocks.
    pub fn refresh(&self) {
        let Target::Resolved { host, port, addresses } = &self.target else { return };
        if host.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        let found = resolve(host, *port);
        if !found.is_empty() && found != **addresses.load() {
            tracing::info!(%host, addresses = ?found, "the addresses of the upstream have changed");
            addresses.store(Arc::new(found));
        }
    }
}

fn host(url: &UpstreamUrl) -> HeaderValue {
    let text = url.to_string();
    let authority = text.split_once("://").map(|(_, authority)| authority);
    authority.and_then(|authority| authority.parse().ok()).unwrap_or(HeaderValue::from_static("localhost"))
}

fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    match (host, port).to_socket_addrs() {
        Ok(found) => {
            let mut addresses: Vec<_> = found.collect();
            addresses.sort();
            addresses
        }
        Err(error) => {
            tracing::warn!(%host, %error, "the host name of the upstream does not resolve");
            Vec::new()
        }
    }
}

fn socket_peer(path: &Path) -> Result<HttpPeer, Diagnostics> {
    let unusable = || fault("proxy.upstream", "is not a usable socket path");
    let path = path.to_str().ok_or_else(unusable)?;
    HttpPeer::new_uds(path, false, String::new()).map_err(|_| unusable().into())
}

fn set_protocol(peer: &mut HttpPeer, upstream: &config::Upstream) {
    let is_tls = matches!(upstream.url, UpstreamUrl::Tcp { tls: true, .. });
    peer.options.alpn = match upstream.protocol {
        raw::UpstreamProtocol::Auto if is_tls => ALPN::H2H1,
        raw::UpstreamProtocol::Auto | raw::UpstreamProtocol::Http1 => ALPN::H1,
        raw::UpstreamProtocol::Http2 => ALPN::H2,
    };
    peer.options.max_h2_streams = MAX_HTTP2_STREAMS;
}

fn set_timeouts(peer: &mut HttpPeer, timeouts: &raw::Timeouts) {
    let connect = timeouts.upstream_connect.duration();
    peer.options.connection_timeout = Some(connect);
    peer.options.total_connection_timeout = Some(connect);
    peer.options.read_timeout = Some(timeouts.upstream_read.duration());
    peer.options.write_timeout = Some(timeouts.upstream_write.duration());
    peer.options.idle_timeout = Some(timeouts.upstream_keep_alive.duration());
}

/// Sets the trusted roots and the client certificate.
fn set_tls(peer: &mut HttpPeer, written: &raw::UpstreamTls) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::default();
    let mut read = |key: &str, problem| faults.push(fault(&format!("proxy.upstream_tls.{key}"), problem));
    let roots = match &written.ca {
        Some(path) => match tls::certificates(path) {
            Ok(roots) => roots.into_iter().map(|root| root.to_vec()).collect(),
            Err(problem) => {
                read("ca", problem);
                Vec::new()
            }
        },
        None => system_roots(),
    };
    let own = written.certificate.as_deref().zip(written.key.as_deref());
    let own = own.and_then(|(certificate, key)| {
        let chain = tls::certificates(certificate).map_err(|problem| read("certificate", problem)).ok();
        let key = tls::private_key(key).map_err(|problem| read("key", problem)).ok();
        chain.zip(key)
    });
    if !faults.is_empty() {
        return Err(faults);
    }
    if roots.is_empty() {
        let problem = "is required: the system has no trusted certificates";
        return Err(fault("proxy.upstream_tls.ca", problem).into());
    }
    // Connections that were verified otherwise must not be reused.
    let mut digest = Sha256::new();
    roots.iter().for_each(|root| digest.update(root));
    peer.options.ca = Some(roots.into_iter().map(|root| WrappedX509::new(root, parse_x509)).collect());
    if let Some((chain, key)) = own {
        tls::check_pair(&chain, &key).map_err(|problem| fault("proxy.upstream_tls", problem))?;
        digest.update(&chain[0]);
        let chain = chain.into_iter().map(|certificate| certificate.to_vec()).collect();
        peer.client_cert_key = Some(Arc::new(CertKey::new(chain, key.secret_der().to_vec())));
    }
    let digest: [u8; 32] = digest.finalize().into();
    peer.group_key = digest.first_chunk().map_or(1, |bytes| u64::from_le_bytes(*bytes));
    Ok(())
}

/// The system's roots, without those that cannot be parsed.
fn system_roots() -> Vec<Vec<u8>> {
    let found = rustls_native_certs::load_native_certs();
    let readable = found.certs.into_iter().filter(|root| tls::is_readable(root));
    readable.map(|root| root.to_vec()).collect()
}

fn fault(path: &str, problem: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Origin::WHOLE_FILE, path, problem)
}

#[cfg(test)]
mod tests {
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

    fn upstream(settings: &Settings, previous: Option<&Upstream>) -> Upstream {
        Upstream::new(settings.upstream.as_ref().unwrap(), &settings.timeouts, previous).unwrap()
    }

    fn admitted() -> Admitted {
        Admitted::for_test(Admission { credential: None, version: None })
    }

    /// A reload can come while the resolver is down.
    #[test]
    fn reload_keeps_the_addresses_of_a_name_that_does_not_resolve() {
        let named = settings("http://api.invalid:80");
        let timeouts = &named.timeouts;
        let previous = upstream(&named, None);
        assert!(previous.peer(&admitted(), false, timeouts, &mut None).is_none());
        if let Target::Resolved { addresses, .. } = &previous.target {
            addresses.store(Arc::new(vec![SocketAddr::from(([127, 0, 0, 1], 80))]));
        }
        let after = upstream(&named, Some(&previous));
        assert!(after.peer(&admitted(), false, timeouts, &mut None).is_some());
        let elsewhere = upstream(&settings("http://other.invalid:80"), Some(&previous));
        assert!(elsewhere.peer(&admitted(), false, timeouts, &mut None).is_none());
    }

    #[test]
    fn retry_takes_the_other_address_whatever_requests_came_in_between() {
        let named = settings("http://api.invalid:80");
        let upstream = upstream(&named, None);
        let both: Vec<SocketAddr> = vec![([127, 0, 0, 1], 80).into(), ([127, 0, 0, 2], 80).into()];
        if let Target::Resolved { addresses, .. } = &upstream.target {
            addresses.store(Arc::new(both));
        }
        let peer = |attempt: &mut Option<usize>| {
            upstream.peer(&admitted(), false, &named.timeouts, attempt).unwrap()._address.to_string()
        };
        for others in 0..4 {
            let mut attempt = None;
            let first = peer(&mut attempt);
            (0..others).for_each(|_| drop(peer(&mut None)));
            assert_ne!(first, peer(&mut attempt), "after {others} others");
        }
    }
}
