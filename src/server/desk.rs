//! The desk, brought to the admin listener.

use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;

use crate::clock::Clock;
use crate::config;
use crate::control::api::{Desk, InForce};
use crate::store::{Store, StoreOptions};

/// Connections of the desk, beside those of the gate.
const CONNECTIONS: u32 = 4;

/// What a desk is made of, once there is a runtime for it.
pub(super) struct DeskPlan {
    pub(super) database: config::Database,
    pub(super) in_force: Arc<ArcSwap<InForce>>,
}

impl DeskPlan {
    /// On a database that was opened for the gate already, and is there.
    ///
    /// # Errors
    /// When it can never be reached this way.
    pub(super) async fn open(&self) -> anyhow::Result<Desk> {
        let limit = self.database.options.query_timeout.duration();
        let options = StoreOptions { connections: CONNECTIONS, limit, create: false };
        let store = Store::open(&self.database.url, options).await?;
        Desk::new(store, Clock::System, self.in_force.clone()).context("the system gives no thread")
    }
}
