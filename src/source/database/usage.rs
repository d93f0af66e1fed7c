//! When credentials were used, and from where: gathered in memory, written now and then.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::DatabaseDirectory;
use crate::credential::{Credential, Label, RecentUses};

/// Of more than these nothing is kept while the database cannot be written.
const MOST: usize = 1_000_000;

/// Credentials that were used since the last time somebody wrote it down.
#[derive(Default)]
pub(super) struct Uses {
    used: Mutex<Vec<Arc<Credential>>>,
    /// What could not be written then.
    unwritten: Mutex<BTreeMap<Label, RecentUses>>,
}

impl Uses {
    /// Takes note of a use; a lock of all only for the first one since they were gathered.
    pub(super) fn note(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        let Some(last) = &credential.last_use else { return };
        if last.note(now, from) {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            if used.len() < MOST {
                used.push(credential.clone());
            }
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, BTreeMap<Label, RecentUses>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is not written yet.
    fn gather(&self) -> BTreeMap<Label, RecentUses> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses = std::mem::take(&mut *self.unwritten());
        for credential in used {
            // A credential that was read twice may stand here twice.
            if let Some(last) = &credential.last_use {
                uses.entry(credential.id.clone()).or_default().merge(last.take());
            }
        }
        uses
    }
}

impl DatabaseDirectory {
    /// Writes the last uses down. What cannot be written is kept for the next time, within bounds.
    pub(super) async fn write_uses(&self) {
        let mut uses = self.uses.gather();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.store.record_uses(&uses).await {
            tracing::warn!("last uses are not written yet: {error}");
            while uses.len() > MOST {
                uses.pop_last();
            }
            *self.uses.unwritten() = uses;
        }
    }
}
