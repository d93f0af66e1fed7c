//! The credentials of a file, in memory, with one index for each way to find them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::auth::{Directory, Lookup, LookupKey, Unavailable};
use crate::credential::{Account, Credential, Label, PasswordHash, StoredSecret, TokenDigest};
use crate::source::dummy_hashes::DummyHashes;

/// An immutable set; a changed file makes a new one.
#[derive(Default)]
pub struct FileSet {
    credentials: Vec<Arc<Credential>>,
    by_token: HashTable<u32>,
    by_username: HashTable<u32>,
    by_id: HashTable<u32>,
    decoys: DummyHashes,
    hasher: RandomState,
}

/// Which of a credential's names is taken already, and by which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The id.
    Id(usize),
    /// The user name.
    Username(usize),
    /// The token digest.
    Token(usize),
}

impl FileSet {
    /// Adds a credential.
    ///
    /// # Errors
    /// The first of its names that another credential has, with that one's index. Nothing is added then.
    pub fn insert(&mut self, credential: Credential) -> Result<(), Clash> {
        // Four billion credentials do not fit into memory.
        let index = u32::try_from(self.credentials.len()).unwrap_or(u32::MAX);
        if let Some(taken) = self.position_of_id(credential.id.as_str()) {
            return Err(Clash::Id(taken));
        }
        let all = &self.credentials;
        match &credential.secret {
            StoredSecret::Token(digest) => {
                let same = |other: &u32| digest_of(all, *other) == Some(digest);
                let rehash = |other: &u32| digest_of(all, *other).map_or(0, digest_hash);
                match self.by_token.entry(digest_hash(digest), same, rehash) {
                    Entry::Occupied(taken) => return Err(Clash::Token(*taken.get() as usize)),
                    Entry::Vacant(free) => free.insert(index),
                };
            }
            StoredSecret::Password { username, hash } => {
                let hasher = &self.hasher;
                let same = |other: &u32| username_of(all, *other) == Some(username);
                let rehash = |other: &u32| hasher.hash_one(username_of(all, *other));
                match self.by_username.entry(hasher.hash_one(Some(&**username)), same, rehash) {
                    Entry::Occupied(taken) => return Err(Clash::Username(*taken.get() as usize)),
                    Entry::Vacant(free) => free.insert(index),
                };
                self.decoys.add(hash);
            }
        }
        let hasher = &self.hasher;
        let rehash = |other: &u32| hasher.hash_one(id_of(all, *other));
        self.by_id.insert_unique(hasher.hash_one(Some(credential.id.as_str())), index, rehash);
        self.credentials.push(Arc::new(credential));
        Ok(())
    }

    /// Says of the accounts of credentials what is known of them by now.
    pub(crate) fn describe_accounts(&mut self, described: &HashMap<Label, Arc<Account>>) {
        // Whoever fills a set is the only one who has it.
        for credential in self.credentials.iter_mut().filter_map(Arc::get_mut) {
            if let Some(account) = described.get(&credential.account.id) {
                credential.account = account.clone();
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.credentials.len()
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.iter().map(|credential| &**credential)
    }

    /// The credential with this id.
    pub fn find_id(&self, id: &str) -> Option<Arc<Credential>> {
        self.position_of_id(id).map(|index| self.credentials[index].clone())
    }

    pub(in crate::source) fn decoys(&self) -> &DummyHashes {
        &self.decoys
    }

    fn position_of_id(&self, id: &str) -> Option<usize> {
        let same = |other: &u32| id_of(&self.credentials, *other) == Some(id);
        self.by_id.find(self.hasher.hash_one(Some(id)), same).map(|index| *index as usize)
    }

    fn at(&self, index: Option<&u32>) -> Lookup {
        let credential = index.and_then(|index| self.credentials.get(*index as usize));
        credential.map_or(Lookup::Absent, |credential| Lookup::Found(credential.clone()))
    }
}

#[async_trait]
impl Directory for FileSet {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        let same = |other: &u32| digest_of(&self.credentials, *other) == Some(digest);
        self.at(self.by_token.find(digest_hash(digest), same))
    }

    fn find_username(&self, username: &str) -> Lookup {
        let same = |other: &u32| username_of(&self.credentials, *other) == Some(username);
        self.at(self.by_username.find(self.hasher.hash_one(Some(username)), same))
    }

    /// There is nothing that the `find` functions do not know.
    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        let lookup = match key {
            LookupKey::Token(digest) => self.find_token(&digest),
            LookupKey::Username(username) => self.find_username(&username),
        };
        Ok(lookup.credential())
    }

    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.decoys.of(username)
    }
}

/// A digest is as good a hash as any, and nobody can insert chosen ones here.
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
