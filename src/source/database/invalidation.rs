//! What keeps a credential that was read before a change from being used after it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::store::{Change, ChangeKind, Changes};

/// Changes that are remembered, to judge a reading that came back late. One that is older than all of them counts
/// as overtaken.
const REMEMBERED: usize = 8192;
/// Stamps of things that are no longer remembered are swept when there are twice as many as after the last sweep.
const SWEEP_AT_LEAST: usize = 1024;

/// Says of everything that was read under it whether it still counts. One for each credential, each account and
/// each user that something remembered depends on.
#[derive(Debug, Default)]
pub struct Validity(AtomicBool);

/// The stamps that one remembered credential depends on.
#[derive(Debug)]
pub struct Stamps([Option<Arc<Validity>>; 3]);

/// What a reading depends on, besides the credential itself.
#[derive(Debug, Clone, Copy)]
pub struct Depends<'d> {
    /// The credential.
    pub credential: &'d str,
    /// Its account.
    pub account: &'d str,
    /// Its owner, where it has one.
    pub owner: Option<&'d str>,
}

/// All stamps, and how far the changes have been followed. Not to be shared without a lock: the order of
/// [`Registry::stamp`] and [`Registry::apply`] is what keeps an overtaken reading out, because a stamp is given out
/// before anything is remembered under it, and voided by every change that is applied later.
#[derive(Debug, Default)]
pub struct Registry {
    /// The last change that was applied.
    position: i64,
    /// The last one that may have made a secret known which was unknown before.
    secrets: i64,
    /// Readings of before this one cannot be judged any more.
    horizon: i64,
    recent: VecDeque<(i64, Thing)>,
    stamps: HashMap<Thing, Weak<Validity>>,
    swept: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Thing {
    Credential(Box<str>),
    Account(Box<str>),
    User(Box<str>),
}

impl Stamps {
    /// True while nothing has changed that the credential depends on.
    pub fn are_valid(&self) -> bool {
        self.0.iter().flatten().all(|stamp| !stamp.0.load(Ordering::Acquire))
    }
}

impl Registry {
    /// One that has followed all changes up to this one.
    pub fn new(position: i64) -> Self {
        Self { position, secrets: position, horizon: position, ..Self::default() }
    }

    /// The last change that was applied.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// The last applied change that may have made a secret known. What was unknown before it may be known now.
    pub fn last_secret(&self) -> i64 {
        self.secrets
    }

    /// Stamps for a credential as it was read when `read_at` was the last change; `None` if what it depends on has
    /// changed since, so that it has to be read again.
    pub fn stamp(&mut self, depends: Depends, read_at: i64) -> Option<Stamps> {
        let things = [
            Some(Thing::Credential(depends.credential.into())),
            Some(Thing::Account(depends.account.into())),
            depends.owner.map(|owner| Thing::User(owner.into())),
        ];
        if read_at < self.horizon {
            return None;
        }
        let later = self.recent.iter().rev().take_while(|(number, _)| *number > read_at);
        if later.into_iter().any(|(_, thing)| things.iter().flatten().any(|mine| mine == thing)) {
            return None;
        }
        self.sweep();
        Some(Stamps(things.map(|thing| thing.map(|thing| self.stamp_of(thing)))))
    }

    fn stamp_of(&mut self, thing: Thing) -> Arc<Validity> {
        let slot = self.stamps.entry(thing).or_default();
        slot.upgrade().unwrap_or_else(|| {
            let stamp = Arc::new(Validity::default());
            *slot = Arc::downgrade(&stamp);
            stamp
        })
    }

    /// Applies what has changed. True when there may be more to read.
    pub fn apply(&mut self, changes: &Changes) -> bool {
        match changes {
            Changes::Some(changes) => {
                changes.iter().for_each(|change| self.apply_one(change));
                !changes.is_empty()
            }
            Changes::TooMany(last) => {
                self.void_all(*last);
                false
            }
        }
    }

    fn apply_one(&mut self, change: &Change) {
        let target: Box<str> = change.target.as_str().into();
        let thing = match change.kind {
            ChangeKind::Secret | ChangeKind::Credential => Thing::Credential(target),
            ChangeKind::Account => Thing::Account(target),
            ChangeKind::User => Thing::User(target),
        };
        if let Some(stamp) = self.stamps.remove(&thing).and_then(|stamp| stamp.upgrade()) {
            stamp.0.store(true, Ordering::Release);
        }
        if change.kind == ChangeKind::Secret {
            self.secrets = change.number;
        }
        self.position = change.number;
        self.recent.push_back((change.number, thing));
        if self.recent.len() > REMEMBERED {
            self.horizon = self.recent.pop_front().map_or(self.horizon, |(number, _)| number);
        }
    }

    /// Nothing that was read so far counts any more.
    fn void_all(&mut self, position: i64) {
        for stamp in self.stamps.drain().filter_map(|(_, stamp)| stamp.upgrade()) {
            stamp.0.store(true, Ordering::Release);
        }
        *self = Self { swept: self.swept, ..Self::new(position) };
    }

    fn sweep(&mut self) {
        if self.stamps.len() > SWEEP_AT_LEAST.max(2 * self.swept) {
            self.stamps.retain(|_, stamp| stamp.strong_count() > 0);
            self.swept = self.stamps.len();
        }
    }
}

#[cfg(test)]
#[path = "invalidation_tests.rs"]
mod tests;
