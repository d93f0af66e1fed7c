//! The admin listener as a service of pingora.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;

use super::admin_connections::AdminConnections;
use super::management_api::ManagementApi;
use super::tls::acceptor;
use super::wait::Event;
use crate::control::{Admin, api, router};
use crate::proxy::{BoundListener, Certificates, ListenerEvent};

/// Runs beside the gate: its failure stops no request.
pub(super) struct AdminService {
    /// Taken at the start.
    pub(super) socket: Mutex<Option<BoundListener>>,
    pub(super) admin: Admin,
    pub(super) management: Option<ManagementApi>,
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) connections: AdminConnections,
    /// Set where this listener is the only one, so that its end ends the process.
    pub(super) standalone_events: Option<Sender<Event>>,
}

#[async_trait]
impl BackgroundService for AdminService {
    /// Ends with [`AdminConnections::close`] and not with pingora's watch: operators look at metrics while requests in
    /// flight finish. After a handover, their requests are meant for the successor.
    async fn start(&self, _: ShutdownWatch) {
        let Some(bound) = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let address = bound.address;
        if let Err(error) = self.serve(bound).await {
            tracing::error!("the admin listener cannot be used: {error:#}");
            self.report(ListenerEvent::Died(address));
        }
    }
}

impl AdminService {
    async fn serve(&self, bound: BoundListener) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::from_std(bound.into_inner()).context("its socket")?;
        let tls = self.certificates.clone().map(acceptor).transpose()?;
        let router = self.router().await?;
        self.report(ListenerEvent::Serve);
        self.connections.serve(listener, router, tls).await;
        Ok(())
    }

    async fn router(&self) -> anyhow::Result<Router> {
        let router = router(self.admin.clone());
        let Some(management) = &self.management else { return Ok(router) };
        match management.open().await {
            Ok(state) => Ok(router.merge(api::router(state))),
            Err(error) if self.standalone_events.is_some() => Err(error),
            Err(error) => {
                tracing::error!("the management API is not served: {error:#}");
                Ok(router)
            }
        }
    }

    fn report(&self, event: ListenerEvent) {
        if let Some(events) = &self.standalone_events {
            // No one receives once the main thread has left its loop.
            let _ended = events.send(Event::Listener(event));
        }
    }
}
