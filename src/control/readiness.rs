//! Whether load balancers should send requests here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ready from the first successful load of the files until the process begins to stop.
#[derive(Debug, Default)]
pub struct Readiness {
    is_stopping: Arc<AtomicBool>,
}

/// One line of `/readyz?verbose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub name: &'static str,
    /// Lines below the probe.
    pub details: Vec<String>,
    pub is_ok: bool,
    /// A failure makes the process not ready.
    pub is_vital: bool,
}

impl Readiness {
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// For code that may not import this module.
    pub fn stopping_flag(&self) -> Arc<AtomicBool> {
        self.is_stopping.clone()
    }

    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}
