//! The desk, brought to the admin listener.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;

use super::setup_link;
use crate::auth::Throttle;
use crate::clock::Clock;
use crate::config;
use crate::control::{ControlState, DatabaseProbe, LiveSettings, prune};
use crate::store::{Store, StoreOptions};

/// Connections of the desk, beside those of the gate.
const CONNECTIONS: u32 = 4;
/// How often what is over is forgotten, about: all desks of a fleet do it.
const TIDY: Duration = Duration::from_secs(600);

/// What a desk is made of, once there is a runtime for it.
pub(super) struct ManagementApi {
    pub(super) database: config::Database,
    pub(super) in_force: Arc<ArcSwap<LiveSettings>>,
    pub(super) throttle: Arc<Throttle>,
    /// Looked after here where there is no gate.
    pub(super) alone: Option<Arc<DatabaseProbe>>,
}

impl ManagementApi {
    /// On a database that was opened already, and is there. What goes on beside the desk ends with the runtime.
    ///
    /// # Errors
    /// When it can never be reached this way.
    pub(super) async fn open(&self) -> anyhow::Result<ControlState> {
        let store = Store::open(&self.database.url, options(&self.database, false)).await?;
        let management = ControlState::new(store.clone(), Clock::System, self.in_force.clone(), self.throttle.clone())
            .context("the system gives no thread")?;
        if let Some(alone) = self.alone.clone() {
            let store = store.clone();
            tokio::spawn(async move { alone.run(&store).await });
        }
        tokio::spawn(setup_link::offer(store.clone(), self.in_force.clone()));
        tokio::spawn(keep_tidy(store, self.in_force.clone()));
        Ok(management)
    }
}

/// Opens the database of a desk alone for the first time.
///
/// # Errors
/// When it answers and cannot be used.
pub(super) fn begin_alone(database: &config::Database, may_migrate: bool) -> anyhow::Result<DatabaseProbe> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = runtime.block_on(async {
        let store = Store::open(&database.url, options(database, true)).await?;
        let begun = DatabaseProbe::begin(&store, may_migrate).await;
        store.close().await;
        begun
    });
    begun.with_context(|| database.url.to_string())
}

fn options(database: &config::Database, create: bool) -> StoreOptions {
    StoreOptions { connections: CONNECTIONS, query_timeout: database.options.query_timeout.duration(), create }
}

async fn keep_tidy(store: Store, in_force: Arc<ArcSwap<LiveSettings>>) {
    loop {
        tokio::time::sleep(TIDY.mul_f64(0.5 + fastrand::f64())).await;
        let idle = in_force.load().console.session.idle.duration();
        match prune(&store, Clock::System.now(), idle).await {
            Ok(count) => tracing::debug!(count, "what was over is forgotten"),
            Err(error) => tracing::debug!("what is over is not forgotten: {error}"),
        }
    }
}
