//! Starts and stops the use of a database.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::ToSpan as _;
use tokio::runtime::{Builder, Runtime};

use super::DatabaseDirectory;
use super::cache::CredentialCache;
use super::catalog_check::CatalogCheck;
use super::change_feed::ChangeFeed;
use super::last_use::Uses;
use super::lookups::Lookups;
use super::snapshot::Snapshot;
use crate::clock::Clock;
use crate::config;
use crate::store::{Store, StoreError, StoreOptions};
use crate::telemetry::DatabaseMetrics;

/// Threads for database I/O.
const THREADS: usize = 2;
/// Retention of the change feed. A gate that was offline for longer empties its cache.
const CHANGE_RETENTION_HOURS: i64 = 1;
const PRUNE_INTERVAL: Duration = Duration::from_secs(600);
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(30);
/// For writing last uses at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// A database in use. Dropping it writes what is pending.
pub struct DatabaseSource {
    directory: Arc<DatabaseDirectory>,
    runtime: Option<Runtime>,
    snapshot: Option<Snapshot>,
}

pub struct DatabaseStart<'s> {
    pub settings: &'s config::Database,
    pub clock: Clock,
    pub metrics: Arc<DatabaseMetrics>,
    /// Migrate the schema of a server. That of a file is always migrated.
    pub may_migrate: bool,
}

impl DatabaseSource {
    /// Succeeds while the server is down: connecting is retried, and until then its credentials are refused.
    ///
    /// # Errors
    /// When the database answers but cannot be used, or when threads cannot be spawned.
    pub fn start(start: DatabaseStart) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| StoreError::Unusable {
            problem: format!("threads cannot be spawned: {error}"),
            remedy: "raise the thread limit of this user",
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("database")
            .enable_all()
            .build()
            .map_err(unusable)?;
        let options = &start.settings.options;
        let opened = Store::open(
            &start.settings.url,
            StoreOptions {
                connections: options.connections.get(),
                query_timeout: options.query_timeout.duration(),
                create: true,
            },
        );
        let store = runtime.block_on(opened)?;
        let directory = Arc::new_cyclic(|weak| DatabaseDirectory {
            may_migrate: start.may_migrate || store.is_embedded(),
            store,
            clock: start.clock,
            throttle: Arc::default(),
            sign_in_throttle: Arc::default(),
            max_stale: options.max_stale.duration(),
            preload: options.preload,
            snapshot: options.snapshot.clone(),
            cache: CredentialCache::new(&options.cache),
            lookups: Lookups::new(weak.clone(), options.lookups.get()),
            uses: Uses::default(),
            dummy_hashes: ArcSwap::default(),
            confirmed: AtomicU64::default(),
            is_synced: AtomicBool::default(),
            is_failing: AtomicBool::default(),
            is_no_primary: AtomicBool::default(),
            fault: Mutex::default(),
            metrics: start.metrics,
            runtime: runtime.handle().clone(),
            catalog_check: CatalogCheck::default(),
        });
        let snapshot = options.snapshot.clone().map(|file| Snapshot { file, database: start.settings.url.to_string() });
        let synced = runtime.block_on(async {
            match directory.sync().await {
                Ok(()) => Ok(()),
                Err(error) => Err(directory.store.diagnose(error).await),
            }
        });
        directory.answered(synced.as_ref().copied());
        match synced {
            Err(error) if error.is_transient() => {
                tracing::error!("{error}");
                if let Some(snapshot) = &snapshot {
                    start_from(&directory, snapshot);
                }
            }
            outcome => outcome?,
        }
        runtime.spawn(keep_following(directory.clone()));
        runtime.spawn(keep_writing_uses(directory.clone(), options.last_used_every.duration()));
        runtime.spawn(keep_pruning(directory.clone()));
        if let Some(snapshot) = &snapshot {
            runtime.spawn(keep_writing_snapshots(directory.clone(), snapshot.clone()));
        }
        Ok(Self { directory, runtime: Some(runtime), snapshot })
    }

    pub fn directory(&self) -> Arc<DatabaseDirectory> {
        self.directory.clone()
    }
}

impl Drop for DatabaseSource {
    /// Writes the snapshot and the last uses.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let end = async {
            self.directory.write_uses().await;
            self.directory.store.close().await;
        };
        if let Some(snapshot) = &self.snapshot {
            write(&self.directory, snapshot);
        }
        let ended = runtime.block_on(async { tokio::time::timeout(SHUTDOWN_TIMEOUT, end).await });
        if ended.is_err() {
            tracing::warn!("the database does not answer; the last uses of credentials are lost");
        }
        runtime.shutdown_background();
    }
}

/// Restarts the change feed after a panic. Without it the cache expires (`max_stale`).
async fn keep_following(directory: Arc<DatabaseDirectory>) {
    loop {
        let following = tokio::spawn(ChangeFeed::new(directory.clone()).follow());
        if let Err(error) = following.await {
            tracing::error!(%error, "the change feed has failed; restarting it");
            directory.answered(Err(&StoreError::Unavailable("the change feed has failed".into())));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn keep_writing_uses(directory: Arc<DatabaseDirectory>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        directory.write_uses().await;
    }
}

async fn keep_writing_snapshots(directory: Arc<DatabaseDirectory>, snapshot: Snapshot) {
    loop {
        tokio::time::sleep(SNAPSHOT_INTERVAL).await;
        let (directory, snapshot) = (directory.clone(), snapshot.clone());
        // A panic only skips this snapshot.
        let _joined = tokio::task::spawn_blocking(move || write(&directory, &snapshot)).await;
    }
}

fn write(directory: &DatabaseDirectory, snapshot: &Snapshot) {
    if let Err(error) = directory.write_snapshot(snapshot) {
        tracing::warn!(file = %snapshot.file.display(), %error, "cannot write the snapshot of the database");
    }
}

fn start_from(directory: &DatabaseDirectory, snapshot: &Snapshot) {
    let file = snapshot.file.display();
    match directory.read_snapshot(snapshot) {
        Ok(count) => {
            directory.is_synced.store(true, Ordering::Release);
            tracing::warn!(%file, remembered = count, "started with a snapshot of the database");
        }
        Err(error) => tracing::error!(%file, "the snapshot of the database cannot be used: {error}"),
    }
}

/// Every process of a fleet prunes; the random interval spreads them.
async fn keep_pruning(directory: Arc<DatabaseDirectory>) {
    loop {
        tokio::time::sleep(PRUNE_INTERVAL.mul_f64(0.5 + fastrand::f64())).await;
        let before = directory.clock.now() - CHANGE_RETENTION_HOURS.hours();
        if let Err(error) = directory.store.prune_changes(before).await {
            tracing::debug!("old changes are not pruned: {error}");
        }
    }
}

impl DatabaseDirectory {
    /// Checks the version of the schema, and migrates it where that is allowed.
    pub(super) async fn prepare_schema(&self) -> Result<(), StoreError> {
        let state = self.store.ensure_schema(self.may_migrate).await?;
        if !state.is_current() {
            tracing::info!(from = state.has, to = state.wants, "the schema of the database is up to date");
        }
        Ok(())
    }
}
