//! The database of a desk alone: whether it answers, with the schema that this program works with.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::{Store, StoreError};

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Whether it is there.
#[derive(Debug)]
pub struct DatabaseProbe {
    /// Why it cannot be used.
    fault: Mutex<Option<String>>,
    may_migrate: bool,
}

impl DatabaseProbe {
    /// Looks at it for the first time. A server that is down is no reason not to start.
    ///
    /// # Errors
    /// When it answers and cannot be used.
    pub async fn begin(store: &Store, may_migrate: bool) -> Result<Self, StoreError> {
        let may_migrate = may_migrate || store.is_embedded();
        let database = Self { fault: Mutex::default(), may_migrate };
        match database.look(store).await {
            Err(error) if error.is_transient() => {}
            outcome => outcome?,
        }
        Ok(database)
    }

    /// True while it answers.
    pub fn is_there(&self) -> bool {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Looks at it again and again, without end.
    pub async fn keep_looking(&self, store: &Store) {
        loop {
            tokio::time::sleep(LOOK).await;
            // Said where it is found out.
            let _gone = self.look(store).await;
        }
    }

    async fn look(&self, store: &Store) -> Result<(), StoreError> {
        let outcome = store.ensure_schema(self.may_migrate).await;
        let fault = outcome.as_ref().err().map(ToString::to_string);
        let before = std::mem::replace(&mut *self.fault.lock().unwrap_or_else(PoisonError::into_inner), fault.clone());
        match &outcome {
            Ok(state) if !state.is_current() => {
                tracing::info!(from = state.has, to = state.wants, "the schema of the database is up to date");
            }
            Ok(_) if before.is_some() => tracing::info!("the database answers"),
            Err(error) if before != fault => tracing::error!("the desk is without its database: {error}"),
            _ => {}
        }
        outcome.map(drop)
    }
}
