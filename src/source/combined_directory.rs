//! A file and a database as one directory. An id in both is a fault; the file's credential counts.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{DatabaseDirectory, FileSet};
use crate::auth::{Directory, Lookup, LookupKey, Unavailable};
use crate::credential::{Credential, PasswordHash, TokenDigest};

pub struct CombinedDirectory {
    file: Arc<FileSet>,
    database: Arc<DatabaseDirectory>,
}

impl CombinedDirectory {
    pub fn new(file: Arc<FileSet>, database: Arc<DatabaseDirectory>) -> Self {
        Self { file, database }
    }

    /// The file owns an id whatever secret the credential was found by.
    fn is_of_file(&self, credential: &Credential) -> bool {
        !self.file.is_empty() && self.file.find_id(credential.id.as_str()).is_some()
    }

    fn unless_of_file(&self, lookup: Lookup) -> Lookup {
        match &lookup {
            Lookup::Found(credential) | Lookup::Cached(credential) if self.is_of_file(credential) => Lookup::Absent,
            _ => lookup,
        }
    }
}

#[async_trait]
impl Directory for CombinedDirectory {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        match self.file.find_token(digest) {
            Lookup::Found(credential) => Lookup::Found(credential),
            _ => self.unless_of_file(self.database.find_token(digest)),
        }
    }

    /// Never absent and never final: the database is asked about users of the file too, so that the time of a response
    /// does not reveal them.
    fn find_username(&self, username: &str) -> Lookup {
        match (self.file.find_username(username), self.database.find_username(username)) {
            (Lookup::Found(credential), _) => Lookup::Cached(credential),
            (_, Lookup::Cached(credential)) if !self.is_of_file(&credential) => Lookup::Cached(credential),
            _ => Lookup::NeedsFetch,
        }
    }

    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        let of_file = self.file.fetch(key.clone()).await?;
        if of_file.is_some() && matches!(key, LookupKey::Token(_)) {
            return Ok(of_file);
        }
        let found = self.database.fetch(key).await?;
        Ok(of_file.or(found.filter(|credential| !self.is_of_file(credential))))
    }

    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.file.dummy_hashes().and(&self.database.dummy_hashes()).of(username)
    }

    fn replaces_hashes(&self) -> bool {
        self.database.replaces_hashes()
    }

    /// Hashes of the file are left alone: operators write it.
    fn replace_hash(&self, credential: &Arc<Credential>, hash: PasswordHash) {
        if !self.is_of_file(credential) {
            self.database.replace_hash(credential, hash);
        }
    }

    fn note_use(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        self.database.note_use(credential, from, now);
    }
}
