//! Wrong guesses cost time: more and more of it, and only where they come from.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::Network;

/// Addresses that are remembered, and as many pairs; the ones that have been quiet for longest make room.
const MOST: u64 = 100_000;

/// How much guessing is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleRules {
    /// Wrong guesses of one user name from one place that cost nothing.
    pub free_per_pair: u32,
    /// Wrong guesses from one place that cost nothing.
    pub free_per_address: u32,
    /// The wait after the last of these; each further one doubles it.
    pub first_delay: Duration,
    /// It grows no longer than this.
    pub longest_delay: Duration,
    /// A place that was quiet for so long begins anew.
    pub window: Duration,
}

/// What wrong guesses are counted by. Tokens and passwords apart: a caller with an old token must not keep
/// its neighbours behind one address from signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BucketKey {
    Tokens(Network),
    Passwords(Network),
    /// And a user name, by its hash: presented ones are long, and may be a secret in the wrong field.
    Pair(Network, u64),
}

#[derive(Debug, Clone)]
struct Guesses {
    wrong: u32,
    until: Duration,
    latest: Duration,
    window: Duration,
    /// The user name, where somebody has it.
    name: Option<Arc<str>>,
}

/// Counts wrong guesses. State is bounded, and moves on a clock that only goes forward.
pub struct Throttle {
    addresses: Cache<BucketKey, Guesses>,
    /// Apart, because their names are chosen by whoever guesses: a flood of names must not make room for
    /// itself among the addresses.
    pairs: Cache<BucketKey, Guesses>,
    hasher: RandomState,
}

/// A pair that may be looked at now. Until it is known how that ends, no other one from the same place may,
/// where free guesses are used up.
#[derive(Debug)]
#[must_use = "a guess ends as wrong, right or undecided"]
pub struct Attempt {
    rules: ThrottleRules,
    network: Network,
    pair: BucketKey,
    name: Option<Arc<str>>,
    /// What had to be waited for before and what has to be now, where that was moved.
    moved: [Option<Moved>; 2],
}

/// A wait that was moved, so that nobody else guesses meanwhile.
#[derive(Debug, Clone, Copy)]
struct Moved {
    from: Duration,
    to: Duration,
}

/// One place, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleEntry {
    /// `tokens`, `passwords` or `pair`.
    pub kind: &'static str,
    /// The address; of IPv6 the first of its /64.
    pub address: IpAddr,
    /// The user name of a pair, where somebody has it.
    pub name: Option<Arc<str>>,
    /// Guesses that were looked at and wrong.
    pub wrong_guesses: u32,
    /// How long further ones are refused.
    pub wait: Option<Duration>,
}

impl ThrottleRules {
    fn free(&self, place: BucketKey) -> u32 {
        match place {
            BucketKey::Tokens(_) | BucketKey::Passwords(_) => self.free_per_address,
            BucketKey::Pair(..) => self.free_per_pair,
        }
    }

    /// What has to be waited for after so many wrong guesses.
    fn delay(&self, place: BucketKey, wrong: u32) -> Duration {
        match wrong.checked_sub(self.free(place)) {
            None => Duration::ZERO,
            Some(doubled) => {
                let factor = 2_u32.checked_pow(doubled).unwrap_or(u32::MAX);
                self.first_delay.saturating_mul(factor).min(self.longest_delay)
            }
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        let cache = || Cache::builder().max_capacity(MOST).eviction_policy(EvictionPolicy::lru()).expire_after(Quiet);
        Self { addresses: cache().build(), pairs: cache().build(), hasher: RandomState::new() }
    }
}

impl Throttle {
    /// Counts a wrong token.
    ///
    /// # Errors
    /// Seconds to wait for; then it is not counted.
    pub fn wrong_token(&self, rules: &ThrottleRules, network: Network, now: Duration) -> Result<(), u32> {
        let place = BucketKey::Tokens(network);
        self.wait(place, now)?;
        self.count(rules, place, None, now);
        Ok(())
    }

    /// Whether a pair that was right from this very place before may pass without a look at its hash.
    ///
    /// # Errors
    /// Seconds to wait for. Otherwise whoever is in the same place could go on guessing at this user.
    pub fn known_pair(&self, network: Network, username: &str, now: Duration) -> Result<(), u32> {
        self.wait(self.pair(network, username), now)
    }

    /// Whether a pair may be looked at, which costs a slow hash. `is_known` is whether somebody has the name.
    ///
    /// # Errors
    /// Seconds to wait for, the same whether the pair is right, wrong or unknown.
    pub fn begin(
        &self,
        rules: &ThrottleRules,
        network: Network,
        username: &str,
        is_known: bool,
        now: Duration,
    ) -> Result<Attempt, u32> {
        let pair = self.pair(network, username);
        let name = is_known.then(|| username.into());
        let mut guess = Attempt { rules: *rules, network, pair, name, moved: [None, None] };
        guess.moved[0] = self.reserve(rules, pair, now)?;
        match self.reserve(rules, BucketKey::Passwords(network), now) {
            Ok(moved) => guess.moved[1] = moved,
            Err(seconds) => {
                // It may hit what is remembered of this pair's owner, so it must not be for nothing.
                self.count(rules, pair, guess.name, now);
                return Err(seconds);
            }
        }
        Ok(guess)
    }

    /// The pair was wrong, or nobody has the name.
    pub fn wrong(&self, guess: Attempt, now: Duration) {
        self.count(&guess.rules, guess.pair, guess.name, now);
        self.count(&guess.rules, BucketKey::Passwords(guess.network), None, now);
    }

    /// The pair was right: this user begins anew here. The place does not, or whoever has one credential
    /// could guess at all others.
    pub fn right(&self, guess: &Attempt) {
        self.cache(guess.pair).invalidate(&guess.pair);
        self.restore(BucketKey::Passwords(guess.network), guess.moved[1]);
    }

    /// Nobody has looked at the pair.
    pub fn undecided(&self, guess: &Attempt) {
        self.restore(guess.pair, guess.moved[0]);
        self.restore(BucketKey::Passwords(guess.network), guess.moved[1]);
    }

    /// How many places are remembered.
    pub fn len(&self) -> u64 {
        [&self.addresses, &self.pairs].into_iter().fold(0, |count, cache| {
            cache.run_pending_tasks();
            count + cache.entry_count()
        })
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every place, the longest wait first.
    pub fn list(&self, now: Duration) -> Vec<ThrottleEntry> {
        let live = self.all().filter(|(_, guesses)| !guesses.is_over(now));
        let entry = |(place, guesses): (Arc<BucketKey>, Guesses)| {
            let (kind, network) = match *place {
                BucketKey::Tokens(network) => ("tokens", network),
                BucketKey::Passwords(network) => ("passwords", network),
                BucketKey::Pair(network, _) => ("pair", network),
            };
            let wait = guesses.until.checked_sub(now).filter(|wait| !wait.is_zero());
            ThrottleEntry { kind, address: network.address(), name: guesses.name, wrong_guesses: guesses.wrong, wait }
        };
        let mut entries: Vec<_> = live.map(entry).collect();
        entries.sort_by(|a, b| (b.wait, b.wrong_guesses, a.address).cmp(&(a.wait, a.wrong_guesses, b.address)));
        entries
    }

    /// Forgets all wrong guesses, or those from where this address is; how many places that were.
    pub fn clear(&self, address: Option<IpAddr>) -> usize {
        let wanted = address.map(Network::of);
        let is_meant = |place: &BucketKey| match (*place, wanted) {
            (_, None) => true,
            (
                BucketKey::Tokens(network) | BucketKey::Passwords(network) | BucketKey::Pair(network, _),
                Some(wanted),
            ) => network == wanted,
        };
        let meant: Vec<_> = self.all().map(|(place, _)| place).filter(|place| is_meant(place)).collect();
        meant.iter().for_each(|place| self.cache(**place).invalidate(&**place));
        meant.len()
    }

    fn cache(&self, place: BucketKey) -> &Cache<BucketKey, Guesses> {
        match place {
            BucketKey::Tokens(_) | BucketKey::Passwords(_) => &self.addresses,
            BucketKey::Pair(..) => &self.pairs,
        }
    }

    fn all(&self) -> impl Iterator<Item = (Arc<BucketKey>, Guesses)> + '_ {
        self.addresses.iter().chain(self.pairs.iter())
    }

    fn pair(&self, network: Network, username: &str) -> BucketKey {
        BucketKey::Pair(network, self.hasher.hash_one(username))
    }

    fn wait(&self, place: BucketKey, now: Duration) -> Result<(), u32> {
        self.cache(place).get(&place).map_or(Ok(()), |guesses| guesses.wait(now))
    }

    /// Lets one guess through where the free ones are used up and the wait is over, and nobody else until it
    /// is known how it ends. What had to be waited for before, where that was moved.
    fn reserve(&self, rules: &ThrottleRules, place: BucketKey, now: Duration) -> Result<Option<Moved>, u32> {
        if !self.cache(place).contains_key(&place) {
            return Ok(None);
        }
        let mut outcome = Ok(None);
        self.cache(place).entry(place).and_compute_with(|entry| {
            let Some(mut guesses) = entry.map(moka::Entry::into_value) else { return Op::Nop };
            outcome = guesses.wait(now).map(|()| None);
            if outcome.is_err() || guesses.is_over(now) || guesses.wrong < rules.free(place) {
                return Op::Nop;
            }
            let to = now + rules.delay(place, guesses.wrong.saturating_add(1));
            outcome = Ok(Some(Moved { from: guesses.until, to }));
            guesses.until = to;
            Op::Put(guesses)
        });
        outcome
    }

    /// Takes a move back, unless a wrong guess has set another wait meanwhile.
    fn restore(&self, place: BucketKey, moved: Option<Moved>) {
        let Some(Moved { from, to }) = moved else { return };
        self.cache(place).entry(place).and_compute_with(|entry| match entry.map(moka::Entry::into_value) {
            Some(guesses) if guesses.until == to => Op::Put(Guesses { until: from, ..guesses }),
            Some(_) | None => Op::Nop,
        });
    }

    fn count(&self, rules: &ThrottleRules, place: BucketKey, name: Option<Arc<str>>, now: Duration) {
        self.cache(place).entry(place).and_upsert_with(|entry| {
            let before = entry.map(moka::Entry::into_value).filter(|guesses| !guesses.is_over(now));
            let wrong = before.map_or(0, |guesses| guesses.wrong).saturating_add(1);
            Guesses { wrong, until: now + rules.delay(place, wrong), latest: now, window: rules.window, name }
        });
    }
}

impl Guesses {
    fn wait(&self, now: Duration) -> Result<(), u32> {
        let Some(rest) = self.until.checked_sub(now).filter(|rest| !rest.is_zero()) else { return Ok(()) };
        Err(u32::try_from(rest.as_millis().div_ceil(1000)).unwrap_or(u32::MAX))
    }

    fn is_over(&self, now: Duration) -> bool {
        now.saturating_sub(self.latest) >= self.window
    }
}

/// Takes places out that were quiet for their window, so that they use no memory.
struct Quiet;

impl Expiry<BucketKey, Guesses> for Quiet {
    fn expire_after_create(&self, _: &BucketKey, guesses: &Guesses, _: Instant) -> Option<Duration> {
        Some(guesses.window)
    }

    fn expire_after_update(
        &self,
        _: &BucketKey,
        guesses: &Guesses,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(guesses.window)
    }
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;
