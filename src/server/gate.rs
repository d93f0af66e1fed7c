//! The gate: everything that a decision depends on.

use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::auth::{Authenticator, Directory, HashPool, HashPoolSize, PasswordCache, RateLimiters, Throttle};
use crate::clock::Clock;
use crate::config::{Diagnostic, Diagnostics, Origin, Settings};
use crate::control::{GateState, Readiness};
use crate::proxy::{
    AccessLog, Certificates, Connections, Decider, Drains, LoadedCertificates, Policy, RequestLifecycle, RequestMemory,
    Tracer, UpstreamWatch,
};
use crate::runtime::DeferredDrop;
use crate::source::{CombinedDirectory, DatabaseDirectory, DatabaseSource, DatabaseStart, Loaded, throttle_rules};
use crate::telemetry::{Metrics, TlsListener};

pub(super) struct Gate {
    policy: Arc<ArcSwap<Policy>>,
    authenticator: Arc<Authenticator>,
    throttle: Arc<Throttle>,
    certificates: Option<Arc<Certificates>>,
    directory: Option<Arc<DatabaseDirectory>>,
    metrics: Arc<Metrics>,
}

/// The part of the gate that follows the files.
pub(super) struct LiveGate {
    policy: Arc<ArcSwap<Policy>>,
    directory: Option<Arc<DatabaseDirectory>>,
    certificates: Option<Arc<Certificates>>,
    metrics: Arc<Metrics>,
    previous: DeferredDrop<Policy>,
}

/// A reading that was checked: publishing it cannot fail.
pub(super) struct PreparedGate {
    policy: Policy,
    certificates: Option<LoadedCertificates>,
}

impl Gate {
    /// # Errors
    /// When certificates or the upstream cannot be used, or a thread cannot be spawned.
    pub(super) fn new(
        loaded: &Loaded,
        database: Option<&DatabaseSource>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let settings = &loaded.settings;
        let directory = database.map(DatabaseSource::directory);
        if let Some(directory) = &directory {
            directory.check_catalogs(&loaded.rules.versions, &loaded.rules.scopes);
        }
        Ok(Self {
            certificates: certificates(settings, &metrics)?,
            policy: Arc::new(ArcSwap::from_pointee(policy(loaded, directory.as_ref(), None)?)),
            authenticator: Arc::new(authenticator(settings, &metrics)?),
            throttle: directory.as_ref().map(|directory| directory.throttle()).unwrap_or_default(),
            directory,
            metrics,
        })
    }

    pub(super) fn lifecycle(
        &self,
        settings: &Settings,
        readiness: &Readiness,
        access_log: Option<AccessLog>,
        tracer: Option<Tracer>,
        tunnels_end: watch::Receiver<bool>,
        connections: Arc<Connections>,
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
            tunnels_end,
            drains: Drains::default(),
            memory: RequestMemory::default(),
            connections,
        }
    }

    /// Certificates of the proxy listener.
    pub(super) fn certificates(&self) -> Option<Arc<Certificates>> {
        self.certificates.clone()
    }

    /// Of the control plane in this process.
    pub(super) fn sign_in_throttle(&self) -> Arc<Throttle> {
        self.directory.as_ref().map(|directory| directory.sign_in_throttle()).unwrap_or_default()
    }

    /// What the admin listener reads.
    pub(super) fn state(&self) -> GateState {
        GateState {
            authenticator: self.authenticator.clone(),
            throttle: self.throttle.clone(),
            database: self.directory.clone(),
        }
    }

    /// # Errors
    /// When the thread that drops old policies cannot be spawned.
    pub(super) fn live(&self) -> std::io::Result<LiveGate> {
        Ok(LiveGate {
            policy: self.policy.clone(),
            directory: self.directory.clone(),
            certificates: self.certificates.clone(),
            metrics: self.metrics.clone(),
            previous: DeferredDrop::start()?,
        })
    }

    pub(super) fn upstream_watch(&self) -> UpstreamWatch {
        UpstreamWatch::new(self.policy.clone(), self.metrics.clone())
    }
}

impl LiveGate {
    /// Every step of a reload that can fail.
    ///
    /// # Errors
    /// When certificates or the upstream cannot be used, or a change needs a restart.
    pub(super) fn prepare(&self, loaded: &Loaded) -> Result<PreparedGate, Diagnostics> {
        let current = self.policy.load();
        if current.forwards() && loaded.settings.upstream.is_none() {
            let problem = "is missing; a gate stops forwarding only by a restart";
            return Err(Diagnostic::new(Origin::WHOLE_FILE, "proxy.upstream", problem).into());
        }
        if !loaded.settings.decides() {
            let problem = "is missing; a gate becomes a management API only by a restart";
            return Err(Diagnostic::new(Origin::WHOLE_FILE, "forward_auth", problem).into());
        }
        let policy = policy(loaded, self.directory.as_ref(), Some(&current))?;
        let certificates = loaded.settings.tls.as_ref().map(LoadedCertificates::new).transpose()?;
        Ok(PreparedGate { policy, certificates })
    }

    pub(super) fn publish(&self, next: PreparedGate) {
        if let (Some(certificates), Some(loaded)) = (&self.certificates, next.certificates) {
            let not_after = loaded.not_after;
            certificates.swap(loaded);
            self.metrics.certificate_shown(TlsListener::Proxy, not_after);
        }
        self.previous.take(self.policy.swap(Arc::new(next.policy)));
        // What it logs of the new rules is true only once they are in force.
        if let Some(directory) = &self.directory {
            let policy = self.policy.load();
            directory.check_catalogs(&policy.rules().versions, &policy.rules().scopes);
        }
    }
}

/// # Errors
/// When the database answers and cannot be used.
pub(super) fn open_database(
    settings: &Settings,
    metrics: &Metrics,
    may_migrate: bool,
) -> anyhow::Result<Option<DatabaseSource>> {
    let Some(settings) = &settings.database else { return Ok(None) };
    let metrics = Arc::new(metrics.register_database()?);
    let start = DatabaseStart { settings, clock: Clock::System, metrics, may_migrate };
    let database = DatabaseSource::start(start).with_context(|| settings.url.to_string())?;
    Ok(Some(database))
}

/// A reload combines the new credentials file with the database that was opened at the start.
fn policy(
    loaded: &Loaded,
    database: Option<&Arc<DatabaseDirectory>>,
    previous: Option<&Policy>,
) -> Result<Policy, Diagnostics> {
    let settings = &loaded.settings;
    let mut rate_limiters =
        RateLimiters::new(loaded.set.iter(), settings.rate_limit, previous.map(Policy::rate_limiters));
    let directory: Arc<dyn Directory> = match database {
        None => loaded.set.clone(),
        Some(database) => {
            let remembered = settings.database.as_ref().map(|database| database.options.cache.credentials.get());
            rate_limiters = rate_limiters.with_database(2 * remembered.unwrap_or_default());
            database.log_conflicts(&loaded.set);
            Arc::new(CombinedDirectory::new(loaded.set.clone(), database.clone()))
        }
    };
    Policy::new(settings, loaded.rules.clone(), throttle_rules(settings), directory, rate_limiters, previous)
}

fn certificates(settings: &Settings, metrics: &Metrics) -> Result<Option<Arc<Certificates>>, Diagnostics> {
    let Some(files) = &settings.tls else { return Ok(None) };
    let loaded = LoadedCertificates::new(files)?;
    metrics.certificate_shown(TlsListener::Proxy, loaded.not_after);
    Ok(Some(Arc::new(Certificates::new(loaded))))
}

fn authenticator(settings: &Settings, metrics: &Arc<Metrics>) -> anyhow::Result<Authenticator> {
    let cache = PasswordCache::new(settings.passwords.remembered.unwrap_or_default())
        .context("the system returned no random bytes")?;
    let size = HashPoolSize { threads: settings.hash_threads, queue: settings.passwords.queue.get() };
    let metrics = metrics.clone();
    let pool = HashPool::start(size, move |took| metrics.hash_duration.observe(took.as_secs_f64()))?;
    Ok(Authenticator::new(cache, pool))
}
