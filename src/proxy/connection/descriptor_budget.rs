//! Keeps file descriptors back from callers.

use std::sync::atomic::{AtomicBool, Ordering};

/// How many descriptors connections may use. The system hands out the lowest free number, so that a new descriptor with
/// a high number means that at least as many are open.
#[derive(Debug)]
pub struct DescriptorBudget {
    max_connections: usize,
    /// Numbers from here on are kept back for the admin listener, files and the database.
    reserved_from: i32,
    is_used_up: AtomicBool,
}

impl DescriptorBudget {
    pub fn new(max_connections: usize, reserved_from: i32) -> Self {
        Self { max_connections, reserved_from, is_used_up: AtomicBool::new(false) }
    }

    /// Connections of callers, each of which may need one to the API.
    pub(super) fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// False for a descriptor that has to be closed. Negative numbers are no descriptors.
    pub(in crate::proxy) fn allows(&self, descriptor: i32) -> bool {
        let is_reserved = descriptor >= self.reserved_from;
        if is_reserved {
            self.is_used_up.store(true, Ordering::Relaxed);
        }
        !is_reserved
    }

    /// True from the first descriptor that was not allowed to the next [`Self::update`].
    pub(in crate::proxy) fn is_used_up(&self) -> bool {
        self.is_used_up.load(Ordering::Relaxed)
    }

    /// Takes the number of a descriptor that was just opened, `None` where the system has none; returns
    /// [`Self::is_used_up`].
    pub(super) fn update(&self, newest: Option<i32>) -> bool {
        let is_used_up = newest.is_none_or(|newest| newest >= self.reserved_from);
        self.is_used_up.store(is_used_up, Ordering::Relaxed);
        is_used_up
    }
}
