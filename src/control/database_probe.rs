//! Checks the database of a process without a gate: whether it answers, and has the current schema.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::{Store, StoreError};

const PROBE_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct DatabaseProbe {
    /// Why the last probe failed.
    fault: Mutex<Option<String>>,
    may_migrate: bool,
}

impl DatabaseProbe {
    /// Probes for the first time. A database server that is down does not prevent the start.
    ///
    /// # Errors
    /// When the database answers but cannot be used.
    pub async fn begin(store: &Store, may_migrate: bool) -> Result<Self, StoreError> {
        let may_migrate = may_migrate || store.is_embedded();
        let database = Self { fault: Mutex::default(), may_migrate };
        match database.probe(store).await {
            Err(error) if error.is_transient() => {}
            outcome => outcome?,
        }
        Ok(database)
    }

    pub fn answers(&self) -> bool {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Never returns.
    pub async fn run(&self, store: &Store) {
        loop {
            tokio::time::sleep(PROBE_INTERVAL).await;
            // `probe` has logged it.
            let _failed = self.probe(store).await;
        }
    }

    async fn probe(&self, store: &Store) -> Result<(), StoreError> {
        let outcome = store.ensure_schema(self.may_migrate).await;
        let fault = outcome.as_ref().err().map(ToString::to_string);
        let before = std::mem::replace(&mut *self.fault.lock().unwrap_or_else(PoisonError::into_inner), fault.clone());
        match &outcome {
            Ok(state) if !state.is_current() => {
                tracing::info!(from = state.has, to = state.wants, "the schema of the database is up to date");
            }
            Ok(_) if before.is_some() => tracing::info!("the database answers"),
            Err(error) if before != fault => tracing::error!("the control plane has no database: {error}"),
            _ => {}
        }
        outcome.map(drop)
    }
}
