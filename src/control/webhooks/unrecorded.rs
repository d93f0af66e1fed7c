//! Attempts that have ended and are not recorded yet. Those that end while a transaction is under way share the next one.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::store::{AttemptRecord, ClaimedDelivery, EndedAttempt, NextStep};

#[derive(Default)]
pub(super) struct UnrecordedAttempts {
    waiting: Mutex<Vec<Waiting>>,
    /// Held while a transaction records all that wait.
    pub(super) recording: tokio::sync::Mutex<()>,
}

/// With where it is handed back, if it has to be recorded alone.
pub(super) type Waiting = (UnrecordedAttempt, oneshot::Sender<Option<UnrecordedAttempt>>);

pub(super) struct UnrecordedAttempt {
    pub(super) claimed: ClaimedDelivery,
    pub(super) attempt: AttemptRecord,
    pub(super) next: NextStep,
}

impl UnrecordedAttempts {
    /// Resolves to `None` once the attempt is recorded, and to the attempt where it has to be recorded alone.
    pub(super) fn push(&self, unrecorded: UnrecordedAttempt) -> oneshot::Receiver<Option<UnrecordedAttempt>> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((unrecorded, sender));
        receiver
    }

    pub(super) fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl UnrecordedAttempt {
    pub(super) fn ended(&self) -> EndedAttempt<'_> {
        EndedAttempt { claimed: &self.claimed, attempt: &self.attempt, next: self.next }
    }
}
