//! Conflicts of a file with credentials of the database that it does not replace.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use super::record_builder::rate_limit;
use crate::config::Diagnostic;
use crate::credential::{Credential, StoredSecret, TokenDigest};
use crate::formats::{Extent, ImportEntry};
use crate::store::{CredentialRecord, Holders, PreviousSecret, RecordSecret};

pub(super) const ID_BESIDE_HINT: &str =
    "write this user into a YAML or CSV file, where the id stands beside the user name";

/// Secrets that earlier entries have taken from credentials. They stay taken, so that the order of a file does not
/// matter.
#[derive(Default)]
pub(super) struct Released {
    hasher: RandomState,
    secrets: HashSet<u64>,
}

/// Credentials in the database that have a digest or user name of a batch.
pub(super) struct Taken {
    digests: HashMap<TokenDigest, String>,
    usernames: HashMap<String, String>,
}

impl Released {
    /// Call this for a credential that changes.
    pub(super) fn add(&mut self, before: &CredentialRecord, after: &CredentialRecord) {
        if before.secret == after.secret {
            return;
        }
        match (&before.secret, after.username()) {
            (RecordSecret::Token(Some(digest)), _) => self.insert(digest.as_bytes()),
            (RecordSecret::Password { username, .. }, now) if now != Some(username) => self.insert(username.as_bytes()),
            (RecordSecret::Token(None) | RecordSecret::Password { .. }, _) => {}
        }
        if let Some(PreviousSecret::Token { digest, .. }) = &before.previous {
            self.insert(digest.as_bytes());
        }
    }

    fn insert(&mut self, secret: &[u8]) {
        self.secrets.insert(self.hasher.hash_one(secret));
    }

    fn has(&self, credential: &Credential) -> bool {
        if self.secrets.is_empty() {
            return false;
        }
        let hash = match &credential.secret {
            StoredSecret::Token(digest) => self.hasher.hash_one(&digest.as_bytes()[..]),
            StoredSecret::Password { username, .. } => self.hasher.hash_one(username.as_bytes()),
        };
        self.secrets.contains(&hash)
    }
}

impl Taken {
    pub(super) fn new(holders: Holders) -> Self {
        Self {
            digests: holders.of_digests.into_iter().collect(),
            usernames: holders.of_usernames.into_iter().collect(),
        }
    }

    /// In a file of passwords only, an existing user name keeps its id.
    pub(super) fn id<'e>(&'e self, extent: &Extent, credential: &'e Credential) -> &'e str {
        let holder = match extent {
            Extent::Whole | Extent::Columns { .. } => None,
            Extent::Password { .. } => credential.username().and_then(|name| self.usernames.get(name)),
        };
        holder.map_or(credential.id.as_str(), String::as_str)
    }

    pub(super) fn fault(
        &self,
        released: &Released,
        extent: &Extent,
        entry: &ImportEntry,
        id: &str,
        before: Option<&CredentialRecord>,
    ) -> Option<Diagnostic> {
        let (credential, place) = (&entry.credential, &entry.place);
        let (key, meaning, holder) = match &credential.secret {
            StoredSecret::Token(digest) => ("token", "token digest", self.digests.get(digest)),
            StoredSecret::Password { username, .. } => ("username", "user name", self.usernames.get(&**username)),
        };
        let advice = "remove it here, or delete or change that one first";
        if let Some(holder) = holder.filter(|holder| *holder != id) {
            let problem = format!("is the {meaning} of another credential in the database: {holder}");
            return Some(place.fault(key, problem).hint(advice));
        }
        if released.has(credential) {
            let problem = format!("is the {meaning} of another credential in the database, which this file changes");
            return Some(place.fault(key, problem).hint(advice));
        }
        let has_version = match extent {
            Extent::Password { has_version } => has_version,
            Extent::Columns { has_version: false, .. } if before.is_none() => {
                let hint = "add this column: only existing credentials keep their version";
                return Some(place.fault("version", "is missing").hint(hint));
            }
            Extent::Columns { .. } => {
                let is_countable = rate_limit(before, credential, extent).is_none_or(|rate| rate.is_countable());
                let problem = "of the database would take more than a hundred years to refill with these requests";
                return (!is_countable).then(|| place.fault("rate_limit.burst", problem).hint("add this column"));
            }
            Extent::Whole => return None,
        };
        match before {
            Some(_) if holder.is_none() => {
                let problem = format!("cannot be its id too: {id} is another credential in the database");
                Some(place.fault(key, problem).hint(ID_BESIDE_HINT))
            }
            Some(before) if before.account != credential.account.id => {
                let problem = format!("is the user name of {id}, which belongs to another account: {}", before.account);
                Some(place.fault(key, problem))
            }
            None if !*has_version => {
                let hint = "name the version of new users with --api-version";
                Some(place.fault(key, "is new and has no version").hint(hint))
            }
            _ => None,
        }
    }
}
