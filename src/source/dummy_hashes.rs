//! Hashes for unknown user names: verification takes as long as for a known one, and always the same for a name.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use crate::credential::PasswordHash;

/// Shared by all sets: with another key after a reload, the time for unknown names would change and reveal them.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The kinds of hash in a set, with their numbers.
#[derive(Default)]
pub(crate) struct DummyHashes(Vec<Kind>);

/// Hashes of the same cost.
#[derive(Clone)]
struct Kind {
    sample: PasswordHash,
    count: u64,
}

impl DummyHashes {
    pub(crate) fn add(&mut self, hash: &PasswordHash) {
        match self.0.iter_mut().find(|kind| kind.sample.cost() == hash.cost()) {
            Some(kind) => kind.count += 1,
            None => self.0.push(Kind { sample: hash.clone(), count: 1 }),
        }
    }

    pub(crate) fn from_kinds(kinds: Vec<(PasswordHash, u64)>) -> Self {
        let kinds = kinds.into_iter().filter(|(_, count)| *count > 0);
        Self(kinds.map(|(sample, count)| Kind { sample, count }).collect())
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = Self(self.0.clone());
        for kind in &other.0 {
            match both.0.iter_mut().find(|known| known.sample.cost() == kind.sample.cost()) {
                Some(known) => known.count += kind.count,
                None => both.0.push(kind.clone()),
            }
        }
        both
    }

    /// The hash for an unknown name. Weighted rendezvous hashing: each kind gets names in proportion to its number, and
    /// a kind that is added, removed or grows moves no name between the others.
    pub(crate) fn of(&self, username: &str) -> PasswordHash {
        let score = |kind: &Kind| {
            // Above 0, at most 1.
            let even = ((KEY.hash_one((kind.sample.cost(), username)) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
            even.ln() / kind.weight()
        };
        let best = self.0.iter().map(|kind| (score(kind), kind)).max_by(|(a, _), (b, _)| a.total_cmp(b));
        best.map_or_else(PasswordHash::dummy, |(_, kind)| kind.sample.clone())
    }
}

impl Kind {
    /// The largest power of two up to the number: one credential more or less rarely moves a name.
    fn weight(&self) -> f64 {
        (1_u64 << self.count.ilog2()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [&str; 3] = [
        "$2y$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
    ];

    /// This many of each kind.
    fn dummies(counts: [usize; 3]) -> DummyHashes {
        let mut dummies = DummyHashes::default();
        for (kind, count) in KINDS.iter().zip(counts) {
            for _ in 0..count {
                dummies.add(&kind.parse().unwrap());
            }
        }
        dummies
    }

    fn kinds(dummies: &DummyHashes) -> Vec<String> {
        (0..4000).map(|number| dummies.of(&format!("user-{number}")).cost().to_owned()).collect()
    }

    #[test]
    fn names_are_spread_over_the_kinds_by_their_numbers() {
        let kinds = kinds(&dummies([4, 16, 0]));
        let few = kinds.iter().filter(|kind| *kind == "$2y$04").count();
        assert!((600..1000).contains(&few), "{few} of 4000 instead of a fifth");
    }

    #[test]
    fn a_kind_that_is_new_moves_no_name_between_the_others() {
        let (before, after) = (kinds(&dummies([4, 16, 0])), kinds(&dummies([4, 16, 1])));
        let moved: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
        assert!(moved.len() < 400 && moved.iter().all(|(_, after)| *after == "{SHA}"), "{} moved", moved.len());
    }

    #[test]
    fn without_hashes_a_name_costs_as_much_as_a_new_password() {
        assert_eq!(dummies([0, 0, 0]).of("anybody"), PasswordHash::dummy());
    }
}
