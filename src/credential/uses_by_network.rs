//! Recent uses of a credential, by client network.

use std::net::IpAddr;

use jiff::Timestamp;

use super::Network;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub at: Timestamp,
    /// `None` if the client is unknown.
    pub from: Option<IpAddr>,
}

/// The last use from each of at most [`RecentUses::MAX_NETWORKS`] networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentUses(Vec<Use>);

impl Use {
    pub fn network(&self) -> Option<Network> {
        self.from.map(Network::of)
    }
}

impl RecentUses {
    /// Of more networks, the least recently used one is dropped.
    pub const MAX_NETWORKS: usize = 16;

    /// Records a use, unless a later one from the same network exists.
    pub fn note(&mut self, one: Use) {
        let uses = &mut self.0;
        let known = uses.iter().position(|known| known.network() == one.network());
        let is_full = uses.len() == Self::MAX_NETWORKS;
        let oldest = || uses.iter().enumerate().min_by_key(|(_, known)| known.at).map(|(place, _)| place);
        match known.or_else(|| if is_full { oldest() } else { None }) {
            Some(place) if uses[place].at > one.at => {}
            Some(place) => uses[place] = one,
            None => uses.push(one),
        }
    }

    pub fn merge(&mut self, others: Self) {
        others.0.into_iter().for_each(|one| self.note(one));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn last(&self) -> Option<Use> {
        self.0.iter().copied().max_by_key(|one| one.at)
    }

    /// In no particular order.
    pub fn iter(&self) -> impl Iterator<Item = Use> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(second: i64, from: &str) -> Use {
        Use { at: Timestamp::from_second(second).unwrap(), from: Some(from.parse().unwrap()) }
    }

    fn noted(uses: &[Use]) -> RecentUses {
        let mut recent = RecentUses::default();
        uses.iter().for_each(|one| recent.note(*one));
        recent
    }

    #[test]
    fn the_last_use_from_each_network_is_kept() {
        let recent =
            noted(&[used(7, "192.0.2.1"), used(9, "2001:db8::1"), used(8, "192.0.2.1"), used(3, "2001:db8::2")]);
        assert_eq!(recent.iter().collect::<Vec<_>>(), [used(8, "192.0.2.1"), used(9, "2001:db8::1")]);
        assert_eq!(recent.last(), Some(used(9, "2001:db8::1")));
    }

    #[test]
    fn the_least_recently_used_network_is_dropped() {
        let all: Vec<Use> = (0..20).map(|number| used(number, &format!("192.0.2.{number}"))).collect();
        let recent = noted(&all);
        assert_eq!(recent.iter().count(), RecentUses::MAX_NETWORKS);
        assert!(all[4..].iter().all(|one| recent.iter().any(|kept| kept == *one)), "{recent:?}");
        let mut both = noted(&all[..16]);
        both.merge(noted(&all[16..]));
        assert_eq!(both.last(), Some(all[19]));
        assert!(!both.iter().any(|kept| kept == all[3]), "{both:?}");
        // An older use than all recorded ones is not recorded.
        both.note(used(1, "192.0.2.99"));
        assert_eq!(both.iter().count(), RecentUses::MAX_NETWORKS);
        assert!(both.iter().all(|kept| kept.at > all[3].at), "{both:?}");
    }
}
