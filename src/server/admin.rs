//! The admin listener as a service of pingora.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use tokio::sync::watch;

use crate::control::{Admin, router};
use crate::proxy::Bound;

/// The admin listener, beside the gate and never in its way.
pub(super) struct AdminService {
    socket: Mutex<Option<Bound>>,
    admin: Admin,
    handed_over: watch::Receiver<bool>,
}

impl AdminService {
    /// On a socket that is bound, until another process serves there.
    pub(super) fn new(socket: Bound, admin: Admin, handed_over: watch::Receiver<bool>) -> Self {
        Self { socket: Mutex::new(Some(socket)), admin, handed_over }
    }
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
        let mut handed_over = self.handed_over.clone();
        let is_over = async move { drop(handed_over.wait_for(|is_done| *is_done).await) };
        let served = axum::serve(listener, router(self.admin.clone())).with_graceful_shutdown(is_over).await;
        if let Err(error) = served {
            tracing::error!(%error, "the admin listener has ended; requests are served without it");
        }
    }
}
