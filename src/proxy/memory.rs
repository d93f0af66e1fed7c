//! Bounds on what requests hold in memory: HTTP/2 streams, and the heads of requests in progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::raw::Limits;

/// Counts what the requests of all connections hold. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct RequestMemory(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    streams: AtomicUsize,
    head_bytes: AtomicUsize,
}

/// The heads of the requests of one connection, in bytes. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionHeads(Arc<AtomicUsize>);

/// Counts a stream until it is dropped.
#[derive(Debug)]
pub(super) struct StreamPermit(RequestMemory);

/// Counts the memory of heads until it is dropped.
#[derive(Debug)]
pub(super) struct HeadPermit {
    memory: RequestMemory,
    connection: Option<ConnectionHeads>,
    bytes: usize,
}

impl RequestMemory {
    /// `None` where `limits.streams` are open.
    pub(super) fn try_stream(&self, limits: &Limits) -> Option<StreamPermit> {
        try_add(&self.0.streams, 1, limits.streams.get() as usize).then(|| StreamPermit(self.clone()))
    }

    /// `None` where a head of this cost is more than its connection or all of them may take.
    pub(super) fn try_head(
        &self,
        connection: Option<&ConnectionHeads>,
        bytes: usize,
        limits: &Limits,
    ) -> Option<HeadPermit> {
        let mut permit = HeadPermit { memory: self.clone(), connection: None, bytes: 0 };
        if let Some(heads) = connection {
            if !try_add(&heads.0, bytes, limits.header_bytes_per_connection.get() as usize) {
                return None;
            }
            permit.connection = Some(heads.clone());
        }
        let has_room = try_add(&self.0.head_bytes, bytes, limits.header_bytes_total.get() as usize);
        if has_room {
            permit.bytes = bytes;
        } else if let Some(heads) = permit.connection.take() {
            heads.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        has_room.then_some(permit)
    }

    /// For a head that still arrives: to be [grown](HeadPermit::grow_to).
    pub(super) fn unfinished_head(&self) -> HeadPermit {
        HeadPermit { memory: self.clone(), connection: None, bytes: 0 }
    }
}

impl HeadPermit {
    /// False where all heads together would then take more than they may.
    pub(super) fn grow_to(&mut self, bytes: usize, limits: &Limits) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let has_room = more == 0 || try_add(&self.memory.0.head_bytes, more, limits.header_bytes_total.get() as usize);
        if has_room {
            self.bytes += more;
        }
        has_room
    }

    pub(super) fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            self.memory.0.head_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        if let Some(heads) = self.connection.take() {
            heads.0.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for HeadPermit {
    fn drop(&mut self) {
        self.release();
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// False, without an effect, where the sum is over `max`.
fn try_add(counter: &AtomicUsize, more: usize, max: usize) -> bool {
    let before = counter.fetch_add(more, Ordering::Relaxed);
    let has_room = before.saturating_add(more) <= max;
    if !has_room {
        counter.fetch_sub(more, Ordering::Relaxed);
    }
    has_room
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn limits() -> Limits {
        let number = |number| NonZeroU32::new(number).unwrap();
        Limits {
            streams: number(2),
            header_bytes_per_connection: number(100),
            header_bytes_total: number(150),
            ..Limits::default()
        }
    }

    #[test]
    fn permits_end_with_the_limits_and_are_returned() {
        let (memory, limits, one, two) =
            (RequestMemory::default(), limits(), ConnectionHeads::default(), ConnectionHeads::default());
        let first = memory.try_head(Some(&one), 100, &limits).unwrap();
        assert!(memory.try_head(Some(&one), 1, &limits).is_none(), "one connection");
        assert!(memory.try_head(Some(&two), 51, &limits).is_none(), "all connections");
        let second = memory.try_head(Some(&two), 50, &limits).unwrap();
        assert!(memory.try_head(None, 1, &limits).is_none());
        drop((first, second));
        let mut growing = memory.unfinished_head();
        assert!(growing.grow_to(150, &limits) && !growing.grow_to(151, &limits) && growing.grow_to(10, &limits));
        growing.release();
        assert!(memory.try_head(Some(&one), 100, &limits).is_some());
        assert_eq!(memory.0.head_bytes.load(Ordering::Relaxed), 0);
        let streams = [memory.try_stream(&limits).unwrap(), memory.try_stream(&limits).unwrap()];
        assert!(memory.try_stream(&limits).is_none());
        drop(streams);
        assert!(memory.try_stream(&limits).is_some());
    }
}
