//! The only place that joins both planes: listeners, signals, readiness.

mod admin;
mod demo_api;
mod desk;
mod handover;
mod shutdown;
mod tls;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server, ShutdownWatch};
use pingora::services::background::{BackgroundService, background_service};
use tokio::sync::watch;

use self::admin::AdminService;
use self::desk::DeskPlan;
use self::handover::Listeners;
use crate::auth::{
    Authenticator, Directory, HashPool, HashPoolSize, Meters, PasswordCache, REJECTION_CODES, Scheme, Throttle,
};
use crate::clock::Clock;
use crate::config::written::LogFormat;
use crate::config::{Faults, Settings, written};
use crate::control::api::InForce;
use crate::control::{Admin, Readiness};
use crate::proxy::{
    AccessLog, Certificates, Connections, Gateway, ListenerEvent, ListenerOptions, Policy, Reading, Upstream, service,
};
use crate::source::{Apply, Database, DatabaseDirectory, DatabaseStart, Joined, Loaded, Loader, Reloader};
use crate::telemetry::{Lines, LogStyle, Metrics};

pub use demo_api::DemoApi;
pub use handover::Start;

/// How often a host name of the API behind is looked up again.
const LOOK_UP: Duration = Duration::from_secs(10);
/// Attempts to reach the API behind, one request; each takes the next address.
const ATTEMPTS: usize = 2;
const SCHEMES: [Scheme; 4] = [Scheme::None, Scheme::Bearer, Scheme::ApiKey, Scheme::Basic];

/// Where a running gate listens.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// For callers.
    pub proxy: Vec<SocketAddr>,
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
    let settings = loaded.settings.clone();
    let log = crate::telemetry::init(&settings.log.level, stderr_style(&settings)).map_err(anyhow::Error::msg)?;
    let outcome = run(loader, loaded, &settings, options, ready);
    log.flush();
    outcome
}

/// [`serve`], once there is a log.
fn run(
    loader: Loader,
    loaded: Loaded,
    settings: &Settings,
    options: ServeOptions,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    let metrics = Arc::new(Metrics::new(&SCHEMES.map(Scheme::as_str), &REJECTION_CODES)?);
    let Listeners { proxy: sockets, admin: admin_socket, mut handover } = Listeners::get(settings, options.start)?;
    let addresses =
        Addresses { proxy: sockets.iter().map(|socket| socket.address).collect(), admin: admin_socket.address };

    let certificates = certificates(settings, &metrics)?;
    let admin_certificates = admin_certificates(settings)?;
    let in_force = Arc::new(ArcSwap::from_pointee(InForce::new(&loaded)));
    let database = database(settings, &metrics, options)?;
    let directory = database.as_ref().map(Database::directory);
    let is_blind = directory.as_ref().is_some_and(|directory| !directory.is_synced());
    if is_blind && handover.is_taken_over() {
        anyhow::bail!(
            "the database does not answer, and the process that serves now remembers what is in it: it goes on"
        );
    }
    let policy = Arc::new(ArcSwap::from_pointee(policy(&loaded, directory.as_ref(), None)?));
    let authenticator = Arc::new(authenticator(settings, &metrics)?);
    let throttle = Arc::new(Throttle::default());
    let readiness = Arc::new(Readiness::default());
    let lines = Lines::start(std::io::stdout()).context("cannot start the access log")?;
    let gateway = Gateway {
        policy: policy.clone(),
        authenticator: authenticator.clone(),
        throttle: throttle.clone(),
        metrics: metrics.clone(),
        access_log: settings
            .log
            .access
            .then(|| AccessLog::new(lines.sink(), stdout_is_json(settings), metrics.clone())),
        clock: Clock::System,
        keep_alive: settings.timeouts.keep_alive.duration(),
        is_stopping: readiness.stopping_flag(),
        complained: AtomicI64::default(),
    };

    let mut server = Server::new_with_opt_and_conf(None, server_conf(settings));
    let connections = Arc::new(Connections::new(metrics.clone()));
    let (handed_over, is_handed_over) = watch::channel(false);
    let (ended, end) = std::sync::mpsc::channel();
    let teller = ended.clone();
    let options = ListenerOptions {
        handed_over: is_handed_over.clone(),
        // Whoever listened has gone when the process ends.
        tell: Box::new(move |event| drop(teller.send(Event::Listener(event)))),
        conf: &server.configuration,
        threads: settings.threads.get(),
        timeouts: &settings.timeouts,
        certificates: certificates.clone(),
        connections: connections.clone(),
    };
    let gate = service(gateway, sockets, options)?;

    let count = loaded.set.len();
    let apply = InUse {
        policy: policy.clone(),
        database: directory.clone(),
        certificates,
        admin_certificates: admin_certificates.clone(),
        desk: in_force.clone(),
        metrics: metrics.clone(),
    };
    let apply: Apply = Box::new(move |loaded| apply.replace(loaded));
    let reload = Reloader::start(loader, loaded, apply, metrics.clone(), Clock::System)?;
    let admin = Admin {
        metrics: metrics.clone(),
        readiness: readiness.clone(),
        reload: reload.clone(),
        authenticator,
        throttle,
        database: directory,
        clock: Clock::System,
    };

    let inbox = shutdown::Inbox::open().context("signals cannot be received")?;
    server.add_service(gate);
    let wishes = inbox.wishes();
    let plan = |_: &_| settings.database.clone().map(|database| DeskPlan { database, in_force });
    let admin = AdminService {
        socket: Mutex::new(Some(admin_socket)),
        admin,
        desk: settings.desk.as_ref().and_then(plan),
        certificates: admin_certificates,
        handed_over: is_handed_over,
    };
    server.add_service(background_service("admin", admin));
    server.add_service(background_service("resolver", Resolver { policy }));
    tracing::info!(
        proxy = %joined(&addresses.proxy), admin = %addresses.admin, upstream = %settings.upstream.url,
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
        lame_duck: settings.timeouts.lame_duck.duration(),
        most: settings.timeouts.shutdown.duration(),
        handed_over,
        kept: handover.kept(),
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
            Event::Listener(ListenerEvent::Serve) => {
                handover.serving(&wishes).context("cannot wait for the next process")?;
            }
        }
    };
    lines.flush();
    drop(database);
    outcome
}

fn joined(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ")
}

fn stderr_style(settings: &Settings) -> LogStyle {
    match settings.log.format {
        LogFormat::Json => LogStyle::Json,
        LogFormat::Text => LogStyle::Text { ansi: false },
        LogFormat::Auto if std::io::stderr().is_terminal() => LogStyle::Text { ansi: crate::config::wants_colour() },
        LogFormat::Auto => LogStyle::Json,
    }
}

fn stdout_is_json(settings: &Settings) -> bool {
    match settings.log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    }
}

/// Reads what is read only at a start and a reload: certificates and keys.
///
/// # Errors
/// All that cannot be used.
pub fn check(loaded: &Loaded) -> Result<(), Faults> {
    let own = loaded.settings.tls.as_ref().map(Reading::new).transpose().err();
    let admin = loaded.settings.admin_tls.as_ref().map(read_admin_tls).transpose().err();
    let upstream = Upstream::new(&loaded.settings, None).err();
    let faults: Vec<_> = own.into_iter().chain(admin).chain(upstream).flat_map(|faults| faults.0).collect();
    Faults(faults).into_result(|| ())
}

fn certificates(settings: &Settings, metrics: &Metrics) -> Result<Option<Arc<Certificates>>, Faults> {
    let Some(files) = &settings.tls else { return Ok(None) };
    let reading = Reading::new(files)?;
    metrics.certificate_end.set(reading.not_after);
    Ok(Some(Arc::new(Certificates::new(reading))))
}

fn admin_certificates(settings: &Settings) -> Result<Option<Arc<Certificates>>, Faults> {
    let reading = settings.admin_tls.as_ref().map(read_admin_tls).transpose()?;
    Ok(reading.map(|reading| Arc::new(Certificates::new(reading))))
}

fn read_admin_tls(files: &written::Tls) -> Result<Reading, Faults> {
    Reading::new(files).map_err(|mut faults| {
        for fault in &mut faults.0 {
            fault.path = fault.path.replace("proxy.tls", "admin.tls");
        }
        faults
    })
}

/// `database` is what was opened at the start; a reload joins it with another file.
fn policy(
    loaded: &Loaded,
    database: Option<&Arc<DatabaseDirectory>>,
    before: Option<&Policy>,
) -> Result<Policy, Faults> {
    let settings = &loaded.settings;
    let mut meters = Meters::new(loaded.set.iter(), settings.rate_limit, before.map(Policy::meters));
    let directory: Arc<dyn Directory> = match database {
        None => loaded.set.clone(),
        Some(database) => {
            let remembered = settings.database.as_ref().map(|database| database.options.cache.credentials.get());
            meters = meters.with_others(2 * remembered.unwrap_or_default());
            database.complain_of_clashes(&loaded.set);
            Arc::new(Joined::new(loaded.set.clone(), database.clone()))
        }
    };
    Policy::new(settings, loaded.rules.clone(), directory, meters, before)
}

fn database(settings: &Settings, metrics: &Metrics, options: ServeOptions) -> anyhow::Result<Option<Database>> {
    let Some(settings) = &settings.database else { return Ok(None) };
    let start = DatabaseStart {
        settings,
        clock: Clock::System,
        metrics: Arc::new(metrics.of_database()?),
        may_migrate: options.migrate,
    };
    let database = Database::start(start).with_context(|| settings.url.to_string())?;
    Ok(Some(database))
}

fn authenticator(settings: &Settings, metrics: &Arc<Metrics>) -> anyhow::Result<Authenticator> {
    let cache = PasswordCache::new(settings.passwords.remembered).context("the system gives no randomness")?;
    let size = HashPoolSize { threads: settings.hash_threads, queue: settings.passwords.queue.get() };
    let metrics = metrics.clone();
    let pool = HashPool::start(size, move |took| metrics.hash_duration.observe(took.as_secs_f64()))?;
    Ok(Authenticator::new(cache, pool))
}

/// What is in use, and follows what is read.
struct InUse {
    policy: Arc<ArcSwap<Policy>>,
    database: Option<Arc<DatabaseDirectory>>,
    certificates: Option<Arc<Certificates>>,
    admin_certificates: Option<Arc<Certificates>>,
    desk: Arc<ArcSwap<InForce>>,
    metrics: Arc<Metrics>,
}

impl InUse {
    /// Puts a reading in force as a whole: everything that can fail comes first.
    fn replace(&self, loaded: &Loaded) -> Result<(), Faults> {
        let next = policy(loaded, self.database.as_ref(), Some(&self.policy.load()))?;
        let settings = &loaded.settings;
        let own = settings.tls.as_ref().map(Reading::new).transpose()?;
        let admin = settings.admin_tls.as_ref().map(read_admin_tls).transpose()?;
        if let (Some(certificates), Some(reading)) = (&self.certificates, own) {
            self.metrics.certificate_end.set(reading.not_after);
            certificates.swap(reading);
        }
        if let (Some(certificates), Some(reading)) = (&self.admin_certificates, admin) {
            certificates.swap(reading);
        }
        self.desk.store(Arc::new(InForce::new(loaded)));
        self.policy.store(Arc::new(next));
        Ok(())
    }
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

/// Follows the host name of the API behind.
struct Resolver {
    policy: Arc<ArcSwap<Policy>>,
}

#[async_trait]
impl BackgroundService for Resolver {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_UP) => {}
                _ = shutdown.wait_for(|is_stopping| *is_stopping) => return,
            }
            let policy = self.policy.load_full();
            let looked_up = tokio::task::spawn_blocking(move || policy.refresh_upstream()).await;
            if let Err(error) = looked_up {
                tracing::error!(%error, "looking up the API behind has failed");
            }
        }
    }
}
