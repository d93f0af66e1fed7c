//! Counts of credentials, kept until something changes: counting the 100,000 of an account takes tens of milliseconds,
//! and every list shows them.

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use super::list::{CredentialFilter, StateCounts};
use crate::store::FeedPoint;

/// The end of a credential, or of a link, changes the counts without an entry in the change feed.
const MAX_COUNT_AGE: SignedDuration = SignedDuration::from_secs(5);
const MAX_ENTRIES: u64 = 1000;

#[derive(Clone)]
struct Counted {
    /// Of the change feed, before they were counted.
    position: FeedPoint,
    at: Timestamp,
    counts: StateCounts,
}

/// Counts by filter; in filters, the state is left out.
pub(in crate::store) struct CountCache(Cache<CredentialFilter, Counted>);

impl Default for CountCache {
    fn default() -> Self {
        Self(Cache::new(MAX_ENTRIES))
    }
}

impl CountCache {
    pub(super) fn get(&self, filter: &CredentialFilter, position: FeedPoint, now: Timestamp) -> Option<StateCounts> {
        let counted = self.0.get(filter)?;
        let age = now.duration_since(counted.at);
        let is_current = counted.position == position && !age.is_negative() && age <= MAX_COUNT_AGE;
        is_current.then_some(counted.counts)
    }

    pub(super) fn insert(&self, filter: &CredentialFilter, position: FeedPoint, now: Timestamp, counts: StateCounts) {
        // A search is seldom repeated in time.
        if filter.part.is_none() && filter.owner_part.is_none() {
            self.0.insert(filter.clone(), Counted { position, at: now, counts });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CredentialKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn point(history: i64, number: i64) -> FeedPoint {
        FeedPoint { history, number }
    }

    #[test]
    fn counts_end_with_a_change_another_history_and_their_age() {
        let (cache, filter) = (CountCache::default(), CredentialFilter::default());
        let counts = StateCounts { enabled: 3, ..StateCounts::default() };
        cache.insert(&filter, point(1, 7), at(100), counts);
        assert_eq!(cache.get(&filter, point(1, 7), at(105)), Some(counts));
        for (position, now) in
            [(point(1, 8), at(100)), (point(2, 7), at(100)), (point(1, 7), at(106)), (point(1, 7), at(99))]
        {
            assert_eq!(cache.get(&filter, position, now), None, "{position:?} {now}");
        }
        let other = CredentialFilter { kind: Some(CredentialKind::Own), ..filter };
        assert_eq!(cache.get(&other, point(1, 7), at(100)), None);
    }

    #[test]
    fn a_search_is_not_remembered() {
        let cache = CountCache::default();
        let filter = CredentialFilter { part: Some("a".into()), ..CredentialFilter::default() };
        cache.insert(&filter, point(1, 7), at(100), StateCounts::default());
        assert_eq!(cache.get(&filter, point(1, 7), at(100)), None);
    }
}
