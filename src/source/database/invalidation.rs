//! Keeps a credential that was read before a change from being used after it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::store::{Change, ChangeKind, Changes, FeedPoint, FeedPosition};

/// Recent changes, to check late reads against. A read from before all of them counts as outdated.
const MAX_RECENT: usize = 8192;
/// Unused validities are removed when their number has doubled since the last sweep, and exceeds this.
const MIN_SWEEP: usize = 1024;

/// Set once a credential, an account or a user has changed. Shared by all cache entries that depend on it.
#[derive(Debug, Default)]
struct InvalidatedFlag(AtomicBool);

/// What a cache entry depends on: its credential, its account and its owner.
#[derive(Debug)]
pub(super) struct Dependencies([Option<Arc<InvalidatedFlag>>; 3]);

/// The ids that a cache entry depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct DependencyIds<'d> {
    pub(super) credential: &'d str,
    pub(super) account: &'d str,
    pub(super) owner: Option<&'d str>,
}

/// All validities, and the position in the change feed. Needs a lock: an entry is registered before it is cached, so
/// that every change that is applied later invalidates it.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// The last applied change.
    position: FeedPosition,
    /// The last applied change that may have created a secret.
    secrets: i64,
    /// Reads from before this change cannot be checked against `recent`.
    horizon: i64,
    recent: VecDeque<(i64, Entity)>,
    validities: HashMap<Entity, Weak<InvalidatedFlag>>,
    swept: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Entity {
    Credential(Box<str>),
    Account(Box<str>),
    User(Box<str>),
}

impl Dependencies {
    pub(super) fn is_valid(&self) -> bool {
        self.0.iter().flatten().all(|changed| !changed.0.load(Ordering::Acquire))
    }
}

impl Registry {
    /// Starts after this change.
    pub(super) fn new(position: FeedPosition) -> Self {
        let number = position.point.number;
        Self { position, secrets: number, horizon: number, ..Self::default() }
    }

    /// The last applied change.
    pub(super) fn position(&self) -> &FeedPosition {
        &self.position
    }

    /// False for a read from a server whose numbers mean other changes.
    pub(super) fn is_of_this_history(&self, read_at: FeedPoint) -> bool {
        read_at.history == self.position.point.history
    }

    /// The last applied change that may have created a secret. A digest that was unknown before it may exist now.
    pub(super) fn last_secret(&self) -> i64 {
        self.secrets
    }

    /// `read_at` is the last change at the time of the read. `None` when a dependency has changed since: read it again.
    pub(super) fn register(&mut self, depends: DependencyIds, read_at: FeedPoint) -> Option<Dependencies> {
        let entities = [
            Some(Entity::Credential(depends.credential.into())),
            Some(Entity::Account(depends.account.into())),
            depends.owner.map(|owner| Entity::User(owner.into())),
        ];
        if !self.is_of_this_history(read_at) || read_at.number < self.horizon {
            return None;
        }
        let later = self.recent.iter().rev().take_while(|(number, _)| *number > read_at.number);
        if later.into_iter().any(|(_, entity)| entities.iter().flatten().any(|mine| mine == entity)) {
            return None;
        }
        self.sweep();
        Some(Dependencies(entities.map(|entity| entity.map(|entity| self.validity_of(entity)))))
    }

    fn validity_of(&mut self, entity: Entity) -> Arc<InvalidatedFlag> {
        let slot = self.validities.entry(entity).or_default();
        slot.upgrade().unwrap_or_else(|| {
            let changed = Arc::new(InvalidatedFlag::default());
            *slot = Arc::downgrade(&changed);
            changed
        })
    }

    /// True when there may be more changes.
    pub(super) fn apply(&mut self, changes: &Changes) -> bool {
        match changes {
            Changes::Some(changes) => {
                changes.iter().for_each(|change| self.apply_one(change));
                !changes.is_empty()
            }
            Changes::TooMany(last) => {
                self.invalidate_all(last.clone());
                false
            }
        }
    }

    fn apply_one(&mut self, change: &Change) {
        let target: Box<str> = change.target.as_str().into();
        self.position.point.number = change.number;
        self.position.change = Some(change.clone());
        let entity = match change.kind {
            ChangeKind::Secret | ChangeKind::Credential => Entity::Credential(target),
            ChangeKind::Account => Entity::Account(target),
            ChangeKind::User => Entity::User(target),
            ChangeKind::Throttle => return,
        };
        if let Some(changed) = self.validities.remove(&entity).and_then(|changed| changed.upgrade()) {
            changed.0.store(true, Ordering::Release);
        }
        if change.kind == ChangeKind::Secret {
            self.secrets = change.number;
        }
        self.recent.push_back((change.number, entity));
        if self.recent.len() > MAX_RECENT {
            self.horizon = self.recent.pop_front().map_or(self.horizon, |(number, _)| number);
        }
    }

    fn invalidate_all(&mut self, position: FeedPosition) {
        for changed in self.validities.drain().filter_map(|(_, changed)| changed.upgrade()) {
            changed.0.store(true, Ordering::Release);
        }
        *self = Self { swept: self.swept, ..Self::new(position) };
    }

    fn sweep(&mut self) {
        if self.validities.len() > MIN_SWEEP.max(2 * self.swept) {
            self.validities.retain(|_, changed| changed.strong_count() > 0);
            self.swept = self.validities.len();
        }
    }
}

#[cfg(test)]
#[path = "invalidation_tests.rs"]
mod tests;
