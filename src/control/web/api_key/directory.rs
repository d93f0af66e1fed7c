//! The credentials of the database, read anew for each request.

use std::sync::Arc;

use async_trait::async_trait;

use crate::auth::{Directory, Lookup, LookupKey, Unavailable};
use crate::clock::Clock;
use crate::credential::{Credential, PasswordHash, TokenDigest};
use crate::store::{Store, StoreError};

/// Without a cache: a change takes effect with the next request.
pub(super) struct StoreDirectory {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Of the gate in this process, which knows what stored hashes cost.
    pub(super) gate: Option<Arc<dyn Directory>>,
}

#[async_trait]
impl Directory for StoreDirectory {
    fn find_token(&self, _digest: &TokenDigest) -> Lookup {
        Lookup::NeedsFetch
    }

    fn find_username(&self, _username: &str) -> Lookup {
        Lookup::NeedsFetch
    }

    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        let found = match &key {
            LookupKey::Token(digest) => self.store.find_token(digest).await,
            LookupKey::Username(username) => self.store.find_username(username).await,
        };
        let found = found.map_err(|error: StoreError| {
            tracing::error!("an API key cannot be looked up: {error}");
            Unavailable
        })?;
        let usable = found.found.and_then(|usable| usable.at(self.clock.now()));
        Ok(usable.map(|usable| Arc::new(usable.credential)))
    }

    /// Without a gate at the default cost, which passwords have that Claviger hashed.
    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.gate.as_ref().map_or_else(PasswordHash::dummy, |gate| gate.dummy_hash(username))
    }
}
