//! Where validated entries go: into a set, or one after the other into an import.

use std::collections::HashMap;
use std::sync::Arc;

use super::Notes;
use super::positions::Place;
use crate::config::Origin;
use crate::credential::{Account, Credential, CredentialSet, DuplicateField, Label};

/// A valid entry.
pub(super) struct ValidEntry {
    pub(super) credential: Credential,
    pub(super) place: Place,
    pub(super) notes: Notes,
}

/// The field that an earlier entry has too.
pub(super) struct Clash {
    pub(super) key: &'static str,
    pub(super) meaning: &'static str,
    /// The position of that entry.
    pub(super) first: Origin,
}

pub(super) trait Sink {
    /// # Errors
    /// When another entry has its id, user name or token digest.
    fn insert(&mut self, entry: ValidEntry) -> Result<(), Clash>;

    /// The access that the file has stated for this account so far.
    fn stated_access(&self, account: &Label) -> Option<bool>;

    /// False when it was stated before.
    fn state_access(&mut self, account: Label, has_access: bool) -> bool;

    /// True when no further entry is wanted.
    fn is_closed(&self) -> bool {
        false
    }
}

/// Collects the set of a gate.
#[derive(Default)]
pub(super) struct SetSink {
    set: CredentialSet,
    /// The position of each credential, in the order of the set.
    places: Vec<Place>,
    accounts: HashMap<Label, Arc<Account>>,
}

impl SetSink {
    pub(super) fn into_set(mut self) -> CredentialSet {
        if !self.accounts.is_empty() {
            self.set.set_accounts(&self.accounts);
        }
        self.set
    }
}

impl Sink for SetSink {
    fn insert(&mut self, entry: ValidEntry) -> Result<(), Clash> {
        self.set.insert(entry.credential).map_err(|duplicate| {
            let (key, meaning, first) = match duplicate {
                DuplicateField::Id(first) => ("id", "id", first),
                DuplicateField::Username(first) => ("username", "username", first),
                DuplicateField::Token(first) => ("token", "token digest", first),
            };
            Clash { key, meaning, first: self.places[first].origin.clone() }
        })?;
        self.places.push(entry.place);
        Ok(())
    }

    fn stated_access(&self, account: &Label) -> Option<bool> {
        self.accounts.get(account).map(|account| account.access)
    }

    fn state_access(&mut self, account: Label, has_access: bool) -> bool {
        let stated = Arc::new(Account { id: account.clone(), access: has_access });
        self.accounts.insert(account, stated).is_none()
    }
}
