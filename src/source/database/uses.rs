//! When credentials were used: gathered in memory, written now and then.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::DatabaseDirectory;
use crate::credential::Credential;
use crate::store::Use;

/// More than these are not kept while the database cannot be written; what is written is the last use anyway.
const MOST: usize = 1_000_000;

/// Credentials that were used since the last time somebody wrote it down.
#[derive(Default)]
pub(super) struct Uses {
    used: Mutex<Vec<Arc<Credential>>>,
    /// What could not be written then.
    unwritten: Mutex<Vec<Use>>,
}

impl Uses {
    /// Takes note of a use; a lock only for the first one since the last [`Uses::take`].
    pub(super) fn note(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        let Some(last) = &credential.last_use else { return };
        if last.note(now, from) {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            if used.len() < MOST {
                used.push(credential.clone());
            }
        }
    }

    fn unwritten(&self) -> MutexGuard<'_, Vec<Use>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Use> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let one_use = |credential: Arc<Credential>| {
            let (at, from) = credential.last_use.as_ref()?.take();
            Some(Use { id: credential.id.to_string(), at, from })
        };
        // A credential that was read twice may stand here twice, with two times.
        let mut uses: Vec<Use> = used.into_iter().filter_map(one_use).collect();
        uses.sort_by(|a, b| (&a.id, b.at).cmp(&(&b.id, a.at)));
        uses.dedup_by(|later, first| later.id == first.id);
        uses
    }
}

impl DatabaseDirectory {
    /// Writes the last uses down. What cannot be written is kept for the next time, within bounds.
    pub(super) async fn write_uses(&self) {
        let mut uses = self.uses.take();
        uses.append(&mut self.uses.unwritten());
        uses.sort_by(|a, b| (&a.id, b.at).cmp(&(&b.id, a.at)));
        uses.dedup_by(|later, first| later.id == first.id);
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.store.note_uses(&uses).await {
            tracing::warn!("last uses are not written yet: {error}");
            uses.truncate(MOST);
            self.uses.unwritten().append(&mut uses);
        }
    }
}
