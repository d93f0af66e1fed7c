//! The credentials file in memory.

use std::sync::Arc;

use async_trait::async_trait;

use crate::auth::{Directory, Lookup, LookupKey, Unavailable};
use crate::credential::{Credential, CredentialSet, DuplicateField, PasswordHash, TokenDigest};
use crate::source::dummy_hashes::DummyHashes;

/// An immutable directory: a reload replaces it.
#[derive(Default)]
pub struct FileSet {
    credentials: CredentialSet,
    dummy_hashes: DummyHashes,
}

impl FileSet {
    /// # Errors
    /// The field that another credential has too.
    pub fn insert(&mut self, credential: Credential) -> Result<(), DuplicateField> {
        let hash = credential.password_hash().cloned();
        self.credentials.insert(credential)?;
        hash.iter().for_each(|hash| self.dummy_hashes.add(hash));
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.credentials.len()
    }

    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// In the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.iter()
    }

    pub fn find_id(&self, id: &str) -> Option<Arc<Credential>> {
        self.credentials.find_id(id).cloned()
    }

    pub(in crate::source) fn dummy_hashes(&self) -> &DummyHashes {
        &self.dummy_hashes
    }
}

impl From<CredentialSet> for FileSet {
    fn from(credentials: CredentialSet) -> Self {
        let mut dummy_hashes = DummyHashes::default();
        credentials.iter().filter_map(Credential::password_hash).for_each(|hash| dummy_hashes.add(hash));
        Self { credentials, dummy_hashes }
    }
}

#[async_trait]
impl Directory for FileSet {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        lookup(self.credentials.find_token(digest))
    }

    fn find_username(&self, username: &str) -> Lookup {
        lookup(self.credentials.find_username(username))
    }

    /// The set is complete: a fetch finds nothing that a lookup does not.
    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        let found = match key {
            LookupKey::Token(digest) => self.credentials.find_token(&digest),
            LookupKey::Username(username) => self.credentials.find_username(&username),
        };
        Ok(found.cloned())
    }

    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.dummy_hashes.of(username)
    }
}

fn lookup(found: Option<&Arc<Credential>>) -> Lookup {
    found.map_or(Lookup::Absent, |credential| Lookup::Found(credential.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{ScopeCatalog, VersionCatalog};
    use crate::formats::credentials_file;

    const SHA: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";
    const BCRYPT: &str = "$2y$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    fn set(hashes: &[&str]) -> FileSet {
        let entry = |(index, hash): (usize, &&str)| {
            format!("- {{id: 'i{index}', account: a, username: 'u{index}', password: '{hash}'}}\n")
        };
        let entries: String = hashes.iter().enumerate().map(entry).collect();
        let text = format!("credentials:\n{entries}");
        credentials_file::read(&text, &VersionCatalog::default(), &ScopeCatalog::default()).unwrap().set.into()
    }

    #[test]
    fn a_dummy_hash_is_a_hash_of_the_set() {
        let set = set(&[SHA]);
        let hash = set.find_username("u0").credential().unwrap().password_hash().cloned().unwrap();
        assert_eq!(set.dummy_hash("anybody"), hash);
    }

    /// The time that a known user takes does not change with a reload, so that of an unknown one must not either.
    #[test]
    fn an_unknown_user_costs_the_same_after_a_reload_that_adds_another_credential() {
        let (before, after) = (set(&[SHA, BCRYPT, BCRYPT]), set(&[SHA, BCRYPT, BCRYPT, BCRYPT]));
        for number in 0..100 {
            let name = format!("unknown-{number}");
            assert_eq!(before.dummy_hash(&name), after.dummy_hash(&name), "{name}");
        }
    }
}
