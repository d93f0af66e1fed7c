//! When a credential was used lately, and from where.

use std::net::IpAddr;

use jiff::Timestamp;

use super::Network;

/// One use of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// From where, where that is known.
    pub from: Option<IpAddr>,
}

/// The last use from each network, of as many networks as are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentUses(Vec<Use>);

impl Use {
    /// Where it came from, as far as that is told from its neighbours.
    pub fn network(&self) -> Option<Network> {
        self.from.map(Network::of)
    }
}

impl RecentUses {
    /// Networks that are kept; of more, the one that was used longest ago is forgotten.
    pub const MOST: usize = 16;

    /// Takes note of a use, unless there is a later one from the same network.
    pub fn note(&mut self, one: Use) {
        let uses = &mut self.0;
        let known = uses.iter().position(|known| known.network() == one.network());
        let is_full = uses.len() == Self::MOST;
        let oldest = || uses.iter().enumerate().min_by_key(|(_, known)| known.at).map(|(place, _)| place);
        match known.or_else(|| if is_full { oldest() } else { None }) {
            Some(place) if uses[place].at > one.at => {}
            Some(place) => uses[place] = one,
            None => uses.push(one),
        }
    }

    /// Takes note of all of these, too.
    pub fn merge(&mut self, others: Self) {
        others.0.into_iter().for_each(|one| self.note(one));
    }

    /// True when there was none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last one of all.
    pub fn last(&self) -> Option<Use> {
        self.0.iter().copied().max_by_key(|one| one.at)
    }

    /// The last one from each network, in no order.
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
    fn of_too_many_networks_the_one_used_longest_ago_is_forgotten() {
        let all: Vec<Use> = (0..20).map(|number| used(number, &format!("192.0.2.{number}"))).collect();
        let recent = noted(&all);
        assert_eq!(recent.iter().count(), RecentUses::MOST);
        assert!(all[4..].iter().all(|one| recent.iter().any(|kept| kept == *one)), "{recent:?}");
        let mut both = noted(&all[..16]);
        both.merge(noted(&all[16..]));
        assert_eq!(both.last(), Some(all[19]));
        assert!(!both.iter().any(|kept| kept == all[3]), "{both:?}");
        // One of long ago takes the place of none.
        both.note(used(1, "192.0.2.99"));
        assert_eq!(both.iter().count(), RecentUses::MOST);
        assert!(both.iter().all(|kept| kept.at > all[3].at), "{both:?}");
    }
}
