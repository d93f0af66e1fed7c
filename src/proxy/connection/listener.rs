//! A pingora service on sockets that were bound before pingora runs: binding fails at the start, with a message; the
//! system may pick ports; no connection is lost during the start; and a dead socket is reported.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use pingora::apps::ServerApp;
use pingora::listeners::tls::TlsSettings;
use pingora::listeners::{L4BufferSettings, ListenerConfig};
use pingora::proxy::{ProxyHttp, http_proxy};
use pingora::server::configuration::ServerConf;
use pingora::server::{ListenFds, ShutdownWatch};
use pingora::services::Service;
use pingora::services::listening::Service as ListeningService;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::certificates::ClientCheck;
use super::connection_limiter::ConnectionLimiter;
use super::head_timeout::HeadDeadlines;
use super::protocol::ProtocolDetector;
use crate::config::raw::Timeouts;
use crate::proxy::{Certificates, Connections, Policy, RequestLifecycle};

/// pingora's default of 64 KiB would be most of the memory of an idle connection.
const READ_BUFFER_BYTES: usize = 12 * 1024;
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

pub struct BoundListener {
    /// With the port that the system assigned.
    pub address: SocketAddr,
    socket: TcpListener,
}

pub struct ListenerOptions<'o> {
    /// True once another process accepts connections.
    pub handed_over: watch::Receiver<bool>,
    pub on_event: Box<dyn Fn(ListenerEvent) + Send + Sync>,
    pub conf: &'o Arc<ServerConf>,
    /// Worker threads.
    pub threads: usize,
    pub timeouts: &'o Timeouts,
    /// Set where the listener speaks TLS.
    pub certificates: Option<Arc<Certificates>>,
    pub connections: Arc<Connections>,
}

impl BoundListener {
    /// # Errors
    /// When the address is in use or not local.
    pub fn new(address: SocketAddr) -> std::io::Result<Self> {
        Self::adopt(TcpListener::bind(address)?)
    }

    /// Takes a socket that another process bound.
    ///
    /// # Errors
    /// When it is not a listening TCP socket.
    pub fn adopt(socket: TcpListener) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }

    /// # Errors
    /// When no file descriptor is left.
    pub fn duplicate(&self) -> std::io::Result<TcpListener> {
        self.socket.try_clone()
    }

    /// The socket, non-blocking.
    pub fn into_inner(self) -> TcpListener {
        self.socket
    }
}

/// The application of a listener.
pub trait ListenerApp: ProxyHttp<CTX: Send + Sync> + Send + Sync + 'static {
    fn lifecycle(&self) -> &RequestLifecycle;

    /// Peers without a connection limit of their own: they connect on behalf of many clients.
    fn exempt(policy: &Policy) -> &[IpNet];
}

/// # Errors
/// When TLS cannot be set up.
pub fn service<P: ListenerApp>(
    app: P,
    sockets: Vec<BoundListener>,
    options: ListenerOptions,
) -> pingora::Result<impl Service + 'static + use<P>> {
    let limiter = ConnectionLimiter {
        policy: app.lifecycle().decider.policy.clone(),
        exempt: P::exempt,
        connections: options.connections.clone(),
    };
    let lifecycle = Arc::new(app.lifecycle().clone());
    let proxy = Arc::new(http_proxy(options.conf, app));
    let timeouts = options.timeouts;
    let idle = timeouts.keep_alive.duration();
    let head = timeouts.request_head.duration();
    let deadlines = HeadDeadlines { head, idle };
    let mut listeners = Vec::new();
    // One service each: the end of one listener among several in a service is not reported.
    for bound in sockets {
        let certificates = options.certificates.clone();
        let edge = ProtocolDetector::new(
            proxy.clone(),
            lifecycle.clone(),
            deadlines,
            certificates,
            limiter.clone(),
            options.handed_over.clone(),
        );
        let mut inner = ListeningService::new("proxy".into(), edge);
        let buffers = L4BufferSettings::default().read(READ_BUFFER_BYTES).write(WRITE_BUFFER_BYTES);
        let mut listener = ListenerConfig::tcp(bound.address.to_string()).l4_buffer(buffers);
        if let Some(certificates) = &options.certificates {
            listener = listener.tls(tls_settings(certificates)?);
        }
        inner.add_listener(listener);
        if options.certificates.is_some() {
            inner.endpoints().set_pre_tls_callback(Arc::new(limiter.clone()));
        }
        listeners.push((bound, inner));
    }
    Ok(BoundSocketService {
        listeners,
        threads: options.threads,
        connections: options.connections,
        handed_over: options.handed_over,
        on_event: options.on_event,
    })
}

fn tls_settings(certificates: &Arc<Certificates>) -> pingora::Result<TlsSettings> {
    let mut settings = TlsSettings::with_callbacks(Box::new(ClientCheck(certificates.clone())))?;
    settings.set_cert_resolver(certificates.clone());
    settings.set_client_cert_verifier(certificates.clone());
    settings.enable_h2();
    Ok(settings)
}

/// How often sockets are checked: pingora retries a dead one without end.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerEvent {
    /// All of them accept connections.
    Serve,
    /// The socket at this address stopped listening unasked.
    Died(SocketAddr),
}

/// Puts bound sockets where pingora looks for inherited ones before it binds its own.
struct BoundSocketService<A> {
    listeners: Vec<(BoundListener, ListeningService<A>)>,
    threads: usize,
    connections: Arc<Connections>,
    handed_over: watch::Receiver<bool>,
    on_event: Box<dyn Fn(ListenerEvent) + Send + Sync>,
}

#[async_trait]
impl<A: ServerApp + Send + Sync + 'static> Service for BoundSocketService<A> {
    async fn start_service(&mut self, fds: Option<ListenFds>, mut shutdown: ShutdownWatch, listeners_per_fd: usize) {
        let (close, closing) = watch::channel(false);
        let (mut loops, mut checks) = (JoinSet::new(), JoinSet::new());
        for (bound, mut inner) in self.listeners.drain(..) {
            let address = bound.address;
            if let Ok(socket) = bound.duplicate() {
                let connections = self.connections.clone();
                checks.spawn(async move {
                    until_dead(&socket, &connections).await;
                    address
                });
            }
            if let Some(table) = &fds {
                table.lock().add(address.to_string(), bound.into_inner().into_raw_fd());
            }
            let (fds, closing) = (fds.clone(), closing.clone());
            loops.spawn(async move {
                Service::start_service(&mut inner, fds, closing, listeners_per_fd).await;
                address
            });
        }
        (self.on_event)(ListenerEvent::Serve);
        let dead = tokio::select! {
            _ = shutdown.wait_for(|is_stopping| *is_stopping) => None,
            Ok(_) = self.handed_over.wait_for(|is_done| *is_done) => None,
            Some(ended) = loops.join_next() => Some(ended),
            Some(dead) = checks.join_next() => Some(dead),
        };
        match dead {
            None => {}
            Some(Ok(address)) => (self.on_event)(ListenerEvent::Died(address)),
            // A panic. The log names the address.
            Some(Err(_)) => (self.on_event)(ListenerEvent::Died(SocketAddr::from(([0, 0, 0, 0], 0)))),
        }
        drop(checks);
        // Fails where all of them have ended.
        let _sent = close.send(true);
        while loops.join_next().await.is_some() {}
    }

    fn name(&self) -> &str {
        "proxy"
    }

    fn threads(&self) -> Option<usize> {
        Some(self.threads)
    }
}

/// Returns when the socket no longer listens. Logs, once, that callers have used up the file descriptors.
async fn until_dead(socket: &TcpListener, connections: &Connections) {
    let mut is_exhausted = false;
    while is_listening(socket) {
        tokio::time::sleep(POLL_INTERVAL).await;
        let newest = socket.try_clone().ok().map(|duplicate| duplicate.as_raw_fd());
        let was_exhausted = std::mem::replace(&mut is_exhausted, connections.are_out_of_descriptors(newest));
        match (was_exhausted, is_exhausted) {
            (false, true) => {
                tracing::error!(
                    "no file descriptor is left for connections, which are closed at once; raise the limit (ulimit -n, \
                     LimitNOFILE) or lower limits.connections"
                );
            }
            (true, false) => tracing::info!("file descriptors are available again"),
            _ => {}
        }
    }
}

fn is_listening(socket: &TcpListener) -> bool {
    #[cfg(not(target_vendor = "apple"))]
    return rustix::net::sockopt::socket_acceptconn(socket).unwrap_or(false);
    #[cfg(target_vendor = "apple")]
    return socket.local_addr().is_ok();
}
