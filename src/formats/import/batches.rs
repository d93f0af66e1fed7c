//! The second reading: entries in batches, read ahead on a thread.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::duplicates::{CheckSink, StatedAccess};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::credential::{Credential, Label};
use crate::formats::entry_sink::{Clash, Sink, ValidEntry};
use crate::formats::{Notes, Place};

/// As many as the store writes with one statement.
const BATCH_ENTRIES: usize = 1000;
/// Batches that wait.
const MAX_QUEUED_BATCHES: usize = 2;

pub struct ImportEntry {
    pub credential: Credential,
    pub place: Place,
    /// Fields that a credentials file has no key for.
    pub notes: Notes,
    /// The access that the file states for its account, here or elsewhere.
    pub access: Option<bool>,
}

#[derive(Default)]
pub struct Batch {
    pub entries: Vec<ImportEntry>,
    /// Accounts that the file states apart from credentials, with their access.
    pub accounts: Vec<(Label, bool)>,
}

pub struct Batches {
    receiver: Receiver<Batch>,
    thread: JoinHandle<Result<Diagnostics, Diagnostics>>,
}

impl Batches {
    pub(super) fn spawn(
        work: impl FnOnce(Sender<Batch>) -> Result<Diagnostics, Diagnostics> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel(MAX_QUEUED_BATCHES);
        let thread = std::thread::Builder::new().name("import".into()).spawn(move || work(sender))?;
        Ok(Self { receiver, thread })
    }

    /// `None` once the file is read, or cannot be read.
    pub async fn next(&mut self) -> Option<Batch> {
        self.receiver.recv().await
    }

    /// As [`Batches::next`], outside a runtime.
    pub fn blocking_next(&mut self) -> Option<Batch> {
        self.receiver.blocking_recv()
    }

    /// The faults of entries that were skipped. Call this after the last batch.
    ///
    /// # Errors
    /// The faults of a file that changed since it was checked.
    pub fn finish(self) -> Result<Diagnostics, Diagnostics> {
        drop(self.receiver);
        let panicked = || Diagnostic::new(Origin::WHOLE_FILE, "", "cannot be read: please report this");
        self.thread.join().unwrap_or_else(|_| Err(panicked().into()))
    }
}

pub(super) struct SendSink {
    access: Arc<StatedAccess>,
    /// Set where entries may be skipped for an earlier one.
    check: Option<CheckSink>,
    batch: Batch,
    sender: Sender<Batch>,
    is_closed: bool,
}

impl SendSink {
    pub(super) fn new(access: Arc<StatedAccess>, check: Option<CheckSink>, sender: Sender<Batch>) -> Self {
        Self { access, check, batch: Batch::default(), sender, is_closed: false }
    }

    pub(super) fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        // Fails when the import has failed.
        self.is_closed |= self.sender.blocking_send(batch).is_err();
    }

    fn flush_if_full(&mut self) {
        if self.batch.entries.len() >= BATCH_ENTRIES || self.batch.accounts.len() >= BATCH_ENTRIES {
            self.flush();
        }
    }
}

impl Sink for SendSink {
    fn insert(&mut self, entry: ValidEntry) -> Result<(), Clash> {
        if let Some(check) = &mut self.check {
            check.check(&entry)?;
        }
        let ValidEntry { credential, place, notes } = entry;
        let access = self.access.of(&credential.account.id);
        self.batch.entries.push(ImportEntry { credential, place, notes, access });
        self.flush_if_full();
        Ok(())
    }

    fn stated_access(&self, account: &Label) -> Option<bool> {
        self.access.of(account)
    }

    fn state_access(&mut self, account: Label, has_access: bool) -> bool {
        self.batch.accounts.push((account, has_access));
        self.flush_if_full();
        // The first reading has found it stated once.
        true
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }
}
