//! The gate as a service of pingora, on sockets of our own; and what becomes of it when one of them dies.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::IntoRawFd;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::ServerApp;
use pingora::server::{ListenFds, ShutdownWatch};
use pingora::services::Service;
use pingora::services::listening::Service as ListeningService;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::proxy::BoundListener;

/// How often sockets are looked at. pingora tries a dead one again and again without end.
const LOOK: Duration = Duration::from_millis(500);

/// What has happened to listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerEvent {
    /// Whoever connects is let in from now on.
    Serve,
    /// Nobody is let in at this address any more, and nobody has asked for that.
    Died(SocketAddr),
}

/// Puts bound sockets where pingora looks for inherited ones before it binds by itself.
pub(in crate::proxy) struct Prebound<A> {
    pub(in crate::proxy) listeners: Vec<(BoundListener, ListeningService<A>)>,
    pub(in crate::proxy) threads: usize,
    /// True once another process lets callers in.
    pub(in crate::proxy) handed_over: watch::Receiver<bool>,
    pub(in crate::proxy) tell: Box<dyn Fn(ListenerEvent) + Send + Sync>,
}

#[async_trait]
impl<A: ServerApp + Send + Sync + 'static> Service for Prebound<A> {
    async fn start_service(&mut self, fds: Option<ListenFds>, mut shutdown: ShutdownWatch, listeners_per_fd: usize) {
        let (close, closing) = watch::channel(false);
        let (mut loops, mut looks) = (JoinSet::new(), JoinSet::new());
        for (bound, mut inner) in self.listeners.drain(..) {
            let address = bound.address;
            if let Ok(socket) = bound.duplicate() {
                looks.spawn(async move {
                    until_deaf(&socket).await;
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
        (self.tell)(ListenerEvent::Serve);
        let dead = tokio::select! {
            _ = shutdown.wait_for(|is_stopping| *is_stopping) => None,
            Ok(_) = self.handed_over.wait_for(|is_done| *is_done) => None,
            Some(ended) = loops.join_next() => Some(ended),
            Some(deaf) = looks.join_next() => Some(deaf),
        };
        match dead {
            None => {}
            Some(Ok(address)) => (self.tell)(ListenerEvent::Died(address)),
            // It panicked. Which one that was is in the log.
            Some(Err(_)) => (self.tell)(ListenerEvent::Died(SocketAddr::from(([0, 0, 0, 0], 0)))),
        }
        drop(looks);
        // The others may have ended too.
        let _nobody = close.send(true);
        while loops.join_next().await.is_some() {}
    }

    fn name(&self) -> &str {
        "proxy"
    }

    fn threads(&self) -> Option<usize> {
        Some(self.threads)
    }
}

/// Returns when nobody can connect to the socket any more. Says so, once, while nobody can be let in because
/// too many files are open; pingora waits for a second each time then.
async fn until_deaf(socket: &TcpListener) {
    let mut is_out = false;
    while is_listening(socket) {
        tokio::time::sleep(LOOK).await;
        let was_out = std::mem::replace(&mut is_out, socket.try_clone().is_err());
        match (was_out, is_out) {
            (false, true) => {
                tracing::error!("no file descriptor is left: nobody is let in; raise the limit (ulimit -n)");
            }
            (true, false) => tracing::info!("file descriptors are left again"),
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
