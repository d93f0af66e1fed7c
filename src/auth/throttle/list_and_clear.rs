//! What operators see and change of a throttle.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Bucket, BucketKey, Throttle};
use crate::auth::Network;
use crate::credential::PasswordHash;

/// A bucket, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleEntry {
    /// `tokens`, `passwords` or `pair`.
    pub kind: &'static str,
    /// Of an IPv6 network the first address of its /64.
    pub address: IpAddr,
    /// The user name of a pair; only if a credential has it.
    pub name: Option<Arc<str>>,
    /// Verified attempts that failed.
    pub wrong_guesses: u32,
    /// Time until the next attempt is verified.
    pub wait: Option<Duration>,
}

impl Throttle {
    /// Longest wait first.
    pub fn list(&self, now: Duration) -> Vec<ThrottleEntry> {
        let live = self.all().filter(|(_, bucket)| !bucket.is_expired(now));
        let mut entries: Vec<_> = live.map(|(key, bucket)| ThrottleEntry::new(*key, bucket, now)).collect();
        entries.sort_by(|a, b| (b.wait, b.wrong_guesses, a.address).cmp(&(a.wait, a.wrong_guesses, b.address)));
        entries
    }

    /// Removes all buckets, or those of the network of `address`, and returns their number.
    pub fn clear(&self, address: Option<IpAddr>) -> usize {
        let wanted = address.map(Network::of);
        let matches = |key: &BucketKey| match (*key, wanted) {
            (_, None) => true,
            (
                BucketKey::Tokens(network) | BucketKey::Passwords(network) | BucketKey::Pair(network, _),
                Some(wanted),
            ) => network == wanted,
        };
        let cleared: Vec<_> = self.all().map(|(key, _)| key).filter(|key| matches(key)).collect();
        cleared.iter().for_each(|key| self.cache(**key).invalidate(&**key));
        cleared.len()
    }

    /// What refuses the right password of `username` now: buckets of the pair, from any network, and those of the
    /// networks from which it was used. Wrong guesses at another hash than `stored` no longer count.
    pub fn refusals(
        &self,
        username: &str,
        stored: Option<&PasswordHash>,
        used_from: &[IpAddr],
        now: Duration,
    ) -> Vec<ThrottleEntry> {
        let stored = stored.map(|hash| self.digest(hash));
        let is_of_pair = |bucket: &Bucket| {
            bucket.name.as_deref() == Some(username)
                && bucket.secret.zip(stored).is_none_or(|(counted, stored)| counted == stored)
        };
        let pairs = self.pairs.iter().filter(|(_, bucket)| is_of_pair(bucket)).map(|(key, bucket)| (*key, bucket));
        let networks: HashSet<BucketKey> =
            used_from.iter().map(|address| BucketKey::Passwords(Network::of(*address))).collect();
        let networks = networks.into_iter().filter_map(|key| Some((key, self.networks.get(&key)?)));
        let live = pairs.chain(networks).filter(|(_, bucket)| !bucket.is_expired(now));
        let entries = live.map(|(key, bucket)| ThrottleEntry::new(key, bucket, now));
        let mut refusals: Vec<_> = entries.filter(|entry| entry.wait.is_some()).collect();
        refusals.sort_by(|a, b| (b.wait, a.address).cmp(&(a.wait, b.address)));
        refusals
    }

    /// Removes the buckets of these user names, from every network, and returns their number. One pass over all buckets.
    pub fn clear_usernames(&self, is_cleared: impl Fn(&str) -> bool) -> usize {
        let of_names = self.pairs.iter().filter(|(_, bucket)| bucket.name.as_deref().is_some_and(&is_cleared));
        let cleared: Vec<_> = of_names.map(|(key, _)| key).collect();
        cleared.iter().for_each(|key| self.pairs.invalidate(&**key));
        cleared.len()
    }
}

impl ThrottleEntry {
    fn new(key: BucketKey, bucket: Bucket, now: Duration) -> Self {
        let (kind, network) = match key {
            BucketKey::Tokens(network) => ("tokens", network),
            BucketKey::Passwords(network) => ("passwords", network),
            BucketKey::Pair(network, _) => ("pair", network),
        };
        let wait = bucket.blocked_until.checked_sub(now).filter(|wait| !wait.is_zero());
        Self { kind, address: network.address(), name: bucket.name, wrong_guesses: bucket.wrong, wait }
    }
}
