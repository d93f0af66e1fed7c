//! Warnings about the upstream: one line a second for each cause. The access log has every failure, and an upstream that
//! is down must not fill the disk.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

use crate::proxy::upstream::failure::{Cause, Failure};

#[derive(Default)]
pub struct Warnings([Line; Cause::COUNT]);

#[derive(Default)]
struct Line {
    /// When it was written last, in seconds since 1970.
    second: AtomicI64,
    /// Not written since then.
    omitted: AtomicU64,
}

impl Warnings {
    /// `code` is the rejection's.
    pub(in crate::proxy) fn warn(&self, now: Timestamp, request_id: Uuid, code: &str, failure: &Failure) {
        let Some(line) = self.0.get(failure.cause as usize) else { return };
        let second = now.as_second();
        if line.second.swap(second, Ordering::Relaxed) == second {
            line.omitted.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let omitted = line.omitted.swap(0, Ordering::Relaxed);
        tracing::warn!(%request_id, reason = failure.text, omitted, "{code}");
    }
}
