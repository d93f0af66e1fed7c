//! The admin listener as a service of pingora.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;

use super::Event;
use super::admin_connections::AdminConnections;
use super::management_api::ManagementApi;
use super::tls::acceptor;
use crate::control::{Admin, api, router};
use crate::proxy::{BoundListener, Certificates, ListenerEvent};

/// The admin listener, beside the gate and never in its way.
pub(super) struct AdminService {
    pub(super) socket: Mutex<Option<BoundListener>>,
    pub(super) admin: Admin,
    /// Where people and scripts handle credentials.
    pub(super) management: Option<ManagementApi>,
    /// Where it speaks TLS.
    pub(super) certificates: Option<Arc<Certificates>>,
    /// Whoever is there.
    pub(super) visits: AdminConnections,
    /// Told what happens where nothing else listens.
    pub(super) alone: Option<Sender<Event>>,
}

#[async_trait]
impl BackgroundService for AdminService {
    /// Ends when it is told, not with the gate: while requests in flight finish, somebody may want to know how it goes.
    /// After a hand-over, whoever asks means the other process.
    async fn start(&self, _: ShutdownWatch) {
        let Some(bound) = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let address = bound.address;
        if let Err(error) = self.serve(bound).await {
            tracing::error!("the admin listener cannot be used: {error:#}");
            self.tell(ListenerEvent::Died(address));
        }
    }
}

impl AdminService {
    async fn serve(&self, bound: BoundListener) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::from_std(bound.into_inner()).context("its socket")?;
        let tls = self.certificates.clone().map(acceptor).transpose()?;
        let router = self.router().await?;
        self.tell(ListenerEvent::Serve);
        self.visits.receive(listener, router, tls).await;
        Ok(())
    }

    async fn router(&self) -> anyhow::Result<Router> {
        let router = router(self.admin.clone());
        let Some(plan) = &self.management else { return Ok(router) };
        match plan.open().await {
            Ok(management) => Ok(router.merge(api::router(management))),
            Err(error) if self.alone.is_some() => Err(error),
            Err(error) => {
                tracing::error!("the desk is not there: {error:#}");
                Ok(router)
            }
        }
    }

    fn tell(&self, event: ListenerEvent) {
        if let Some(alone) = &self.alone {
            // Whoever listened has gone when the process ends.
            let _gone = alone.send(Event::Listener(event));
        }
    }
}
