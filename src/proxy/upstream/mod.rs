//! The upstream: its addresses, its verification, its timeouts.

mod address;
mod address_set;
pub(super) mod failure;
mod health;
pub(super) mod pingora_errors;
mod racing_connector;
mod resolve_and_check;
pub(super) mod websocket;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;
use pingora::protocols::ALPN;
use pingora::upstreams::peer::{H1UpgradePolicy, HttpPeer};
use pingora::utils::tls::{CertKey, WrappedX509, parse_x509};
use pingora::{Error, ErrorType};
use sha2::{Digest, Sha256};

use self::address_set::{AddressSet, resolve};
use self::failure::{Cause, Failure, Phase};
use self::websocket::YieldingConnector;
use super::connection::certificates;
use super::decide::admitted::Admitted;
use crate::config::{self, Diagnostic, Diagnostics, Origin, UpstreamUrl, raw};

pub(super) use address_set::Attempts;
pub use resolve_and_check::UpstreamWatch;

/// Concurrent streams on one HTTP/2 connection to the upstream.
const MAX_HTTP2_STREAMS: usize = 100;

/// A connection for one request leaves the pool after this time: pingora cannot be asked not to keep one.
const UNPOOLED_TIMEOUT: Duration = Duration::from_millis(1);

/// Sets connections apart that no other request may use.
static NEXT_UNPOOLED: AtomicU64 = AtomicU64::new(1);

/// The upstream of one policy, ready to connect to.
pub struct ResolvedUpstream {
    /// `None` for a Unix socket.
    name: Option<Name>,
    addresses: Arc<ArcSwap<AddressSet>>,
    /// For requests that name no host.
    host: HeaderValue,
    /// Of every connection; only the address is set per request.
    template: HttpPeer,
    health: raw::UpstreamHealth,
    next: AtomicUsize,
}

/// Resolved again at intervals.
#[derive(PartialEq, Eq)]
struct Name {
    host: String,
    port: u16,
}

impl ResolvedUpstream {
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
        let (name, mut template) = match &upstream.url {
            UpstreamUrl::Unix(path) => (None, socket_peer(path)?),
            UpstreamUrl::Tcp { tls, host, port } => {
                let named = || upstream.tls.server_name.clone().unwrap_or_else(|| host.clone());
                // With TLS, an empty name would disable verification; the settings refuse one. Without TLS, a name
                // would only be copied for each request.
                let server_name = if *tls { named() } else { String::new() };
                let template = HttpPeer::new(SocketAddr::from(([127, 0, 0, 1], *port)), *tls, server_name);
                (Some(Name { host: host.clone(), port: *port }), template)
            }
        };
        let addresses = match &name {
            None => Arc::new(ArcSwap::from_pointee(AddressSet::unix_socket())),
            Some(name) => {
                let same = previous.filter(|previous| previous.name.as_ref() == Some(name));
                let resolved = || ArcSwap::from_pointee(AddressSet::new(resolve(&name.host, name.port), None));
                same.map_or_else(|| Arc::new(resolved()), |previous| previous.addresses.clone())
            }
        };
        if matches!(upstream.url, UpstreamUrl::Tcp { tls: true, .. }) {
            set_tls(&mut template, &upstream.tls)?;
        }
        set_protocol(&mut template, upstream);
        set_timeouts(&mut template, timeouts);
        template.options.http_upstream_request_policy.h1_upgrade = H1UpgradePolicy::Deny;
        let (host, health) = (host(&upstream.url), upstream.health.clone());
        Ok(Self { name, addresses, host, template, health, next: AtomicUsize::new(0) })
    }

    /// The `Host` of requests that have none: HTTP/1.0 may omit it, HTTP/1.1 may not.
    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// The peer of the next attempt of a request; `None` while the host name does not resolve.
    pub(super) fn peer(
        &self,
        _: &Admitted,
        is_websocket: bool,
        timeouts: &raw::Timeouts,
        attempts: &mut Attempts,
    ) -> Option<Box<HttpPeer>> {
        let set = self.addresses.load();
        let address = set.choose(|| self.next.fetch_add(1, Ordering::Relaxed), attempts)?;
        let mut peer = Box::new(self.template.clone());
        if let Some(socket) = address.socket {
            peer._address = socket.into();
        }
        peer.options.custom_l4.clone_from(&set.connector);
        if is_websocket {
            // Upgrades exist in HTTP/1.1 only, and a silent tunnel is not a stalled response.
            peer.options.set_http_version(1, 1);
            peer.options.http_upstream_request_policy.h1_upgrade = H1UpgradePolicy::WebSocketOnly;
            peer.options.read_timeout = Some(timeouts.upgraded.duration());
            peer.options.custom_l4 = Some(Arc::new(YieldingConnector::new(set.addresses.clone())));
            // Neither taken from the pool nor returned to it: these sockets have no file descriptor that pingora sees.
            set_unpooled(&mut peer);
        }
        if attempts.needs_new_connection {
            set_unpooled(&mut peer);
        }
        if attempts.needs_http1 {
            peer.options.set_http_version(1, 1);
        }
        Some(peer)
    }

    /// Records that no connection was made. True where another attempt may succeed; nothing was sent, so the method of
    /// the request does not matter.
    pub(super) fn fail_to_connect(
        &self,
        error: &Error,
        peer: &HttpPeer,
        timeouts: &raw::Timeouts,
        attempts: &mut Attempts,
    ) -> (Failure, bool) {
        let failure = Failure::new(error, peer, Phase::Connecting, timeouts);
        if *error.etype() == ErrorType::H2Error && !attempts.needs_new_connection {
            // A kept connection opens no further stream.
            attempts.needs_new_connection = true;
            return (failure, true);
        }
        attempts.fail_last();
        let set = self.addresses.load();
        if failure.cause.blames_address() {
            self.change_health(&set, peer, |health| {
                if health.record_failure(&self.health) && health.may_log() {
                    tracing::warn!(reason = failure.text, "an address of the API does not answer");
                }
            });
        }
        let may_succeed = failure.cause != Cause::DescriptorsUsedUp && set.has_further(attempts);
        (failure, may_succeed)
    }

    /// Records that a new connection was made.
    pub(super) fn connected(&self, peer: &HttpPeer) {
        self.change_health(&self.addresses.load(), peer, |health| {
            if health.record_success(&self.health) && health.may_log() {
                tracing::info!(address = %peer._address, "an address of the API answers again");
            }
        });
    }

    fn change_health(&self, set: &AddressSet, peer: &HttpPeer, change: impl FnOnce(&health::Health)) {
        let address = match peer._address.as_inet() {
            Some(socket) => set.find(*socket),
            None => set.addresses.first(),
        };
        if let Some(address) = address {
            change(&address.health);
        }
    }

    pub(super) fn unresolved(&self) -> Failure {
        Failure::unresolved(self.name.as_ref().map_or("", |name| &name.host))
    }

    /// Resolves the host name again; keeps the old addresses where that fails. Blocks.
    fn refresh(&self) {
        let Some(Name { host, port }) = &self.name else { return };
        if host.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        let found = resolve(host, *port);
        let current = self.addresses.load();
        if !found.is_empty() && !current.has_same_sockets(&found) {
            tracing::info!(%host, addresses = ?found, "the addresses of the upstream have changed");
            self.addresses.store(Arc::new(AddressSet::new(found, Some(&current))));
        }
    }
}

/// The connection of `peer` is neither taken from the pool nor kept in it.
fn set_unpooled(peer: &mut HttpPeer) {
    peer.group_key = (!peer.group_key).wrapping_sub(NEXT_UNPOOLED.fetch_add(1, Ordering::Relaxed));
    peer.options.idle_timeout = Some(UNPOOLED_TIMEOUT);
}

fn host(url: &UpstreamUrl) -> HeaderValue {
    let text = url.to_string();
    let authority = text.split_once("://").map(|(_, authority)| authority);
    authority.and_then(|authority| authority.parse().ok()).unwrap_or(HeaderValue::from_static("localhost"))
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
        Some(path) => match certificates::read_certificates(path) {
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
        let chain = certificates::read_certificates(certificate).map_err(|problem| read("certificate", problem)).ok();
        let key = certificates::private_key(key).map_err(|problem| read("key", problem)).ok();
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
        certificates::check_pair(&chain, &key).map_err(|problem| fault("proxy.upstream_tls", problem))?;
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
    let readable = found.certs.into_iter().filter(|root| certificates::is_readable(root));
    readable.map(|root| root.to_vec()).collect()
}

fn fault(path: &str, problem: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Origin::WHOLE_FILE, path, problem)
}

#[cfg(test)]
#[path = "upstream_tests.rs"]
mod tests;
