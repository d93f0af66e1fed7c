//! The admin listener as a service of pingora.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use tokio::sync::watch;

use super::desk::DeskPlan;
use super::tls::TlsListener;
use crate::control::api::Peer;
use crate::control::{Admin, api, router};
use crate::proxy::{Bound, Certificates};

/// The admin listener, beside the gate and never in its way.
pub(super) struct AdminService {
    pub(super) socket: Mutex<Option<Bound>>,
    pub(super) admin: Admin,
    /// Where people and scripts handle credentials.
    pub(super) desk: Option<DeskPlan>,
    /// Where it speaks TLS.
    pub(super) certificates: Option<Arc<Certificates>>,
    /// Until another process serves there.
    pub(super) handed_over: watch::Receiver<bool>,
}

#[async_trait]
impl BackgroundService for AdminService {
    /// Ends with the process: while requests in flight finish, somebody may want to know how it goes. After
    /// a hand-over, whoever asks means the other process.
    async fn start(&self, _: ShutdownWatch) {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(listener) = socket.and_then(|socket| tokio::net::TcpListener::from_std(socket.into_inner()).ok())
        else {
            tracing::error!("the admin listener cannot be used; requests are served without it");
            return;
        };
        let (router, is_over) = (self.router().await, self.handed_over.clone());
        let served = match self.certificates.clone() {
            None => serve(listener, router, is_over).await,
            Some(certificates) => match TlsListener::new(listener, certificates) {
                Ok(listener) => serve(listener, router, is_over).await,
                Err(error) => Err(std::io::Error::other(error)),
            },
        };
        if let Err(error) = served {
            tracing::error!(%error, "the admin listener has ended; requests are served without it");
        }
    }
}

async fn serve<L: Listener<Addr = SocketAddr>>(
    listener: L,
    router: Router,
    mut handed_over: watch::Receiver<bool>,
) -> std::io::Result<()>
where
    Peer: for<'s> Connected<IncomingStream<'s, L>>,
{
    let is_over = async move { drop(handed_over.wait_for(|is_done| *is_done).await) };
    let service = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(listener, service).with_graceful_shutdown(is_over).await
}

impl AdminService {
    async fn router(&self) -> Router {
        let router = router(self.admin.clone());
        let Some(plan) = &self.desk else { return router };
        match plan.open().await {
            Ok(desk) => router.merge(api::router(desk)),
            Err(error) => {
                tracing::error!("the desk is not there: {error:#}");
                router
            }
        }
    }
}
