//! Defaults that follow the machine: its cores, and the memory that the process may use.

use std::num::{NonZeroU32, NonZeroUsize};

use super::memory_limit::memory_limit;
use super::raw::{DEFAULT_HEAD_BYTES, DEFAULT_STREAMS};

/// A connection whose client does not read (measured). Idle ones take a tenth of it.
const CONNECTION_BYTES: u64 = 720 * 1024;
/// A stream of HTTP/2 whose client does not read (benches/hostile, memory).
const STREAM_BYTES: u64 = 512 * 1024;
/// A verified pair in the cache, and the overhead of its entry.
const REMEMBERED_BYTES: u64 = 256;
/// argon2id with the parameters of new passwords.
const HASH_BYTES: u64 = 19 << 20;
const MAX_CONNECTIONS: u64 = 10_000;
const MIN_CONNECTIONS: u64 = 64;
const MIN_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(16).unwrap();
const MAX_CACHE_MEGABYTES: u64 = 128;
const MIN_CACHE_MEGABYTES: u64 = 1;
const MAX_STREAMS: u64 = DEFAULT_STREAMS.get() as u64;
const MIN_STREAMS: u64 = 16;
const MAX_HEAD_BYTES: u64 = DEFAULT_HEAD_BYTES.get() as u64;
const MIN_HEAD_BYTES: u64 = 1 << 20;
const MAX_REMEMBERED: u64 = 100_000;
const MIN_REMEMBERED: u64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourceDefaults {
    /// Worker threads.
    pub(super) threads: NonZeroUsize,
    pub(super) hash_threads: NonZeroUsize,
    pub(super) connections: NonZeroU32,
    pub(super) streams: NonZeroU32,
    /// Of the heads of all requests in progress.
    pub(super) head_bytes: NonZeroU32,
    /// Verified pairs that are cached.
    pub(super) remembered: u64,
    /// Of cached tokens, and as much of cached pairs.
    pub(super) cache_megabytes: NonZeroU32,
}

impl ResourceDefaults {
    pub(super) fn of_this_machine() -> Self {
        Self::of(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN), memory_limit())
    }

    /// A tenth of `connections`, so that fewer than ten addresses cannot take all of them.
    pub(super) fn connections_per_address(connections: NonZeroU32) -> NonZeroU32 {
        let share = NonZeroU32::new(connections.get() / 10).unwrap_or(NonZeroU32::MIN);
        share.max(MIN_PER_ADDRESS).min(connections)
    }

    /// `memory` is a limit in bytes. Of 32 parts, 12 are for connections, 6 for streams of HTTP/2, 4 for hashes, 4 for
    /// both caches of the database, 2 for heads, 1 for verified pairs, and 3 for the rest.
    fn of(cores: NonZeroUsize, memory: Option<u64>) -> Self {
        let parts = |number: u64| memory.map_or(u64::MAX, |memory| memory / 32 * number);
        let connections = (parts(12) / CONNECTION_BYTES).clamp(MIN_CONNECTIONS, MAX_CONNECTIONS);
        let streams = (parts(6) / STREAM_BYTES).clamp(MIN_STREAMS, MAX_STREAMS);
        // Half of the cores hash; the other half is left to requests that need no hash.
        let hashes = usize::try_from(parts(4) / HASH_BYTES).unwrap_or(usize::MAX).min(cores.get() / 2);
        let cache = (parts(4) / 2 / 1_000_000).clamp(MIN_CACHE_MEGABYTES, MAX_CACHE_MEGABYTES);
        let number = |number: u64| u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        Self {
            threads: cores,
            hash_threads: NonZeroUsize::new(hashes).unwrap_or(NonZeroUsize::MIN),
            connections: number(connections),
            streams: number(streams),
            head_bytes: number(parts(2).clamp(MIN_HEAD_BYTES, MAX_HEAD_BYTES)),
            remembered: (parts(1) / REMEMBERED_BYTES).clamp(MIN_REMEMBERED, MAX_REMEMBERED),
            cache_megabytes: number(cache),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cores: usize, memory: Option<u64>) -> ResourceDefaults {
        ResourceDefaults::of(NonZeroUsize::new(cores).unwrap(), memory)
    }

    /// Connections, those of one address, hashes, megabytes of each cache, streams, MiB of heads, verified pairs.
    fn numbers(defaults: ResourceDefaults) -> [u64; 7] {
        let [connections, per_address, cache, streams, heads] = [
            defaults.connections,
            ResourceDefaults::connections_per_address(defaults.connections),
            defaults.cache_megabytes,
            defaults.streams,
            defaults.head_bytes,
        ]
        .map(|number| number.get().into());
        let hashes = defaults.hash_threads.get() as u64;
        [connections, per_address, hashes, cache, streams, heads >> 20, defaults.remembered]
    }

    #[test]
    fn defaults_fit_into_the_memory() {
        let most = [10_000, 1000, 4, 128, 250, 32, 100_000];
        assert_eq!(numbers(of(8, None)), most);
        assert_eq!(numbers(of(8, Some(64 << 30))), most);
        assert_eq!(numbers(of(64, Some(512 << 20))), [273, 27, 3, 33, 192, 32, 65_536]);
        assert_eq!(numbers(of(1, Some(1))), [64, 16, 1, 1, 16, 1, 1000]);
        for memory in [256_u64 << 20, 512 << 20, 1 << 30, 4 << 30] {
            let [connections, _, hashes, cache, streams, heads, remembered] = numbers(of(64, Some(memory)));
            let sum = connections * CONNECTION_BYTES
                + streams * STREAM_BYTES
                + hashes * HASH_BYTES
                + 2 * cache * 1_000_000
                + (heads << 20)
                + remembered * REMEMBERED_BYTES;
            assert!(sum <= memory / 32 * 29, "{memory}: {sum}");
        }
    }
}
