//! Bounds on what requests hold in memory: HTTP/2 streams, and the heads of requests in progress.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::auth::Network;
use crate::config::raw::Limits;

/// Counts what the requests of all connections hold. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct RequestMemory(Arc<Held>);

/// Networks that share one of these count as one, so that counting takes neither a lock nor memory. The hash has a key of
/// its own in each process, so that a client cannot choose whom it shares with.
const NETWORK_SLOTS: usize = 1024;

/// Where the streams of a network are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkSlot(usize);

#[derive(Debug)]
struct NetworkCounts(Box<[AtomicUsize]>);

impl Default for NetworkCounts {
    fn default() -> Self {
        Self((0..NETWORK_SLOTS).map(|_| AtomicUsize::new(0)).collect())
    }
}

#[derive(Debug, Default)]
struct Held {
    streams: AtomicUsize,
    streams_by_network: NetworkCounts,
    hasher: RandomState,
    head_bytes: AtomicUsize,
}

/// The heads of the requests of one connection, in bytes. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionHeads(Arc<AtomicUsize>);

/// Counts a stream until it is dropped.
#[derive(Debug)]
pub(super) struct StreamPermit {
    memory: RequestMemory,
    network: Option<NetworkSlot>,
    is_counted: bool,
}

/// Counts the memory of heads until it is dropped.
#[derive(Debug)]
pub(super) struct HeadPermit {
    memory: RequestMemory,
    connection: Option<ConnectionHeads>,
    bytes: usize,
}

impl RequestMemory {
    /// `None` where `limits.streams` are open, or where the network has its share of them: half, or as many as one
    /// connection may have.
    pub(super) fn try_stream(&self, limits: &Limits, network: Option<NetworkSlot>) -> Option<StreamPermit> {
        let max = limits.max_streams();
        let mut permit = StreamPermit { memory: self.clone(), network: None, is_counted: false };
        if let Some(slot) = network {
            let share = (max / 2).max(limits.streams_per_connection.get() as usize);
            if !try_add(&self.0.streams_by_network.0[slot.0], 1, share) {
                return None;
            }
            permit.network = Some(slot);
        }
        permit.is_counted = try_add(&self.0.streams, 1, max);
        permit.is_counted.then_some(permit)
    }

    pub(super) fn slot_of(&self, network: Network) -> NetworkSlot {
        NetworkSlot((self.0.hasher.hash_one(network) % NETWORK_SLOTS as u64) as usize)
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
        let has_room = try_add(&self.0.head_bytes, bytes, limits.max_head_bytes());
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
    /// False where all heads together would then take more than half of what they may: heads that are still arriving
    /// leave room for those that are complete.
    pub(super) fn grow_to(&mut self, bytes: usize, limits: &Limits) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let has_room = more == 0 || try_add(&self.memory.0.head_bytes, more, limits.max_head_bytes() / 2);
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
        if self.is_counted {
            self.memory.0.streams.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(slot) = self.network {
            self.memory.0.streams_by_network.0[slot.0].fetch_sub(1, Ordering::Relaxed);
        }
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
            streams: Some(number(2)),
            header_bytes_per_connection: number(100),
            header_bytes_total: Some(number(150)),
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
        assert!(growing.grow_to(75, &limits) && !growing.grow_to(76, &limits) && growing.grow_to(10, &limits));
        drop(memory.try_head(None, 75, &limits).expect("room beside heads that are arriving"));
        growing.release();
        assert!(memory.try_head(Some(&one), 100, &limits).is_some());
        assert_eq!(memory.0.head_bytes.load(Ordering::Relaxed), 0);
        let streams = [memory.try_stream(&limits, None).unwrap(), memory.try_stream(&limits, None).unwrap()];
        assert!(memory.try_stream(&limits, None).is_none());
        drop(streams);
        assert!(memory.try_stream(&limits, None).is_some());
    }

    #[test]
    fn one_network_does_not_take_all_streams() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let limits = Limits { streams: Some(number(10)), streams_per_connection: number(3), ..Limits::default() };
        let memory = RequestMemory::default();
        let (one, other) = (NetworkSlot(1), NetworkSlot(2));
        let mut held: Vec<_> = (0..5).map(|_| memory.try_stream(&limits, Some(one)).unwrap()).collect();
        assert!(memory.try_stream(&limits, Some(one)).is_none());
        held.extend((0..5).map(|_| memory.try_stream(&limits, Some(other)).unwrap()));
        assert!(memory.try_stream(&limits, None).is_none(), "all are taken");
        drop(held);
        assert_eq!(memory.0.streams.load(Ordering::Relaxed), 0);
        assert!(memory.0.streams_by_network.0.iter().all(|count| count.load(Ordering::Relaxed) == 0));
    }
}
