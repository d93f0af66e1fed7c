//! What is gathered of the uses of a credential until somebody writes it down.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{Network, RecentUses, Use};

/// Gathers uses until somebody takes them away. Noting one costs two atomic reads; once a second, and where callers
/// take turns, a lock that hardly anybody else wants.
#[derive(Debug, Default)]
pub struct LastUse {
    /// Of the last one.
    second: AtomicI64,
    network: AtomicU64,
    untaken: Mutex<RecentUses>,
}

impl LastUse {
    /// Takes note of a use. True when it is the first since [`LastUse::take`].
    pub fn note(&self, now: Timestamp, from: Option<IpAddr>) -> bool {
        let (second, network) = (now.as_second(), word(from));
        if self.second.load(Ordering::Relaxed) == second && self.network.load(Ordering::Relaxed) == network {
            return false;
        }
        self.network.store(network, Ordering::Relaxed);
        self.second.store(second, Ordering::Relaxed);
        let mut untaken = self.untaken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = untaken.is_empty();
        untaken.note(Use { at: Timestamp::from_second(second).unwrap_or_default(), from });
        is_first
    }

    /// The uses since the last time, to the second.
    pub fn take(&self) -> RecentUses {
        std::mem::take(&mut self.untaken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A network as a number. Nobody calls from those that would have the same one: no IPv6 address begins with so many
/// zeros, or with so many ones.
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
    fn it_is_told_of_once_until_it_is_taken() {
        let last = LastUse::default();
        assert!(last.note(second(7), None));
        assert!(!last.note(second(7), None));
        assert!(!last.note(second(8), HERE));
        assert_eq!(last.take().last(), Some(Use { at: second(8), from: HERE }));
        assert!(!last.note(second(8), HERE), "nothing new");
        assert!(last.take().is_empty());
        assert!(last.note(second(9), None));
    }

    #[test]
    fn all_who_come_within_a_second_are_noted() {
        let last = LastUse::default();
        let neighbours = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "192.0.2.1"];
        for from in neighbours {
            last.note(second(7), Some(from.parse().unwrap()));
        }
        let taken: Vec<String> = last.take().iter().filter_map(|one| Some(one.from?.to_string())).collect();
        assert_eq!(taken, ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    }
}
