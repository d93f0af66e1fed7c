//! Last uses of credentials: collected in memory, written at intervals.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::DatabaseDirectory;
use crate::credential::{Credential, Label, RecentUses};

/// Bound of the uses that are kept while the database cannot be written.
const MAX_PENDING: usize = 1_000_000;

/// Credentials that were used since the last write.
#[derive(Default)]
pub(super) struct Uses {
    used: Mutex<Vec<Arc<Credential>>>,
    /// From failed writes.
    unwritten: Mutex<BTreeMap<Label, RecentUses>>,
}

impl Uses {
    /// Locks only for the first use of a credential since the last write.
    pub(super) fn note(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        let Some(last) = &credential.last_use else { return };
        if last.note(now, from) {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            if used.len() < MAX_PENDING {
                used.push(credential.clone());
            }
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, BTreeMap<Label, RecentUses>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_all(&self) -> BTreeMap<Label, RecentUses> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses = std::mem::take(&mut *self.unwritten());
        for credential in used {
            // A credential that was read twice is here twice.
            if let Some(last) = &credential.last_use {
                uses.entry(credential.id.clone()).or_default().merge(last.take());
            }
        }
        uses
    }
}

impl DatabaseDirectory {
    /// Writes pending uses. Keeps them when that fails, up to [`MAX_PENDING`].
    pub(super) async fn write_uses(&self) {
        let mut uses = self.uses.take_all();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.store.record_uses(&uses).await {
            tracing::warn!("cannot write last uses yet: {error}");
            while uses.len() > MAX_PENDING {
                uses.pop_last();
            }
            *self.uses.unwritten() = uses;
        }
    }
}
