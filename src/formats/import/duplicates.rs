//! The first reading: what is in the file, and whether entries are distinct.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::credential::{Label, StoredSecret};
use crate::formats::duplicate_index::DuplicateIndex;
use crate::formats::entry_sink::{Clash, Sink, ValidEntry};

/// The access that a file states for accounts, by the hash of the id: a file may have a million.
#[derive(Default)]
pub(super) struct StatedAccess {
    hasher: RandomState,
    by_account: HashMap<u64, bool>,
}

#[derive(Default)]
pub(super) struct CheckSink {
    ids: DuplicateIndex,
    /// Token digests and user names.
    secrets: DuplicateIndex,
    pub(super) access: StatedAccess,
}

impl StatedAccess {
    pub(super) fn of(&self, account: &Label) -> Option<bool> {
        self.by_account.get(&self.hasher.hash_one(account)).copied()
    }

    /// False when it was stated before.
    fn state(&mut self, account: &Label, has_access: bool) -> bool {
        self.by_account.insert(self.hasher.hash_one(account), has_access).is_none()
    }
}

impl CheckSink {
    /// # Errors
    /// When an earlier entry has the same id, user name or token digest.
    pub(super) fn check(&mut self, entry: &ValidEntry) -> Result<(), Clash> {
        let origin = &entry.place.origin;
        let clash = |key, meaning| move |first| Clash { key, meaning, first };
        let id = self.ids.insert(entry.credential.id.as_str().as_bytes(), origin).map(clash("id", "id"));
        // As in a set, an entry that is refused for its id takes no secret.
        let clash = id.or_else(|| match &entry.credential.secret {
            StoredSecret::Token(digest) => {
                self.secrets.insert(digest.as_bytes(), origin).map(clash("token", "token digest"))
            }
            // With a byte that no digest of 32 bytes can be mistaken for.
            StoredSecret::Password { username, .. } => {
                let name = [b"username ", username.as_bytes()].concat();
                self.secrets.insert(&name, origin).map(clash("username", "username"))
            }
        });
        clash.map_or(Ok(()), Err)
    }
}

impl Sink for CheckSink {
    fn insert(&mut self, entry: ValidEntry) -> Result<(), Clash> {
        self.check(&entry)
    }

    fn stated_access(&self, account: &Label) -> Option<bool> {
        self.access.of(account)
    }

    fn state_access(&mut self, account: Label, has_access: bool) -> bool {
        self.access.state(&account, has_access)
    }
}
