//! The admin listener and the console listener as services of pingora.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;

use super::event::Event;
use super::http_connections::HttpConnections;
use super::management_api::ManagementApi;
use super::tls::acceptor;
use crate::control::{Admin, console_listener, router};
use crate::proxy::{BoundListener, Certificates, ListenerEvent};

/// Runs beside the gate: its failure stops no request.
pub(super) struct HttpService {
    /// Taken at the start.
    pub(super) socket: Mutex<Option<BoundListener>>,
    pub(super) content: Content,
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) connections: HttpConnections,
    /// Set where the process serves nothing else, so that the end of this listener ends it.
    pub(super) standalone_events: Option<Sender<Event>>,
}

/// What a listener serves.
pub(super) enum Content {
    /// For machines: metrics, health and reload.
    Admin(Admin),
    /// For people and scripts.
    Console(Box<ManagementApi>),
}

#[async_trait]
impl BackgroundService for HttpService {
    /// Ends with [`HttpConnections::close`] and not with pingora's watch: operators look at metrics while requests in
    /// flight finish. After a handover, their requests are meant for the successor.
    async fn start(&self, _: ShutdownWatch) {
        let Some(bound) = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let address = bound.address;
        if let Err(error) = self.serve(bound).await {
            tracing::error!("the {} listener cannot be used: {error:#}", self.content.name());
            self.report(ListenerEvent::Died(address));
        }
    }
}

impl HttpService {
    async fn serve(&self, bound: BoundListener) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::from_std(bound.into_inner()).context("its socket")?;
        let tls = self.certificates.clone().map(acceptor).transpose()?;
        let router = self.content.router().await?;
        self.report(ListenerEvent::Serve);
        self.connections.serve(listener, router, tls).await;
        Ok(())
    }

    fn report(&self, event: ListenerEvent) {
        if let Some(events) = &self.standalone_events {
            // No one receives once the main thread has left its loop.
            let _ended = events.send(Event::Listener(event));
        }
    }
}

impl Content {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Admin(_) => "admin",
            Self::Console(_) => "console",
        }
    }

    async fn router(&self) -> anyhow::Result<Router> {
        match self {
            Self::Admin(admin) => Ok(router(admin.clone())),
            Self::Console(management) => Ok(console_listener(management.open().await?)),
        }
    }
}
