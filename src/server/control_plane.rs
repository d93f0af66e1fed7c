//! The control plane on the console listener: opens its state, and starts its background tasks.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;

use super::first_setup_link;
use crate::clock::Clock;
use crate::config::{self, Diagnostic, Diagnostics, Origin, Settings};
use crate::control::{
    Admin, ControlState, DatabaseProbe, DemoSignInLinks, InstallationKeyFault, LiveSettings, OutboxWorker, Senders,
    SharedKeys, Throttles, WebhookWorker, open_installation_keys, prune,
};
use crate::credential::InstallationKeys;
use crate::runtime::BackgroundWork;
use crate::store::{Store, StoreOptions};

/// A pool of its own, beside that of the gate.
const MAX_DATABASE_CONNECTIONS: u32 = 4;
/// Spread at random by half: every process of a fleet prunes.
const PRUNE_INTERVAL: Duration = Duration::from_secs(600);

pub(super) struct ControlPlane {
    pub(super) database: config::Database,
    pub(super) live: Arc<ArcSwap<LiveSettings>>,
    pub(super) throttles: Throttles,
    /// URL of the console listener.
    pub(super) listener_url: String,
    /// Watches the database where no gate does.
    pub(super) standalone_probe: Option<Arc<DatabaseProbe>>,
    /// For the console's page of the status.
    pub(super) process: Admin,
    pub(super) demo_links: Option<DemoSignInLinks>,
    pub(super) settings: Settings,
    pub(super) keys: SharedKeys,
    pub(super) work: Arc<BackgroundWork>,
}

impl ControlPlane {
    /// On a database whose schema was checked already. Background tasks end with the runtime.
    ///
    /// # Errors
    /// When the pool or the installation key cannot be opened.
    pub(super) async fn open(&self) -> anyhow::Result<ControlState> {
        let store = Store::open(&self.database.url, options(&self.database, false)).await?;
        if self.settings.needs_installation_key() {
            self.keys.open(open_installation_keys(&self.settings, &store, Clock::System.now()).await?);
        }
        // A demo has no account anywhere.
        let mailbox = self.demo_links.as_ref().map(|_| Arc::default());
        let (process, live, throttles) = (self.process.clone(), self.live.clone(), self.throttles.clone());
        let state = ControlState::within(
            (Some(process), self.demo_links.clone()),
            store.clone(),
            Clock::System,
            live,
            throttles,
        )
        .context("cannot start the password hashing thread")?
        .with_installation_keys(self.keys.clone())
        .with_mailbox(mailbox.clone());
        if let Some(probe) = self.standalone_probe.clone() {
            let store = store.clone();
            tokio::spawn(async move { probe.run(&store).await });
        }
        let senders = Senders::new(&self.settings.delivery, self.settings.public_url.as_deref())?;
        let worker =
            OutboxWorker::new(store.clone(), Clock::System, self.live.clone(), self.keys.clone(), (senders, mailbox))
                .reporting(self.process.outbox.clone(), self.process.metrics.clone())
                .counted_in(self.work.clone());
        tokio::spawn(worker.run());
        let wake = state.webhook_wake();
        let webhooks = WebhookWorker::new(store.clone(), Clock::System, self.live.clone(), self.keys.clone(), wake)
            .reporting(self.process.metrics.clone())
            .counted_in(self.work.clone());
        tokio::spawn(webhooks.run());
        tokio::spawn(first_setup_link::print_first_link(store.clone(), self.live.clone(), self.listener_url.clone()));
        tokio::spawn(prune_periodically(store, self.live.clone()));
        Ok(state)
    }
}

/// Opens the database for a process without a gate, and checks its schema.
///
/// # Errors
/// When the database answers and cannot be used.
pub(super) fn open_alone(database: &config::Database, may_migrate: bool) -> anyhow::Result<DatabaseProbe> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let opened = runtime.block_on(async {
        let store = Store::open(&database.url, options(database, true)).await?;
        let probe = DatabaseProbe::begin(&store, may_migrate).await;
        store.close().await;
        probe
    });
    opened.with_context(|| database.url.to_string())
}

/// Opens the installation keys for a reload that switches delivery or webhooks on, on connections of its own.
///
/// # Errors
/// When a key file or the database cannot be used, or this thread cannot wait for them.
pub(super) fn open_keys(settings: &Settings) -> Result<InstallationKeys, Diagnostics> {
    let fault = |error: &dyn std::fmt::Display| {
        let problem = format!("cannot be opened: {error}");
        Diagnostics::from(Diagnostic::new(Origin::WHOLE_FILE, "installation_key_file", problem))
    };
    let database = settings.database.as_ref().ok_or_else(|| fault(&"there is no database"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| fault(&error))?;
    // Apart: the caller may be a thread of another runtime.
    let open = || {
        runtime.block_on(async {
            let store = Store::open(&database.url, options(database, false)).await.map_err(|error| fault(&error))?;
            let opened = open_installation_keys(settings, &store, Clock::System.now()).await;
            store.close().await;
            opened.map_err(|opening| match opening {
                InstallationKeyFault::Settings(faults) => faults,
                InstallationKeyFault::Store(error) => fault(&error),
            })
        })
    };
    std::thread::scope(|scope| scope.spawn(open).join()).unwrap_or_else(|_| Err(fault(&"the thread ended")))
}

fn options(database: &config::Database, create: bool) -> StoreOptions {
    StoreOptions {
        connections: MAX_DATABASE_CONNECTIONS,
        query_timeout: database.options.query_timeout.duration(),
        create,
    }
}

async fn prune_periodically(store: Store, live: Arc<ArcSwap<LiveSettings>>) {
    loop {
        tokio::time::sleep(PRUNE_INTERVAL.mul_f64(0.5 + fastrand::f64())).await;
        let idle = live.load().console.session.idle.duration();
        match prune(&store, Clock::System.now(), idle).await {
            Ok(count) => tracing::debug!(count, "pruned expired sessions, links and keys"),
            Err(error) => tracing::debug!("cannot prune expired sessions, links and keys: {error}"),
        }
    }
}
