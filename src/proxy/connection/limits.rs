//! How many may be connected, in total and from one place.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use ipnet::IpNet;
use pingora::http::ResponseHeader;
use pingora::listeners::PreTlsProcess;
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{GetProxyDigest, GetSocketDigest, SocketDigest};
use pingora::{Error, ErrorType};

use crate::auth::Network;
use crate::proxy::Policy;
use crate::proxy::request::headers::is_trusted;
use crate::telemetry::{ConnectionRefusal, Metrics};

/// The connections there are.
pub struct Connections {
    open: AtomicUsize,
    /// Only of those that have a bound of their own, so never more than there are connections.
    by_place: Mutex<HashMap<Network, u32>>,
    metrics: Arc<Metrics>,
}

/// A connection that was let in; counted until this is dropped, on whatever way that happens.
#[derive(Debug)]
pub(in crate::proxy) struct ConnectionPermit {
    connections: Arc<Connections>,
    place: Option<Network>,
}

/// Who may connect under the settings in force.
#[derive(Clone)]
pub(in crate::proxy) struct ConnectionLimiter {
    pub(in crate::proxy) policy: Arc<ArcSwap<Policy>>,
    pub(in crate::proxy) speak_for_many: fn(&Policy) -> &[IpNet],
    pub(in crate::proxy) connections: Arc<Connections>,
}

impl Connections {
    /// None yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { open: AtomicUsize::new(0), by_place: Mutex::default(), metrics }
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Somebody said something that did not become a request.
    pub(in crate::proxy) fn unparsed(&self) {
        self.metrics.requests_unparsed.inc();
    }

    /// One more from a place that has less than `most`; false without any change otherwise.
    fn enter(&self, place: Network, most: u32) -> bool {
        let mut places = self.by_place.lock().unwrap_or_else(PoisonError::into_inner);
        let count = places.entry(place).or_insert(0);
        let has_room = *count < most;
        if has_room {
            *count += 1;
        }
        has_room
    }

    fn leave(&self, place: Network) {
        let mut places = self.by_place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = places.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                places.remove(&place);
            }
        }
    }
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} connections", self.open())
    }
}

impl ConnectionLimiter {
    /// Lets a connection in, or counts why not.
    pub(in crate::proxy) fn let_in(&self, digest: Option<&SocketDigest>) -> Option<ConnectionPermit> {
        let policy = self.policy.load();
        let connections = &self.connections;
        let peer = digest.and_then(|digest| Some(digest.peer_addr()?.as_inet()?.ip().to_canonical()));
        // Made first, so that whatever was counted is taken back where it is dropped.
        let others = connections.open.fetch_add(1, Ordering::Relaxed);
        connections.metrics.connections_open.inc();
        let mut visitor = ConnectionPermit { connections: connections.clone(), place: None };
        if others >= policy.limits.connections.get() as usize {
            connections.metrics.connection_refused(ConnectionRefusal::Total);
            return None;
        }
        // A balancer speaks for many.
        let place = peer.filter(|peer| !is_trusted(*peer, (self.speak_for_many)(&policy))).map(Network::of);
        if let Some(place) = place {
            if !connections.enter(place, policy.limits.connections_per_address.get()) {
                connections.metrics.connection_refused(ConnectionRefusal::Address);
                return None;
            }
            visitor.place = Some(place);
        }
        Some(visitor)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.connections.leave(place);
        }
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        self.connections.metrics.connections_open.dec();
    }
}

/// Before TLS, of which pingora waits a minute for the handshake. Who was let in stays with the socket: there
/// is no other place that ends with it when there is never a request.
#[async_trait]
impl PreTlsProcess for ConnectionLimiter {
    async fn process(&self, stream: &mut Stream) -> pingora::Result<()> {
        let visitor = self.let_in(stream.get_socket_digest().as_deref());
        let visitor = visitor.ok_or_else(|| Error::new_down(ErrorType::ConnectRefused))?;
        let unused = Box::new(ResponseHeader::build_no_case(200, None)?);
        stream.set_proxy_digest(ProxyDigest::new(unused, Some(Box::new(visitor))));
        Ok(())
    }
}
