//! A gate on sockets that were bound before pingora runs: binding fails at the start and with a
//! message, the system may pick ports, and no connection is lost while things come up.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use arc_swap::ArcSwap;
use ipnet::IpNet;
use pingora::listeners::tls::TlsSettings;
use pingora::listeners::{L4BufferSettings, ListenerConfig};
use pingora::proxy::{ProxyHttp, http_proxy};
use pingora::server::configuration::ServerConf;
use pingora::services::Service;
use pingora::services::listening::Service as ListeningService;
use tokio::sync::watch;

use super::head_timeout::HeadDeadlines;
use super::limits::ConnectionLimiter;
use super::prebound::{ListenerEvent, Prebound};
use super::tls::ClientCheck;
use crate::config::raw::Timeouts;
use crate::proxy::{Certificates, Connections, Edge, Policy};

/// pingora's own 64 KiB a connection would be most of what an idle one costs.
const READ_BUFFER: usize = 12 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

/// A listening socket that is bound.
pub struct BoundListener {
    /// With the port that the system picked.
    pub address: SocketAddr,
    socket: TcpListener,
}

/// What all listeners have in common.
pub struct ListenerOptions<'o> {
    /// True once another process lets callers in.
    pub handed_over: watch::Receiver<bool>,
    /// Told what happens to them.
    pub tell: Box<dyn Fn(ListenerEvent) + Send + Sync>,
    /// Of the process.
    pub conf: &'o Arc<ServerConf>,
    /// Worker threads.
    pub threads: usize,
    /// How long things may take.
    pub timeouts: &'o Timeouts,
    /// With TLS where set.
    pub certificates: Option<Arc<Certificates>>,
    /// Those there are.
    pub connections: Arc<Connections>,
}

impl BoundListener {
    /// Binds an address.
    ///
    /// # Errors
    /// When it is taken or not ours.
    pub fn new(address: SocketAddr) -> std::io::Result<Self> {
        Self::adopt(TcpListener::bind(address)?)
    }

    /// One that was bound by another process.
    ///
    /// # Errors
    /// When it is no socket.
    pub fn adopt(socket: TcpListener) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }

    /// The same socket once more.
    ///
    /// # Errors
    /// When the process has too many files open.
    pub fn duplicate(&self) -> std::io::Result<TcpListener> {
        self.socket.try_clone()
    }

    /// The socket itself, not blocking.
    pub fn into_inner(self) -> TcpListener {
        self.socket
    }
}

/// What answers at a listener.
pub trait ListenerApp: ProxyHttp<CTX: Send + Sync> + Send + Sync + 'static {
    /// Says who may connect.
    fn policy(&self) -> Arc<ArcSwap<Policy>>;

    /// Those that connect for many callers, and so as often as they like.
    fn speak_for_many(policy: &Policy) -> &[IpNet];
}

/// What answers, as a service of pingora.
///
/// # Errors
/// When TLS cannot be set up.
pub fn service<P: ListenerApp>(
    answers: P,
    sockets: Vec<BoundListener>,
    options: ListenerOptions,
) -> pingora::Result<impl Service + 'static + use<P>> {
    let door = ConnectionLimiter {
        policy: answers.policy(),
        speak_for_many: P::speak_for_many,
        connections: options.connections.clone(),
    };
    let proxy = Arc::new(http_proxy(options.conf, answers));
    let timeouts = options.timeouts;
    let idle = timeouts.keep_alive.duration();
    let head = timeouts.request_head.duration();
    let deadlines = HeadDeadlines { head, idle };
    let mut listeners = Vec::new();
    // One service each: of several in one, nobody hears when the first of them ends.
    for bound in sockets {
        let certificates = options.certificates.clone();
        let edge = Edge::new(proxy.clone(), deadlines, idle, certificates, door.clone(), options.handed_over.clone());
        let mut inner = ListeningService::new("proxy".into(), edge);
        let buffers = L4BufferSettings::default().read(READ_BUFFER).write(WRITE_BUFFER);
        let mut listener = ListenerConfig::tcp(bound.address.to_string()).l4_buffer(buffers);
        if let Some(certificates) = &options.certificates {
            listener = listener.tls(tls_settings(certificates)?);
        }
        inner.add_listener(listener);
        if options.certificates.is_some() {
            inner.endpoints().set_pre_tls_callback(Arc::new(door.clone()));
        }
        listeners.push((bound, inner));
    }
    Ok(Prebound { listeners, threads: options.threads, handed_over: options.handed_over, tell: options.tell })
}

fn tls_settings(certificates: &Arc<Certificates>) -> pingora::Result<TlsSettings> {
    let mut settings = TlsSettings::with_callbacks(Box::new(ClientCheck(certificates.clone())))?;
    settings.set_cert_resolver(certificates.clone());
    settings.set_client_cert_verifier(certificates.clone());
    settings.enable_h2();
    Ok(settings)
}
