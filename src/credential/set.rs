//! Credentials in memory, with an index for each way to find one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::{Account, Credential, Label, StoredSecret, TokenDigest};

/// Credentials in the order of insertion; ids, token digests and user names are unique.
#[derive(Default)]
pub struct CredentialSet {
    credentials: Vec<Arc<Credential>>,
    by_token: HashTable<u32>,
    by_username: HashTable<u32>,
    by_id: HashTable<u32>,
    hasher: RandomState,
}

/// The field that another credential of the set has too, with the index of that credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateField {
    Id(usize),
    Username(usize),
    Token(usize),
}

impl CredentialSet {
    /// # Errors
    /// The first field that is not unique. The set is unchanged.
    pub fn insert(&mut self, credential: Credential) -> Result<(), DuplicateField> {
        // Four billion credentials do not fit into memory.
        let index = u32::try_from(self.credentials.len()).unwrap_or(u32::MAX);
        if let Some(taken) = self.position_of_id(credential.id.as_str()) {
            return Err(DuplicateField::Id(taken));
        }
        let all = &self.credentials;
        match &credential.secret {
            StoredSecret::Token(digest) => {
                let same = |other: &u32| digest_of(all, *other) == Some(digest);
                let rehash = |other: &u32| digest_of(all, *other).map_or(0, digest_hash);
                match self.by_token.entry(digest_hash(digest), same, rehash) {
                    Entry::Occupied(taken) => return Err(DuplicateField::Token(*taken.get() as usize)),
                    Entry::Vacant(free) => free.insert(index),
                };
            }
            StoredSecret::Password { username, .. } => {
                let hasher = &self.hasher;
                let same = |other: &u32| username_of(all, *other) == Some(username);
                let rehash = |other: &u32| hasher.hash_one(username_of(all, *other));
                match self.by_username.entry(hasher.hash_one(Some(&**username)), same, rehash) {
                    Entry::Occupied(taken) => return Err(DuplicateField::Username(*taken.get() as usize)),
                    Entry::Vacant(free) => free.insert(index),
                };
            }
        }
        let hasher = &self.hasher;
        let rehash = |other: &u32| hasher.hash_one(id_of(all, *other));
        self.by_id.insert_unique(hasher.hash_one(Some(credential.id.as_str())), index, rehash);
        self.credentials.push(Arc::new(credential));
        Ok(())
    }

    /// Replaces the account of each credential by the one with the same id. Credentials that are shared already keep
    /// theirs.
    pub fn set_accounts(&mut self, accounts: &HashMap<Label, Arc<Account>>) {
        for credential in self.credentials.iter_mut().filter_map(Arc::get_mut) {
            if let Some(account) = accounts.get(&credential.account.id) {
                credential.account = account.clone();
            }
        }
    }

    pub fn len(&self) -> usize {
        self.credentials.len()
    }

    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// In the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.iter().map(|credential| &**credential)
    }

    pub fn find_id(&self, id: &str) -> Option<&Arc<Credential>> {
        self.credentials.get(self.position_of_id(id)?)
    }

    pub fn find_token(&self, digest: &TokenDigest) -> Option<&Arc<Credential>> {
        let same = |other: &u32| digest_of(&self.credentials, *other) == Some(digest);
        self.credentials.get(*self.by_token.find(digest_hash(digest), same)? as usize)
    }

    pub fn find_username(&self, username: &str) -> Option<&Arc<Credential>> {
        let same = |other: &u32| username_of(&self.credentials, *other) == Some(username);
        self.credentials.get(*self.by_username.find(self.hasher.hash_one(Some(username)), same)? as usize)
    }

    fn position_of_id(&self, id: &str) -> Option<usize> {
        let same = |other: &u32| id_of(&self.credentials, *other) == Some(id);
        self.by_id.find(self.hasher.hash_one(Some(id)), same).map(|index| *index as usize)
    }
}

/// The first eight bytes: a SHA-256 is uniform, and only operators insert here, so collisions cannot be provoked.
fn digest_hash(digest: &TokenDigest) -> u64 {
    digest.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn digest_of(all: &[Arc<Credential>], index: u32) -> Option<&TokenDigest> {
    match &all.get(index as usize)?.secret {
        StoredSecret::Token(digest) => Some(digest),
        StoredSecret::Password { .. } => None,
    }
}

fn username_of(all: &[Arc<Credential>], index: u32) -> Option<&str> {
    all.get(index as usize)?.username()
}

fn id_of(all: &[Arc<Credential>], index: u32) -> Option<&str> {
    all.get(index as usize).map(|credential| credential.id.as_str())
}
