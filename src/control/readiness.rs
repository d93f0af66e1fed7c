//! Whether requests should be sent here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ready from the first reading of the files until the process is told to stop.
#[derive(Debug, Default)]
pub struct Readiness {
    is_stopping: Arc<AtomicBool>,
}

/// One thing that readiness depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// In a word.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub is_ok: bool,
    /// Whether requests should go elsewhere while it is not.
    pub is_vital: bool,
}

impl Readiness {
    /// Sends new requests elsewhere from now on.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Shows the same to whoever may not know of readiness.
    pub fn stopping_flag(&self) -> Arc<AtomicBool> {
        self.is_stopping.clone()
    }

    /// True once [`Readiness::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}
