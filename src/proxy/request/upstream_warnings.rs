//! Warnings about the upstream: one line a second for each cause. The access log has every failure, and an upstream that
//! is down must not fill the disk.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::proxy::upstream::failure::{Cause, Failure};

#[derive(Default)]
pub struct Warnings([LogInterval; Cause::COUNT]);

/// Allows one line a second.
#[derive(Default)]
pub(in crate::proxy) struct LogInterval {
    /// When it was written last, in seconds since 1970.
    second: AtomicI64,
    /// Not written since then.
    omitted: AtomicU64,
}

impl Warnings {
    /// `code` is the rejection's.
    pub(in crate::proxy) fn warn(&self, now: Timestamp, request_id: Uuid, code: &str, failure: &Failure) {
        let Some(omitted) = self.0.get(failure.cause as usize).and_then(|line| line.due(now)) else { return };
        tracing::warn!(%request_id, reason = failure.text, omitted, "{code}");
    }
}

impl LogInterval {
    pub(in crate::proxy) const fn new() -> Self {
        Self { second: AtomicI64::new(0), omitted: AtomicU64::new(0) }
    }

    /// How many lines were omitted since the last one; `None` where this one is to be omitted, too.
    pub(in crate::proxy) fn due(&self, now: Timestamp) -> Option<u64> {
        let second = now.as_second();
        if self.second.swap(second, Ordering::Relaxed) == second {
            self.omitted.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.omitted.swap(0, Ordering::Relaxed))
    }
}
