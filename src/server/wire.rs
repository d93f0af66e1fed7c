//! Connects the parts: services of pingora, the reloader, the admin listener, signals.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use pingora::services::background::background_service;
use tokio::sync::watch;

use super::Addresses;
use super::build::{Parts, Role};
use super::control_plane::ControlPlane;
use super::gate::Gate;
use super::http_connections::{HttpConnections, HttpTimeouts};
use super::http_service::{Content, HttpService};
use super::listeners::Listeners;
use super::log_outputs::access_log_is_json;
use super::main_loop_event::MainLoopEvent;
use super::reloadable_state::ReloadableState;
use super::run::Process;
use super::signals::{HandoverHooks, SignalHandler, SignalQueue};
use crate::clock::Clock;
use crate::config::Settings;
use crate::control::{Admin, DemoSignInLinks, LiveSettings, Look, Readiness, SharedKeys, Throttles, local_url};
use crate::proxy::{
    AccessLog, BoundListener, Connections, ForwardAuthService, Gateway, ListenerOptions, Warnings, service,
};
use crate::runtime::BackgroundWork;
use crate::source::{Loaded, Loader, Publish, Reloader};
use crate::telemetry::Log;

/// Attempts of one request: on a kept connection, and at the addresses of the upstream until one can be connected to.
const UPSTREAM_ATTEMPTS: usize = 8;

impl Process {
    /// # Errors
    /// When a thread cannot be spawned or signal handlers cannot be installed.
    pub(super) fn wire(
        parts: Parts,
        loader: Loader,
        loaded: Loaded,
        log: &Log,
        demo_links: Option<&DemoSignInLinks>,
    ) -> anyhow::Result<Self> {
        let Parts {
            notifier,
            metrics,
            descriptors,
            listeners,
            admin_certificates,
            console_certificates,
            access_log,
            tracer,
            database,
            role,
        } = parts;
        let Listeners {
            proxy,
            forward_auth,
            console: console_socket,
            reveal: reveal_socket,
            admin: admin_socket,
            handover,
        } = listeners;
        let settings = loaded.settings.clone();
        let addresses = |sockets: &[BoundListener]| sockets.iter().map(|socket| socket.address).collect();
        let addresses = Addresses {
            proxy: addresses(&proxy),
            forward_auth: addresses(&forward_auth),
            console: console_socket.as_ref().map(|socket| socket.address),
            reveal: reveal_socket.as_ref().map(|socket| socket.address),
            admin: admin_socket.address,
        };
        let live = Arc::new(ArcSwap::from_pointee(LiveSettings::new(&loaded, Look::load(&settings)?)));
        let readiness = Arc::new(Readiness::default());
        let connections = Arc::new(Connections::new(descriptors, metrics.clone()));
        let mut server = Server::new_with_opt_and_conf(None, server_conf(&settings));
        let (handed_over, is_handed_over) = watch::channel(false);
        let end_tunnels = watch::Sender::new(false);
        let events = std::sync::mpsc::channel();
        let work = Arc::<BackgroundWork>::default();

        let mut listener_count = 1;
        if let Role::Gate(gate) = &role {
            let lines = || AccessLog::new(access_log.sink(), access_log_is_json(&settings), metrics.clone());
            let access_log = settings.log.access.then(lines);
            let lifecycle = gate.lifecycle(
                &settings,
                &readiness,
                access_log,
                tracer.clone(),
                end_tunnels.subscribe(),
                connections.clone(),
            );
            let conf = server.configuration.clone();
            let options = |certificates| {
                let sender = events.0.clone();
                ListenerOptions {
                    handed_over: is_handed_over.clone(),
                    // No one receives once the main thread has left its loop.
                    on_event: Box::new(move |event| drop(sender.send(MainLoopEvent::Listener(event)))),
                    conf: &conf,
                    threads: settings.threads.get(),
                    timeouts: &settings.timeouts,
                    certificates,
                    connections: connections.clone(),
                }
            };
            listener_count = usize::from(!proxy.is_empty()) + usize::from(!forward_auth.is_empty());
            if !proxy.is_empty() {
                let gateway = Gateway { lifecycle: lifecycle.clone(), warnings: Warnings::default() };
                server.add_service(service(gateway, proxy, options(gate.certificates()))?);
                server.add_service(background_service("upstream-watch", gate.upstream_watch()));
            }
            if !forward_auth.is_empty() {
                server.add_service(service(ForwardAuthService { lifecycle }, forward_auth, options(None))?);
            }
        }
        let (gate, probe) = match role {
            Role::Gate(gate) => (Some(gate), None),
            Role::ManagementOnly(probe) => (None, Some(probe)),
        };

        let credentials = loaded.set.len();
        let keys = SharedKeys::default();
        let reloadable = ReloadableState {
            keys: (settings.console.is_some() && settings.database.is_some()).then(|| keys.clone()),
            gate: gate.as_ref().map(Gate::live).transpose()?,
            admin_certificates: admin_certificates.clone(),
            console_certificates: console_certificates.clone(),
            management: live.clone(),
            metrics: metrics.clone(),
            log: log.clone(),
        };
        let publish: Publish = Box::new(move |loaded| reloadable.publish(loaded));
        let reload = Reloader::start(loader, loaded, publish, metrics.clone(), Clock::System)?;

        let queue = SignalQueue::open().context("cannot receive signals")?;
        let listen = addresses.console.unwrap_or(settings.console_listen);
        let listener_url = local_url(console_certificates.is_some(), listen);
        // Apart, so that neither takes the places of the other.
        let admin_connections = HttpConnections::new("admin", None, HttpTimeouts::default());
        let console_connections = HttpConnections::new("console", Some(connections.clone()), HttpTimeouts::default());
        let reveal_connections = HttpConnections::new("reveal", Some(connections.clone()), HttpTimeouts::default());
        let http_connections = [admin_connections.clone(), console_connections.clone(), reveal_connections.clone()];
        let sign_in_throttle = match (&gate, &probe) {
            (Some(gate), _) => gate.sign_in_throttle(),
            (None, Some(probe)) => probe.sign_in_throttle(),
            (None, None) => Arc::default(),
        };
        let gate_throttle = gate.as_ref().map(|gate| gate.state().throttle);
        let admin = Admin {
            metrics: metrics.clone(),
            readiness: readiness.clone(),
            reload: reload.clone(),
            gate: gate.as_ref().map(Gate::state),
            management: probe.clone(),
            sign_in_throttle: settings.console.is_some().then(|| sign_in_throttle.clone()),
            outbox: Arc::default(),
            clock: Clock::System,
        };
        let control_plane = |database| ControlPlane {
            database,
            live: live.clone(),
            throttles: Throttles {
                sign_in: sign_in_throttle.clone(),
                gate: gate_throttle.clone(),
                keys: Arc::default(),
            },
            listener_url: listener_url.clone(),
            standalone_probe: probe.clone(),
            process: admin.clone(),
            demo_links: demo_links.cloned(),
            settings: settings.clone(),
            keys: keys.clone(),
            work: work.clone(),
        };
        server.add_service(background_service(
            "admin",
            HttpService {
                socket: Mutex::new(Some(admin_socket)),
                content: Content::Admin(admin.clone()),
                reveal: None,
                certificates: admin_certificates,
                connections: admin_connections,
                standalone_events: None,
            },
        ));
        if let Some((socket, database)) = console_socket.zip(settings.database.clone()) {
            let console = HttpService {
                socket: Mutex::new(Some(socket)),
                content: Content::Console(Box::new(control_plane(database))),
                reveal: reveal_socket.map(|socket| (Mutex::new(Some(socket)), reveal_connections)),
                certificates: console_certificates,
                connections: console_connections,
                standalone_events: probe.is_some().then(|| events.0.clone()),
            };
            server.add_service(background_service("console", console));
        }
        let spawner = handover.spawner();
        let kept_sockets = handover.kept_sockets();
        let signals = SignalHandler {
            queue,
            access_log: access_log.sink(),
            readiness,
            reload,
            metrics,
            connections,
            http_connections,
            work,
            lame_duck: settings.timeouts.lame_duck.duration(),
            drain_timeout: settings.timeouts.shutdown.duration(),
            handover: HandoverHooks {
                start_successor: Box::new(move || spawner.start()),
                close_kept_sockets: Box::new(move || kept_sockets.close()),
            },
            notifier: notifier.clone(),
            handed_over,
            end_tunnels,
            events: events.0.clone(),
        };
        log_start(&addresses, &settings, credentials);
        Ok(Self {
            addresses,
            server,
            signals,
            events,
            listener_count,
            handover,
            notifier,
            access_log,
            tracer,
            database,
        })
    }
}

fn log_start(addresses: &Addresses, settings: &Settings, credentials: usize) {
    tracing::info!(
        proxy = joined(&addresses.proxy).map(tracing::field::display),
        forward_auth = joined(&addresses.forward_auth).map(tracing::field::display),
        console = addresses.console.map(tracing::field::display),
        reveal = addresses.reveal.map(tracing::field::display),
        admin = %addresses.admin,
        upstream = settings.upstream.as_ref().map(|upstream| tracing::field::display(&upstream.url)),
        credentials,
        database = settings.database.as_ref().map(|database| tracing::field::display(&database.url)),
        version = env!("CARGO_PKG_VERSION"),
        "claviger listens"
    );
}

fn joined(addresses: &[SocketAddr]) -> Option<String> {
    let all: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn server_conf(settings: &Settings) -> ServerConf {
    ServerConf {
        threads: settings.threads.get(),
        // A connection stays on the thread that accepted it; nothing here blocks a thread for long.
        work_stealing: false,
        // pingora's own timers stay in their list until they are due, and cost more than tokio's.
        fast_timeout_to_tokio_threshold_seconds: Some(0),
        max_retries: UPSTREAM_ATTEMPTS,
        // Upstreams bring their own roots; pingora would read the system's here too, and panic on a bad one.
        ca_file: Some("/dev/null".into()),
        grace_period_seconds: Some(settings.timeouts.shutdown.duration().as_secs()),
        graceful_shutdown_timeout_seconds: Some(1),
        ..ServerConf::default()
    }
}
