//! Collects the uses of a credential until they are stored.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{Network, RecentUses, Use};

/// Collects uses until [`UseRecorder::take`]. Recording one costs two atomic reads, plus an uncontended lock once a second
/// or when the client network changes.
#[derive(Debug, Default)]
pub struct UseRecorder {
    /// Unix time of the last use.
    second: AtomicI64,
    network: AtomicU64,
    pending: Mutex<RecentUses>,
}

impl UseRecorder {
    /// Returns true for the first use since [`UseRecorder::take`].
    pub fn note(&self, now: Timestamp, from: Option<IpAddr>) -> bool {
        let (second, network) = (now.as_second(), word(from));
        if self.second.load(Ordering::Relaxed) == second && self.network.load(Ordering::Relaxed) == network {
            return false;
        }
        self.network.store(network, Ordering::Relaxed);
        self.second.store(second, Ordering::Relaxed);
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = pending.is_empty();
        pending.note(Use { at: Timestamp::from_second(second).unwrap_or_default(), from });
        is_first
    }

    /// Takes the uses since the previous call. Times are whole seconds.
    pub fn take(&self) -> RecentUses {
        std::mem::take(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A network as a number. IPv4 addresses and the marker for unknown clients collide only with IPv6 prefixes that are
/// never assigned: 32 leading zeros, or 64 ones.
fn word(from: Option<IpAddr>) -> u64 {
    match from.map(|from| Network::of(from).address()) {
        Some(IpAddr::V4(address)) => address.to_bits().into(),
        Some(IpAddr::V6(address)) => (address.to_bits() >> 64) as u64,
        None => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_the_first_use_since_take_is_reported() {
        let last = UseRecorder::default();
        assert!(last.note(second(7), None));
        assert!(!last.note(second(7), None));
        assert!(!last.note(second(8), HERE));
        assert_eq!(last.take().last(), Some(Use { at: second(8), from: HERE }));
        assert!(!last.note(second(8), HERE), "nothing new");
        assert!(last.take().is_empty());
        assert!(last.note(second(9), None));
    }

    #[test]
    fn several_networks_within_a_second_are_recorded() {
        let last = UseRecorder::default();
        let neighbours = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "192.0.2.1"];
        for from in neighbours {
            last.note(second(7), Some(from.parse().unwrap()));
        }
        let taken: Vec<String> = last.take().iter().filter_map(|one| Some(one.from?.to_string())).collect();
        assert_eq!(taken, ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    }
}
