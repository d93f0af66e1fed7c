//! A gate on sockets that were bound before pingora runs: binding fails at the start and with a
//! message, the system may pick ports, and no connection is lost while things come up.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::Arc;

use async_trait::async_trait;
use pingora::apps::ServerApp;
use pingora::listeners::tls::TlsSettings;
use pingora::listeners::{L4BufferSettings, ListenerConfig};
use pingora::proxy::http_proxy;
use pingora::server::configuration::ServerConf;
use pingora::server::{ListenFds, ShutdownWatch};
use pingora::services::Service;
use pingora::services::listening::Service as ListeningService;

use super::door::Door;
use super::edge::HeadDeadlines;
use super::tls::ClientCheck;
use super::{Certificates, Connections, Edge, Gateway};
use crate::config::written::Timeouts;

/// pingora's own 64 KiB a connection would be most of what an idle one costs.
const READ_BUFFER: usize = 16 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;

/// A listening socket that is bound.
pub struct Bound {
    /// With the port that the system picked.
    pub address: SocketAddr,
    socket: TcpListener,
}

/// What all listeners have in common.
pub struct ListenerOptions<'o> {
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

impl Bound {
    /// Binds an address.
    ///
    /// # Errors
    /// When it is taken or not ours.
    pub fn new(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }

    /// The socket itself, not blocking.
    pub fn into_inner(self) -> TcpListener {
        self.socket
    }
}

/// The gate as a service of pingora.
///
/// # Errors
/// When TLS cannot be set up.
pub fn service(
    gateway: Gateway,
    sockets: Vec<Bound>,
    options: &ListenerOptions,
) -> pingora::Result<impl Service + 'static + use<>> {
    let door = Door { policy: gateway.policy.clone(), connections: options.connections.clone() };
    let proxy = http_proxy(options.conf, gateway);
    let timeouts = options.timeouts;
    let idle = timeouts.keep_alive.duration();
    let head = timeouts.request_head.duration();
    let deadlines = HeadDeadlines { first: head, next: idle + head };
    let edge = Edge::new(proxy, deadlines, idle, options.certificates.clone(), door.clone());
    let mut inner = ListeningService::new("proxy".into(), edge);
    inner.threads = Some(options.threads);
    let mut descriptors = Vec::new();
    for bound in sockets {
        let buffers = L4BufferSettings::default().read(READ_BUFFER).write(WRITE_BUFFER);
        let mut listener = ListenerConfig::tcp(bound.address.to_string()).l4_buffer(buffers);
        if let Some(certificates) = &options.certificates {
            listener = listener.tls(tls_settings(certificates)?);
        }
        inner.add_listener(listener);
        descriptors.push((bound.address.to_string(), bound.socket.into_raw_fd()));
    }
    if options.certificates.is_some() {
        inner.endpoints().set_pre_tls_callback(Arc::new(door));
    }
    Ok(Prebound { inner, descriptors })
}

fn tls_settings(certificates: &Arc<Certificates>) -> pingora::Result<TlsSettings> {
    let mut settings = TlsSettings::with_callbacks(Box::new(ClientCheck(certificates.clone())))?;
    settings.set_cert_resolver(certificates.clone());
    settings.set_client_cert_verifier(certificates.clone());
    settings.enable_h2();
    Ok(settings)
}

/// Puts bound sockets where pingora looks for inherited ones before it binds by itself.
struct Prebound<A> {
    inner: ListeningService<A>,
    descriptors: Vec<(String, RawFd)>,
}

#[async_trait]
impl<A: ServerApp + Send + Sync + 'static> Service for Prebound<A> {
    async fn start_service(&mut self, fds: Option<ListenFds>, shutdown: ShutdownWatch, listeners_per_fd: usize) {
        if let Some(table) = &fds {
            let mut table = table.lock();
            for (address, descriptor) in &self.descriptors {
                table.add(address.clone(), *descriptor);
            }
        }
        Service::start_service(&mut self.inner, fds, shutdown, listeners_per_fd).await;
    }

    fn name(&self) -> &str {
        Service::name(&self.inner)
    }

    fn threads(&self) -> Option<usize> {
        Service::threads(&self.inner)
    }

    fn listen_addresses(&self) -> Option<Vec<String>> {
        Service::listen_addresses(&self.inner)
    }
}
