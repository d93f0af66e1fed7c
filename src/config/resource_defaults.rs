//! ResourceDefaults that follow the machine: its cores, and the memory that the process may use.

use std::num::{NonZeroU32, NonZeroUsize};

use super::memory;

/// A connection whose client does not read (measured). Idle ones take a tenth of it.
const CONNECTION_BYTES: u64 = 720 * 1024;
/// argon2id with the parameters of new passwords.
const HASH_BYTES: u64 = 19 << 20;
const MAX_CONNECTIONS: u64 = 10_000;
const MIN_CONNECTIONS: u64 = 64;
const MIN_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(16).unwrap();
const MAX_CACHE_MEGABYTES: u64 = 128;
const MIN_CACHE_MEGABYTES: u64 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResourceDefaults {
    /// Worker threads.
    pub(super) threads: NonZeroUsize,
    pub(super) hash_threads: NonZeroUsize,
    pub(super) connections: NonZeroU32,
    /// Of cached tokens, and as much of cached pairs.
    pub(super) cache_megabytes: NonZeroU32,
}

impl ResourceDefaults {
    pub(super) fn of_this_machine() -> Self {
        Self::of(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN), memory::limit())
    }

    /// A tenth of `connections`, so that fewer than ten addresses cannot take all of them.
    pub(super) fn connections_per_address(connections: NonZeroU32) -> NonZeroU32 {
        let share = NonZeroU32::new(connections.get() / 10).unwrap_or(NonZeroU32::MIN);
        share.max(MIN_PER_ADDRESS).min(connections)
    }

    /// `memory` is a limit in bytes: five eighths of it are for connections, one for hashes, one for both caches, and
    /// one for the rest.
    fn of(cores: NonZeroUsize, memory: Option<u64>) -> Self {
        let eighths = |number: u64| memory.map_or(u64::MAX, |memory| memory / 8 * number);
        let connections = (eighths(5) / CONNECTION_BYTES).clamp(MIN_CONNECTIONS, MAX_CONNECTIONS);
        // Half of the cores hash; the other half is left to requests that need no hash.
        let hashes = usize::try_from(eighths(1) / HASH_BYTES).unwrap_or(usize::MAX).min(cores.get() / 2);
        let cache = (eighths(1) / 2 / 1_000_000).clamp(MIN_CACHE_MEGABYTES, MAX_CACHE_MEGABYTES);
        let number = |number: u64| u32::try_from(number).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        Self {
            threads: cores,
            hash_threads: NonZeroUsize::new(hashes).unwrap_or(NonZeroUsize::MIN),
            connections: number(connections),
            cache_megabytes: number(cache),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cores: usize, memory: Option<u64>) -> [u64; 4] {
        let defaults = ResourceDefaults::of(NonZeroUsize::new(cores).unwrap(), memory);
        let [connections, per_address, cache] = [
            defaults.connections,
            ResourceDefaults::connections_per_address(defaults.connections),
            defaults.cache_megabytes,
        ]
        .map(|n| n.get().into());
        [connections, per_address, defaults.hash_threads.get() as u64, cache]
    }

    #[test]
    fn defaults_fit_into_the_memory() {
        assert_eq!(of(8, None), [10_000, 1000, 4, 128]);
        assert_eq!(of(8, Some(64 << 30)), [10_000, 1000, 4, 128]);
        assert_eq!(of(64, Some(512 << 20)), [455, 45, 3, 33]);
        assert_eq!(of(1, Some(1)), [64, 16, 1, 1]);
        for memory in [256_u64 << 20, 512 << 20, 1 << 30, 4 << 30] {
            let [connections, _, hashes, cache] = of(64, Some(memory));
            let sum = connections * CONNECTION_BYTES + hashes * HASH_BYTES + 2 * cache * 1_000_000;
            assert!(sum < memory * 7 / 8 + (1 << 20), "{memory}: {sum}");
        }
    }
}
