//! The gate: everything that decides, and the service that asks it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;

use crate::auth::{Authenticator, Directory, HashPool, HashPoolSize, PasswordCache, RateLimiters, Throttle};
use crate::clock::Clock;
use crate::config::{Diagnostic, Diagnostics, Origin, Settings};
use crate::control::{GateState, Readiness};
use crate::proxy::{AccessLog, Certificates, Decider, LoadedCertificates, Policy, RequestLifecycle, Tracer};
use crate::runtime::DeferredDrop;
use crate::source::{CombinedDirectory, Database, DatabaseDirectory, DatabaseStart, Loaded, throttle_rules};
use crate::telemetry::{Metrics, TlsListener};

/// How often a host name of the API behind is looked up again.
const LOOK_UP: Duration = Duration::from_secs(10);

/// A gate that does not serve yet.
pub(super) struct Gate {
    policy: Arc<ArcSwap<Policy>>,
    authenticator: Arc<Authenticator>,
    throttle: Arc<Throttle>,
    certificates: Option<Arc<Certificates>>,
    directory: Option<Arc<DatabaseDirectory>>,
    metrics: Arc<Metrics>,
}

/// What of the gate follows what is read.
pub(super) struct GateInUse {
    policy: Arc<ArcSwap<Policy>>,
    directory: Option<Arc<DatabaseDirectory>>,
    certificates: Option<Arc<Certificates>>,
    metrics: Arc<Metrics>,
    retired: DeferredDrop<Policy>,
}

/// A reading that fits; to put it in force cannot fail any more.
pub(super) struct NextGate {
    policy: Policy,
    certificates: Option<LoadedCertificates>,
}

impl Gate {
    /// In front of an API, or beside a proxy that asks.
    ///
    /// # Errors
    /// When certificates cannot be read, or the system gives no threads.
    pub(super) fn new(loaded: &Loaded, database: Option<&Database>, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let settings = &loaded.settings;
        let directory = database.map(Database::directory);
        if let Some(directory) = &directory {
            directory.check_catalogs(&loaded.rules.versions, &loaded.rules.scopes);
        }
        Ok(Self {
            certificates: certificates(settings, &metrics)?,
            policy: Arc::new(ArcSwap::from_pointee(policy(loaded, directory.as_ref(), None)?)),
            authenticator: Arc::new(authenticator(settings, &metrics)?),
            throttle: Arc::default(),
            directory,
            metrics,
        })
    }

    /// What receives requests and decides about them.
    pub(super) fn reception(
        &self,
        settings: &Settings,
        readiness: &Readiness,
        access_log: Option<AccessLog>,
        tracer: Option<Tracer>,
    ) -> RequestLifecycle {
        RequestLifecycle {
            decider: Decider {
                policy: self.policy.clone(),
                authenticator: self.authenticator.clone(),
                throttle: self.throttle.clone(),
                metrics: self.metrics.clone(),
                clock: Clock::System,
            },
            access_log: access_log.map(Arc::new),
            tracer,
            keep_alive: settings.timeouts.keep_alive.duration(),
            is_stopping: readiness.stopping_flag(),
        }
    }

    /// Those of its listeners.
    pub(super) fn certificates(&self) -> Option<Arc<Certificates>> {
        self.certificates.clone()
    }

    /// What operators see of it.
    pub(super) fn state(&self) -> GateState {
        GateState {
            authenticator: self.authenticator.clone(),
            throttle: self.throttle.clone(),
            database: self.directory.clone(),
        }
    }

    /// What follows the files.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn in_use(&self) -> std::io::Result<GateInUse> {
        Ok(GateInUse {
            policy: self.policy.clone(),
            directory: self.directory.clone(),
            certificates: self.certificates.clone(),
            metrics: self.metrics.clone(),
            retired: DeferredDrop::start()?,
        })
    }

    /// What follows the host name of the API behind.
    pub(super) fn resolver(&self) -> Resolver {
        Resolver { policy: self.policy.clone() }
    }
}

impl GateInUse {
    /// Everything that can fail.
    ///
    /// # Errors
    /// All that cannot be used.
    pub(super) fn prepare(&self, loaded: &Loaded) -> Result<NextGate, Diagnostics> {
        let before = self.policy.load();
        if before.forwards() && loaded.settings.upstream.is_none() {
            let problem = "is missing; a gate goes from its place before the API only by a restart";
            return Err(Diagnostic::new(Origin::WHOLE_FILE, "proxy.upstream", problem).into());
        }
        if !loaded.settings.decides() {
            let problem = "is missing; a gate becomes a desk alone only by a restart";
            return Err(Diagnostic::new(Origin::WHOLE_FILE, "forward_auth", problem).into());
        }
        let policy = policy(loaded, self.directory.as_ref(), Some(&before))?;
        let certificates = loaded.settings.tls.as_ref().map(LoadedCertificates::new).transpose()?;
        Ok(NextGate { policy, certificates })
    }

    /// Puts it in force.
    pub(super) fn replace(&self, next: NextGate) {
        if let (Some(certificates), Some(reading)) = (&self.certificates, next.certificates) {
            self.metrics.certificate_shown(TlsListener::Proxy, reading.not_after);
            certificates.swap(reading);
        }
        if let Some(directory) = &self.directory {
            let rules = next.policy.rules();
            directory.check_catalogs(&rules.versions, &rules.scopes);
        }
        self.retired.take(self.policy.swap(Arc::new(next.policy)));
    }
}

/// Opens the database of the gate.
///
/// # Errors
/// When it answers and cannot be used.
pub(super) fn open_database(
    settings: &Settings,
    metrics: &Metrics,
    may_migrate: bool,
) -> anyhow::Result<Option<Database>> {
    let Some(settings) = &settings.database else { return Ok(None) };
    let metrics = Arc::new(metrics.register_database()?);
    let start = DatabaseStart { settings, clock: Clock::System, metrics, may_migrate };
    let database = Database::start(start).with_context(|| settings.url.to_string())?;
    Ok(Some(database))
}

/// `database` is what was opened at the start; a reload joins it with another file.
fn policy(
    loaded: &Loaded,
    database: Option<&Arc<DatabaseDirectory>>,
    before: Option<&Policy>,
) -> Result<Policy, Diagnostics> {
    let settings = &loaded.settings;
    let mut meters = RateLimiters::new(loaded.set.iter(), settings.rate_limit, before.map(Policy::rate_limiters));
    let directory: Arc<dyn Directory> = match database {
        None => loaded.set.clone(),
        Some(database) => {
            let remembered = settings.database.as_ref().map(|database| database.options.cache.credentials.get());
            meters = meters.with_database(2 * remembered.unwrap_or_default());
            database.log_conflicts(&loaded.set);
            Arc::new(CombinedDirectory::new(loaded.set.clone(), database.clone()))
        }
    };
    Policy::new(settings, loaded.rules.clone(), throttle_rules(settings), directory, meters, before)
}

fn certificates(settings: &Settings, metrics: &Metrics) -> Result<Option<Arc<Certificates>>, Diagnostics> {
    let Some(files) = &settings.tls else { return Ok(None) };
    let reading = LoadedCertificates::new(files)?;
    metrics.certificate_shown(TlsListener::Proxy, reading.not_after);
    Ok(Some(Arc::new(Certificates::new(reading))))
}

fn authenticator(settings: &Settings, metrics: &Arc<Metrics>) -> anyhow::Result<Authenticator> {
    let cache = PasswordCache::new(settings.passwords.remembered).context("the system gives no randomness")?;
    let size = HashPoolSize { threads: settings.hash_threads, queue: settings.passwords.queue.get() };
    let metrics = metrics.clone();
    let pool = HashPool::start(size, move |took| metrics.hash_duration.observe(took.as_secs_f64()))?;
    Ok(Authenticator::new(cache, pool))
}

/// Follows the host name of the API behind.
pub(super) struct Resolver {
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
