//! Limits on connections, in total and per network.

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
use pingora::protocols::{GetProxyDigest, GetSocketDigest, SocketDigest, UniqueID, UniqueIDType};
use pingora::{Error, ErrorType};

use super::descriptor_budget::DescriptorBudget;
use crate::auth::Network;
use crate::proxy::Policy;
use crate::proxy::request::forwarded_headers::is_trusted;
use crate::telemetry::{ConnectionRefusal, Metrics};

/// Counts open connections.
pub struct Connections {
    open: AtomicUsize,
    /// Without exempt peers, so never larger than `open`.
    by_network: Mutex<HashMap<Network, u32>>,
    descriptors: DescriptorBudget,
    metrics: Arc<Metrics>,
}

/// Counts an accepted connection until it is dropped.
#[derive(Debug)]
pub(in crate::proxy) struct ConnectionPermit {
    connections: Arc<Connections>,
    network: Option<Network>,
}

/// Applies the limits in force.
#[derive(Clone)]
pub(in crate::proxy) struct ConnectionLimiter {
    pub(in crate::proxy) policy: Arc<ArcSwap<Policy>>,
    pub(in crate::proxy) exempt: fn(&Policy) -> &[IpNet],
    pub(in crate::proxy) connections: Arc<Connections>,
}

impl Connections {
    pub fn new(descriptors: DescriptorBudget, metrics: Arc<Metrics>) -> Self {
        Self { open: AtomicUsize::new(0), by_network: Mutex::default(), descriptors, metrics }
    }

    pub(in crate::proxy) fn descriptors(&self) -> &DescriptorBudget {
        &self.descriptors
    }

    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Takes the number of a descriptor that was just opened, `None` where the system has none. True when further
    /// connections are closed for want of descriptors.
    pub(in crate::proxy) fn are_out_of_descriptors(&self, newest: Option<i32>) -> bool {
        self.descriptors.update(newest) || self.open() >= self.descriptors.max_connections()
    }

    /// False, counted, for the descriptor of a connection that is not for callers, and has to be closed.
    pub fn allows_descriptor(&self, descriptor: i32) -> bool {
        let is_allowed = self.descriptors.allows(descriptor);
        if !is_allowed {
            self.metrics.connection_refused(ConnectionRefusal::Descriptors);
        }
        is_allowed
    }

    /// Counts a connection whose bytes did not become a request.
    pub(in crate::proxy) fn count_unparsed(&self) {
        self.metrics.requests_unparsed.inc();
    }

    /// Counts one more where the network has less than `max`; false otherwise.
    fn enter(&self, network: Network, max: u32) -> bool {
        let mut networks = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let count = networks.entry(network).or_insert(0);
        let has_room = *count < max;
        if has_room {
            *count += 1;
        }
        has_room
    }

    fn leave(&self, network: Network) {
        let mut networks = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                networks.remove(&network);
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
    /// `None`, counted, where a limit is reached.
    pub(in crate::proxy) fn try_acquire(
        &self,
        descriptor: UniqueIDType,
        digest: Option<&SocketDigest>,
    ) -> Option<ConnectionPermit> {
        let policy = self.policy.load();
        let connections = &self.connections;
        let peer = digest.and_then(|digest| Some(digest.peer_addr()?.as_inet()?.ip().to_canonical()));
        // Created first, so that dropping it undoes the count.
        let others = connections.open.fetch_add(1, Ordering::Relaxed);
        connections.metrics.connections_open.inc();
        let mut permit = ConnectionPermit { connections: connections.clone(), network: None };
        if others >= connections.descriptors.max_connections() || !connections.descriptors.allows(descriptor) {
            connections.metrics.connection_refused(ConnectionRefusal::Descriptors);
            return None;
        }
        if others >= policy.max_connections.get() as usize {
            connections.metrics.connection_refused(ConnectionRefusal::Total);
            return None;
        }
        let network = peer.filter(|peer| !is_trusted(*peer, (self.exempt)(&policy))).map(Network::of);
        if let Some(network) = network {
            if !connections.enter(network, policy.max_connections_per_address.get()) {
                connections.metrics.connection_refused(ConnectionRefusal::Address);
                return None;
            }
            permit.network = Some(network);
        }
        Some(permit)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(network) = self.network {
            self.connections.leave(network);
        }
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        self.connections.metrics.connections_open.dec();
    }
}

/// Applies the limits before the TLS handshake, which pingora gives a minute. The stream
/// stores the permit, so that it is released with the socket even if no request comes.
#[async_trait]
impl PreTlsProcess for ConnectionLimiter {
    async fn process(&self, stream: &mut Stream) -> pingora::Result<()> {
        let permit = self.try_acquire(stream.id(), stream.get_socket_digest().as_deref());
        let permit = permit.ok_or_else(|| Error::new_down(ErrorType::ConnectRefused))?;
        let unused = Box::new(ResponseHeader::build_no_case(200, None)?);
        stream.set_proxy_digest(ProxyDigest::new(unused, Some(Box::new(permit))));
        Ok(())
    }
}
