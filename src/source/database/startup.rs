//! Bringing a database into use, and out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::ToSpan as _;
use tokio::runtime::{Builder, Runtime};

use super::DatabaseDirectory;
use super::cache::CredentialCache;
use super::catalog_check::CatalogCheck;
use super::change_feed::ChangeFeed;
use super::lookups::Lookups;
use super::snapshot::Snapshot;
use super::usage::Uses;
use crate::clock::Clock;
use crate::config;
use crate::store::{Store, StoreError, StoreOptions};
use crate::telemetry::DatabaseMetrics;

/// Threads for talking to the database; its answers are waited for, not computed.
const THREADS: usize = 2;
/// Changes are kept for so long. A gate that was away for longer reads everything anew.
const KEPT_HOURS: i64 = 1;
const PRUNE_EVERY: Duration = Duration::from_secs(600);
const SNAPSHOT_EVERY: Duration = Duration::from_secs(30);
/// What is left to do at the end may take this long.
const END: Duration = Duration::from_secs(3);

/// A database in use: the threads that talk to it, and what the gate sees of it.
pub struct Database {
    directory: Arc<DatabaseDirectory>,
    runtime: Option<Runtime>,
    snapshot: Option<Snapshot>,
}

/// What it is started with.
pub struct DatabaseStart<'s> {
    /// Where it is and how it is used.
    pub settings: &'s config::Database,
    /// Tells the time.
    pub clock: Clock,
    /// Counts.
    pub metrics: Arc<DatabaseMetrics>,
    /// Bring the schema of a server up to date; that of a file always is.
    pub may_migrate: bool,
}

impl Database {
    /// Starts following. A server that is down is no reason not to: it is tried again, and until then nothing of it
    /// is let through.
    ///
    /// # Errors
    /// When it answers and cannot be used, or the system gives no thread.
    pub fn start(start: DatabaseStart) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| StoreError::Unusable {
            problem: format!("no threads: {error}"),
            remedy: "raise the limit of this user",
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
                limit: options.query_timeout.duration(),
                create: true,
            },
        );
        let store = runtime.block_on(opened)?;
        let directory = Arc::new_cyclic(|weak| DatabaseDirectory {
            may_migrate: start.may_migrate || store.is_embedded(),
            store,
            clock: start.clock,
            max_stale: options.max_stale.duration(),
            preload: options.preload,
            snapshot: options.snapshot.clone(),
            remembered: CredentialCache::new(&options.cache),
            lookups: Lookups::new(weak.clone(), options.lookups.get()),
            uses: Uses::default(),
            decoys: ArcSwap::default(),
            confirmed: AtomicU64::default(),
            is_synced: AtomicBool::default(),
            is_failing: AtomicBool::default(),
            metrics: start.metrics,
            runtime: runtime.handle().clone(),
            catalog_check: CatalogCheck::default(),
        });
        let snapshot = options.snapshot.clone().map(|file| Snapshot { file, database: start.settings.url.to_string() });
        match runtime.block_on(directory.sync()) {
            Err(error) if error.is_transient() => {
                tracing::error!("{error}");
                if let Some(snapshot) = &snapshot {
                    begin_with(&directory, snapshot);
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

    /// What the gate sees of it.
    pub fn directory(&self) -> Arc<DatabaseDirectory> {
        self.directory.clone()
    }
}

impl Drop for Database {
    /// Writes down what is left to write.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let end = async {
            self.directory.write_uses().await;
            self.directory.store.close().await;
        };
        if let Some(snapshot) = &self.snapshot {
            write(&self.directory, snapshot);
        }
        let ended = runtime.block_on(async { tokio::time::timeout(END, end).await });
        if ended.is_err() {
            tracing::warn!("the database does not answer; the last uses of credentials are lost");
        }
        runtime.shutdown_background();
    }
}

/// A panic ends one attempt, not the following: until it goes on, what is remembered grows old and ends by itself.
async fn keep_following(directory: Arc<DatabaseDirectory>) {
    loop {
        let following = tokio::spawn(ChangeFeed::new(directory.clone()).follow());
        if let Err(error) = following.await {
            tracing::error!(%error, "following the changes of the database has failed; it is begun anew");
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
        tokio::time::sleep(SNAPSHOT_EVERY).await;
        let (directory, snapshot) = (directory.clone(), snapshot.clone());
        // A panic is one snapshot less.
        let _ended = tokio::task::spawn_blocking(move || write(&directory, &snapshot)).await;
    }
}

fn write(directory: &DatabaseDirectory, snapshot: &Snapshot) {
    if let Err(error) = directory.write_snapshot(snapshot) {
        tracing::warn!(file = %snapshot.file.display(), %error, "the snapshot of the database is not written");
    }
}

fn begin_with(directory: &DatabaseDirectory, snapshot: &Snapshot) {
    let file = snapshot.file.display();
    match directory.read_snapshot(snapshot) {
        Ok(count) => {
            directory.is_synced.store(true, Ordering::Release);
            tracing::warn!(%file, remembered = count, "begun with a snapshot of the database");
        }
        Err(error) => tracing::error!(%file, "the snapshot of the database is of no use: {error}"),
    }
}

/// All processes of a fleet do this, each after a time of its own.
async fn keep_pruning(directory: Arc<DatabaseDirectory>) {
    loop {
        tokio::time::sleep(PRUNE_EVERY.mul_f64(0.5 + fastrand::f64())).await;
        let before = directory.clock.now() - KEPT_HOURS.hours();
        if let Err(error) = directory.store.prune_changes(before).await {
            tracing::debug!("old changes are not pruned: {error}");
        }
    }
}

impl DatabaseDirectory {
    /// Sees to it that the schema is the one this program works with.
    pub(super) async fn prepare_schema(&self) -> Result<(), StoreError> {
        let state = self.store.ensure_schema(self.may_migrate).await?;
        if !state.is_current() {
            tracing::info!(from = state.has, to = state.wants, "the schema of the database is up to date");
        }
        Ok(())
    }
}
