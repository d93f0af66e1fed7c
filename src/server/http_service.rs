//! The admin listener and the console listener as services of pingora.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;

use super::control_plane::ControlPlane;
use super::http_connections::HttpConnections;
use super::main_loop_event::MainLoopEvent;
use super::tls::acceptor;
use crate::control::{Admin, console_listener, reveal_listener, router};
use crate::proxy::{BoundListener, Certificates, ListenerEvent};

/// Runs beside the gate: its failure stops no request.
pub(super) struct HttpService {
    /// Taken at the start.
    pub(super) socket: Mutex<Option<BoundListener>>,
    pub(super) content: Content,
    /// The socket for the page of links to secrets, taken at the start, where it has one of its own.
    pub(super) reveal: Option<(Mutex<Option<BoundListener>>, HttpConnections)>,
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) connections: HttpConnections,
    /// Set where the process serves nothing else, so that the end of this listener ends it.
    pub(super) standalone_events: Option<Sender<MainLoopEvent>>,
}

/// What a listener serves.
pub(super) enum Content {
    /// For machines: metrics, health and reload.
    Admin(Admin),
    /// For people and scripts.
    Console(Box<ControlPlane>),
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
        // All of it runs on this thread, and on those that its database starts from here.
        if matches!(self.content, Content::Console(_)) && self.standalone_events.is_none() {
            crate::runtime::lower_priority(crate::runtime::LowPriority::Console);
        }
        let listener = tokio::net::TcpListener::from_std(bound.into_inner()).context("its socket")?;
        let tls = self.certificates.clone().map(acceptor).transpose()?;
        let (router, reveal_router) = self.content.routers().await?;
        let mut reveal = None;
        if let Some(((socket, connections), router)) = self.reveal.as_ref().zip(reveal_router)
            && let Some(bound) = socket.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let listener = tokio::net::TcpListener::from_std(bound.into_inner()).context("the socket for reveals")?;
            let tls = self.certificates.clone().map(acceptor).transpose()?;
            reveal = Some(connections.serve(listener, router, tls));
        }
        self.report(ListenerEvent::Serve);
        let reveal = async {
            if let Some(reveal) = reveal {
                reveal.await;
            }
        };
        tokio::join!(self.connections.serve(listener, router, tls), reveal);
        Ok(())
    }

    fn report(&self, event: ListenerEvent) {
        if let Some(events) = &self.standalone_events {
            // No one receives once the main thread has left its loop.
            let _ended = events.send(MainLoopEvent::Listener(event));
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

    /// Of its listener, and of that for the page of links to secrets.
    async fn routers(&self) -> anyhow::Result<(Router, Option<Router>)> {
        match self {
            Self::Admin(admin) => Ok((router(admin.clone()), None)),
            Self::Console(management) => {
                let state = management.open().await?;
                Ok((console_listener(state.clone()), Some(reveal_listener(state))))
            }
        }
    }
}
