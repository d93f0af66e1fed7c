//! Delays attempts after wrong credentials, per network and per Basic user name.

mod list_and_clear;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

pub use self::list_and_clear::ThrottleEntry;
use super::Network;
use crate::credential::PasswordHash;

/// Of networks, and as many of pairs. A full cache evicts the least recently used entry.
const MAX_BUCKETS: u64 = 100_000;

/// How many wrong credentials are tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleRules {
    /// Wrong passwords for one user name from one network without a delay.
    pub free_per_pair: u32,
    /// Wrong credentials from one network without a delay.
    pub free_per_address: u32,
    /// After the last free attempt; each further wrong one doubles it.
    pub first_delay: Duration,
    pub longest_delay: Duration,
    /// A bucket without attempts for this long expires.
    pub window: Duration,
}

/// Tokens and passwords are counted apart: a client with an outdated token must not block the sign-ins of other clients
/// of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BucketKey {
    Tokens(Network),
    Passwords(Network),
    /// The user name is hashed: presented names can be long, or a secret in the wrong field.
    Pair(Network, u64),
}

/// Times are those of [`crate::clock::Clock::steady`].
#[derive(Debug, Clone)]
struct Bucket {
    wrong: u32,
    blocked_until: Duration,
    last_attempt: Duration,
    window: Duration,
    /// Only if a credential has this user name.
    name: Option<Arc<str>>,
    /// Of a pair: a digest of the stored hash that the attempts were compared with.
    secret: Option<u64>,
}

/// Counts wrong credentials in bounded memory.
pub struct Throttle {
    networks: Cache<BucketKey, Bucket>,
    /// Apart from the networks, because callers choose the names: a flood of names must not evict networks.
    pairs: Cache<BucketKey, Bucket>,
    hasher: RandomState,
}

/// Permission to verify one Basic pair. Once the free attempts are used up, no other attempt from the same network is
/// permitted until this one ends.
#[derive(Debug)]
#[must_use = "an attempt ends as wrong, right or undecided"]
pub struct Attempt {
    rules: ThrottleRules,
    network: Network,
    pair: BucketKey,
    name: Option<Arc<str>>,
    secret: Option<u64>,
    /// Of the pair and of its network.
    reservations: [Option<Reservation>; 2],
}

/// A delay that was prolonged so that no other attempt runs at the same time.
#[derive(Debug, Clone, Copy)]
struct Reservation {
    previous: Duration,
    blocked_until: Duration,
}

impl ThrottleRules {
    fn free(&self, key: BucketKey) -> u32 {
        match key {
            BucketKey::Tokens(_) | BucketKey::Passwords(_) => self.free_per_address,
            BucketKey::Pair(..) => self.free_per_pair,
        }
    }

    /// The delay after `wrong` failed attempts.
    fn delay(&self, key: BucketKey, wrong: u32) -> Duration {
        match wrong.checked_sub(self.free(key)) {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
                self.first_delay.saturating_mul(factor).min(self.longest_delay)
            }
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        let cache = || {
            let lru = Cache::builder().max_capacity(MAX_BUCKETS).eviction_policy(EvictionPolicy::lru());
            lru.expire_after(IdleExpiry)
        };
        Self { networks: cache().build(), pairs: cache().build(), hasher: RandomState::new() }
    }
}

/// All `Err` values are the time to wait, in whole seconds rounded up.
impl Throttle {
    /// Counts a wrong token.
    ///
    /// # Errors
    /// The network is blocked; the token is not counted.
    pub fn wrong_token(&self, rules: &ThrottleRules, network: Network, now: Duration) -> Result<(), Duration> {
        let key = BucketKey::Tokens(network);
        self.check(key, now)?;
        self.count(rules, key, (None, None), now);
        Ok(())
    }

    /// Whether a pair with a cached verdict may pass.
    ///
    /// # Errors
    /// The pair is blocked. Without this check, a client in the same network could use the cache to test guesses.
    pub fn check_pair(&self, network: Network, username: &str, now: Duration) -> Result<(), Duration> {
        self.check(self.pair(network, username), now)
    }

    /// Begins to verify a pair, which costs a slow hash. `is_known` is whether a credential has the user name, and
    /// `stored` its hash. Where that was replaced, as by a reset, wrong guesses at the previous secret no longer count.
    ///
    /// # Errors
    /// The pair or its network is blocked; the same for right, wrong and unknown pairs.
    pub fn begin(
        &self,
        rules: &ThrottleRules,
        network: Network,
        username: &str,
        is_known: bool,
        stored: Option<&PasswordHash>,
        now: Duration,
    ) -> Result<Attempt, Duration> {
        let pair = self.pair(network, username);
        let name = is_known.then(|| username.into());
        let secret = stored.map(|hash| self.digest(hash));
        self.remove_replaced(pair, secret);
        let mut attempt = Attempt { rules: *rules, network, pair, name, secret, reservations: [None, None] };
        attempt.reservations[0] = self.reserve(rules, pair, now)?;
        match self.reserve(rules, BucketKey::Passwords(network), now) {
            Ok(reservation) => attempt.reservations[1] = reservation,
            Err(wait) => {
                // Counted: once the pair's own password is cached, check_pair is all that stops further guesses.
                self.count(rules, pair, (attempt.name, secret), now);
                return Err(wait);
            }
        }
        Ok(attempt)
    }

    /// The password was wrong, or the user name is unknown.
    pub fn wrong(&self, attempt: Attempt, now: Duration) {
        self.count(&attempt.rules, attempt.pair, (attempt.name, attempt.secret), now);
        self.count(&attempt.rules, BucketKey::Passwords(attempt.network), (None, None), now);
    }

    /// The password was right. Only the pair's bucket is cleared: otherwise the owner of one credential could guess at
    /// all others.
    pub fn right(&self, attempt: &Attempt) {
        self.cache(attempt.pair).invalidate(&attempt.pair);
        self.restore(BucketKey::Passwords(attempt.network), attempt.reservations[1]);
    }

    /// The pair was not verified.
    pub fn undecided(&self, attempt: &Attempt) {
        self.restore(attempt.pair, attempt.reservations[0]);
        self.restore(BucketKey::Passwords(attempt.network), attempt.reservations[1]);
    }

    /// Number of buckets.
    pub fn len(&self) -> u64 {
        [&self.networks, &self.pairs].into_iter().fold(0, |count, cache| {
            cache.run_pending_tasks();
            count + cache.entry_count()
        })
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cache(&self, key: BucketKey) -> &Cache<BucketKey, Bucket> {
        match key {
            BucketKey::Tokens(_) | BucketKey::Passwords(_) => &self.networks,
            BucketKey::Pair(..) => &self.pairs,
        }
    }

    fn all(&self) -> impl Iterator<Item = (Arc<BucketKey>, Bucket)> + '_ {
        self.networks.iter().chain(self.pairs.iter())
    }

    fn pair(&self, network: Network, username: &str) -> BucketKey {
        BucketKey::Pair(network, self.hasher.hash_one(username))
    }

    /// To tell stored hashes apart, within this process.
    fn digest(&self, stored: &PasswordHash) -> u64 {
        self.hasher.hash_one(stored.as_str())
    }

    fn check(&self, key: BucketKey, now: Duration) -> Result<(), Duration> {
        self.cache(key).get(&key).map_or(Ok(()), |bucket| bucket.check(now))
    }

    /// Permits one attempt where the free ones are used up and the delay is over, and blocks others until it ends.
    /// Returns what has to be restored then.
    fn reserve(&self, rules: &ThrottleRules, key: BucketKey, now: Duration) -> Result<Option<Reservation>, Duration> {
        if !self.cache(key).contains_key(&key) {
            return Ok(None);
        }
        let mut outcome = Ok(None);
        self.cache(key).entry(key).and_compute_with(|entry| {
            let Some(mut bucket) = entry.map(moka::Entry::into_value) else { return Op::Nop };
            outcome = bucket.check(now).map(|()| None);
            if outcome.is_err() || bucket.is_expired(now) || bucket.wrong < rules.free(key) {
                return Op::Nop;
            }
            let blocked_until = now + rules.delay(key, bucket.wrong.saturating_add(1));
            outcome = Ok(Some(Reservation { previous: bucket.blocked_until, blocked_until }));
            bucket.blocked_until = blocked_until;
            Op::Put(bucket)
        });
        outcome
    }

    /// Takes a reservation back, unless a wrong attempt has set another delay meanwhile.
    fn restore(&self, key: BucketKey, reservation: Option<Reservation>) {
        let Some(Reservation { previous, blocked_until }) = reservation else { return };
        self.cache(key).entry(key).and_compute_with(|entry| match entry.map(moka::Entry::into_value) {
            Some(bucket) if bucket.blocked_until == blocked_until => {
                Op::Put(Bucket { blocked_until: previous, ..bucket })
            }
            Some(_) | None => Op::Nop,
        });
    }

    /// Removes the bucket of a pair whose password was replaced. The stored hash is unknown during an outage of the
    /// directory, so `None` removes nothing.
    fn remove_replaced(&self, pair: BucketKey, secret: Option<u64>) {
        if !self.pairs.contains_key(&pair) {
            return;
        }
        self.pairs.entry(pair).and_compute_with(|entry| {
            let counted = entry.and_then(|entry| entry.into_value().secret);
            let is_replaced = counted.zip(secret).is_some_and(|(counted, secret)| counted != secret);
            if is_replaced { Op::Remove } else { Op::Nop }
        });
    }

    fn count(
        &self,
        rules: &ThrottleRules,
        key: BucketKey,
        (name, secret): (Option<Arc<str>>, Option<u64>),
        now: Duration,
    ) {
        self.cache(key).entry(key).and_upsert_with(|entry| {
            let previous = entry.map(moka::Entry::into_value).filter(|bucket| !bucket.is_expired(now));
            let wrong = previous.map_or(0, |bucket| bucket.wrong).saturating_add(1);
            let blocked_until = now + rules.delay(key, wrong);
            Bucket { wrong, blocked_until, last_attempt: now, window: rules.window, name, secret }
        });
    }
}

impl Bucket {
    fn check(&self, now: Duration) -> Result<(), Duration> {
        match self.blocked_until.checked_sub(now).filter(|wait| !wait.is_zero()) {
            None => Ok(()),
            Some(wait) if wait.subsec_nanos() == 0 => Err(wait),
            Some(wait) => Err(Duration::from_secs(wait.as_secs().saturating_add(1))),
        }
    }

    fn is_expired(&self, now: Duration) -> bool {
        now.saturating_sub(self.last_attempt) >= self.window
    }
}

/// Frees the memory of buckets that had no attempt for their window.
struct IdleExpiry;

impl Expiry<BucketKey, Bucket> for IdleExpiry {
    fn expire_after_create(&self, _: &BucketKey, bucket: &Bucket, _: Instant) -> Option<Duration> {
        Some(bucket.window)
    }

    fn expire_after_update(&self, _: &BucketKey, bucket: &Bucket, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(bucket.window)
    }
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;
