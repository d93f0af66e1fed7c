//! The only place that joins both planes: listeners, signals, readiness.

mod admin;
mod admin_connections;
mod demo_api;
mod gate;
mod handover;
mod listeners;
mod live_state;
mod log_outputs;
mod management_api;
mod service_manager;
mod setup_link;
mod shutdown;
mod socket_activation;
mod tls;

use std::net::SocketAddr;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server};
use pingora::services::background::background_service;
use tokio::sync::watch;

use self::admin::AdminService;
use self::admin_connections::{AdminConnections, Patience};
use self::gate::Gate;
use self::listeners::Listeners;
use self::live_state::InUse;
use self::log_outputs::{stderr_style, stdout_is_json};
use self::management_api::ManagementApi;
use self::service_manager::Notifier;
use self::tls::{admin_certificates, read_admin_tls};
use crate::auth::{REJECTION_CODES, Scheme, Throttle};
use crate::clock::Clock;
use crate::config::{Diagnostics, Settings};
use crate::control::{Admin, LiveSettings, Readiness};
use crate::proxy::{
    AccessLog, BoundListener, Connections, ForwardAuth, Gateway, ListenerEvent, ListenerOptions, LoadedCertificates,
    Upstream, service,
};
use crate::source::{Apply, Loaded, Loader, Reloader};
use crate::telemetry::{Log, Metrics};

pub use demo_api::DemoApi;
pub use listeners::Start;

/// Attempts to reach the API behind, one request; each takes the next address.
const ATTEMPTS: usize = 2;
const SCHEMES: [Scheme; 4] = [Scheme::None, Scheme::Bearer, Scheme::ApiKey, Scheme::Basic];

/// Where a running process listens.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// For callers; nowhere for a desk alone.
    pub proxy: Vec<SocketAddr>,
    /// For proxies that ask.
    pub forward_auth: Vec<SocketAddr>,
    /// For operators.
    pub admin: SocketAddr,
}

/// What only the command line says.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Where the listeners come from.
    pub start: Start,
    /// Bring the schema of a PostgreSQL database up to date.
    pub migrate: bool,
}

/// What decides when and how the process ends.
enum Event {
    Listener(ListenerEvent),
    Drained,
}

/// Must come before anything that may use TLS: with two providers in the tree, rustls would refuse to choose.
pub fn install_crypto() {
    // A second call finds the same provider in place.
    let _already = rustls::crypto::ring::default_provider().install_default();
}

/// Must come before anything large is read: while a million credentials are read into huge pages, which mimalloc asks
/// for, callers wait several times as long as usual, and into small ones hardly any longer.
pub fn prefer_small_pages() {
    // Where the system refuses, it does as it did.
    #[cfg(target_os = "linux")]
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
}

/// Serves until a signal ends it. `ready` is told where, once everything is bound.
///
/// # Errors
/// When something cannot be bound, read or started.
pub fn serve(
    loader: Loader,
    loaded: Loaded,
    options: ServeOptions,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    let settings = &loaded.settings;
    let log = Log::start(&settings.log.level, stderr_style(settings)).map_err(anyhow::Error::msg)?;
    let outcome = run(loader, loaded, &log, options, ready);
    log.flush();
    outcome
}

/// [`serve`], once there is a log.
fn run(
    loader: Loader,
    loaded: Loaded,
    log: &Log,
    options: ServeOptions,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    let settings = &loaded.settings.clone();
    let notifier = Notifier::open()?;
    let metrics = Arc::new(Metrics::new(&SCHEMES.map(Scheme::as_str), &REJECTION_CODES)?);
    let Listeners { proxy: sockets, forward_auth: asked, admin: admin_socket, mut handover } =
        Listeners::get(settings, options.start)?;
    let at = |sockets: &[BoundListener]| sockets.iter().map(|socket| socket.address).collect();
    let addresses = Addresses { proxy: at(&sockets), forward_auth: at(&asked), admin: admin_socket.address };

    let admin_certificates = admin_certificates(settings, &metrics)?;
    let in_force = Arc::new(ArcSwap::from_pointee(LiveSettings::new(&loaded)));
    let readiness = Arc::new(Readiness::default());
    let lines = log_outputs::stdout_lines(metrics.clone()).context("cannot start the access log")?;
    let tracer = log_outputs::tracer(settings, &metrics)?;
    let mut server = Server::new_with_opt_and_conf(None, server_conf(settings));
    let connections = Arc::new(Connections::new(metrics.clone()));
    let (handed_over, is_handed_over) = watch::channel(false);
    let (ended, end) = std::sync::mpsc::channel();

    let (mut database, mut gate, mut alone) = (None, None, None);
    match &settings.database {
        _ if settings.decides() => {
            database = gate::open_database(settings, &metrics, options.migrate)?;
            let is_blind = database.as_ref().is_some_and(|database| !database.directory().is_synced());
            if is_blind && handover.is_taken_over() {
                anyhow::bail!(
                    "the database does not answer, and the process that serves now remembers what is in it: it goes on"
                );
            }
            gate = Some(Gate::new(&loaded, database.as_ref(), metrics.clone())?);
        }
        Some(database) => alone = Some(Arc::new(management_api::begin_alone(database, options.migrate)?)),
        None => anyhow::bail!("there is neither an API to stand before nor a database for a desk"),
    }
    let mut to_serve = 1;
    if let Some(gate) = &gate {
        let access_log = || AccessLog::new(lines.sink(), stdout_is_json(settings), metrics.clone());
        let access_log = settings.log.access.then(access_log);
        let reception = gate.reception(settings, &readiness, access_log, tracer.clone());
        let conf = server.configuration.clone();
        let options = |certificates| {
            let teller = ended.clone();
            ListenerOptions {
                handed_over: is_handed_over.clone(),
                // Whoever listened has gone when the process ends.
                on_event: Box::new(move |event| drop(teller.send(Event::Listener(event)))),
                conf: &conf,
                threads: settings.threads.get(),
                timeouts: &settings.timeouts,
                certificates,
                connections: connections.clone(),
            }
        };
        to_serve = usize::from(!sockets.is_empty()) + usize::from(!asked.is_empty());
        if !sockets.is_empty() {
            let gateway = Gateway { lifecycle: reception.clone(), last_warning: AtomicI64::default() };
            server.add_service(service(gateway, sockets, options(gate.certificates()))?);
            server.add_service(background_service("resolver", gate.resolver()));
        }
        if !asked.is_empty() {
            server.add_service(service(ForwardAuth { lifecycle: reception }, asked, options(None))?);
        }
    }

    let count = loaded.set.len();
    let apply = InUse {
        gate: gate.as_ref().map(Gate::in_use).transpose()?,
        admin_certificates: admin_certificates.clone(),
        management: in_force.clone(),
        metrics: metrics.clone(),
        log: log.clone(),
    };
    let apply: Apply = Box::new(move |loaded| apply.replace(loaded));
    let reload = Reloader::start(loader, loaded, apply, metrics.clone(), Clock::System)?;
    let sign_in_throttle = Arc::new(Throttle::default());
    let admin = Admin {
        metrics: metrics.clone(),
        readiness: readiness.clone(),
        reload: reload.clone(),
        gate: gate.as_ref().map(Gate::state),
        management: alone.clone(),
        sign_in_throttle: settings.console.is_some().then(|| sign_in_throttle.clone()),
        clock: Clock::System,
    };

    let inbox = shutdown::Inbox::open().context("signals cannot be received")?;
    let wishes = inbox.wishes();
    let visits = AdminConnections::new(Patience::default());
    let is_alone = alone.is_some();
    let plan = |_: &_| {
        let throttle = sign_in_throttle.clone();
        settings.database.clone().map(|database| ManagementApi { database, in_force, throttle, alone })
    };
    let admin = AdminService {
        socket: Mutex::new(Some(admin_socket)),
        admin,
        management: settings.console.as_ref().and_then(plan),
        certificates: admin_certificates,
        visits: visits.clone(),
        alone: is_alone.then(|| ended.clone()),
    };
    server.add_service(background_service("admin", admin));
    tracing::info!(
        proxy = joined(&addresses.proxy).map(tracing::field::display),
        forward_auth = joined(&addresses.forward_auth).map(tracing::field::display), admin = %addresses.admin,
        upstream = settings.upstream.as_ref().map(|upstream| tracing::field::display(&upstream.url)),
        credentials = count, database = settings.database.as_ref().map(|database| tracing::field::display(&database.url)),
        version = env!("CARGO_PKG_VERSION"), "claviger listens"
    );
    ready(&addresses);
    let lines = lines.sink();
    let signals = shutdown::Signals {
        inbox,
        readiness,
        reload,
        metrics,
        connections,
        visits,
        lame_duck: settings.timeouts.lame_duck.duration(),
        most: settings.timeouts.shutdown.duration(),
        handed_over,
        kept: handover.kept(),
        notifier: notifier.clone(),
        ended: ended.clone(),
    };
    std::thread::Builder::new().name("pingora".into()).spawn(move || {
        server.run(RunArgs { shutdown_signal: Box::new(signals) });
        // Whoever waits may have been told before that everything is drained.
        let _drained = ended.send(Event::Drained);
    })?;
    let outcome = loop {
        match end.recv().context("the gate has ended by itself")? {
            Event::Drained => break Ok(()),
            Event::Listener(ListenerEvent::Died(address)) => {
                break Err(anyhow::anyhow!("the listener on {address} has died; nobody would be let in any more"));
            }
            // Nobody takes over from a process that serves in part.
            Event::Listener(ListenerEvent::Serve) if to_serve > 1 => to_serve -= 1,
            Event::Listener(ListenerEvent::Serve) => {
                handover.is_awaited()?;
                // Before the process before may go: the service manager must know by then whom to look after.
                notifier.ready();
                handover.serving(&wishes).context("cannot wait for the next process")?;
            }
        }
    };
    lines.flush();
    if let Some(tracer) = tracer {
        tracer.flush();
    }
    drop(database);
    outcome
}

fn joined(addresses: &[SocketAddr]) -> Option<String> {
    let all: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// Reads what is read only at a start and a reload: certificates and keys.
///
/// # Errors
/// All that cannot be used.
pub fn check(loaded: &Loaded) -> Result<(), Diagnostics> {
    let own = loaded.settings.tls.as_ref().map(LoadedCertificates::new).transpose().err();
    let admin = loaded.settings.admin_tls.as_ref().map(read_admin_tls).transpose().err();
    let (upstream, timeouts) = (loaded.settings.upstream.as_ref(), &loaded.settings.timeouts);
    let upstream = upstream.and_then(|upstream| Upstream::new(upstream, timeouts, None).err());
    let faults: Vec<_> = own.into_iter().chain(admin).chain(upstream).flat_map(|faults| faults.0).collect();
    Diagnostics(faults).into_result(|| ())
}

fn server_conf(settings: &Settings) -> ServerConf {
    ServerConf {
        threads: settings.threads.get(),
        // A connection stays on the thread that it came to; nothing here blocks one for long.
        work_stealing: false,
        // pingora's own timers stay in their list until they are due, and cost more than tokio's.
        fast_timeout_to_tokio_threshold_seconds: Some(0),
        max_retries: ATTEMPTS,
        // Peers bring their own roots; the system's would be read here too, and one bad one would panic.
        ca_file: Some("/dev/null".into()),
        grace_period_seconds: Some(settings.timeouts.shutdown.duration().as_secs()),
        graceful_shutdown_timeout_seconds: Some(1),
        ..ServerConf::default()
    }
}
