//! Operations, on SQLite and on PostgreSQL by the same tests.

mod access_requests;
mod accounts;
mod api;
mod audit;
mod caller_rows;
mod callers;
mod clear;
mod console;
mod crash;
mod crash_harness;
mod create;
mod credential_rights;
mod decisions;
mod diagnosis;
mod duplicate;
mod edit;
mod idempotency;
mod import;
mod import_rules;
mod import_streams;
mod list;
mod lost_access;
mod operator_tokens;
mod own_key;
pub mod people;
mod races;
mod reset;
mod retention;
mod reveal;
mod revoked;
mod rights;
mod schemathesis;
mod sessions;
mod setup_links;
mod sign_in;
mod story;
mod switches;
mod upgrade_version;
mod user_rights;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use claviger::auth::{HashPool, HashPoolSize};
use claviger::config::Delivery;
use claviger::control::operations::{
    Caller, Created, Invalid, NewCredential, NewSecret, OperationContext, OperationError, Terms, WebhookTerms, create,
};
use claviger::credential::{InstallationKeys, ScopeCatalog, TokenFormat, Version, VersionCatalog};
use claviger::formats::Catalogs;
use claviger::store::{Actor, ActorKind, Role};
use jiff::Timestamp;
use serde_json::Value;

use crate::store::test_database::{TestDatabase, label};

/// A caller with every right.
fn shell() -> Caller {
    Caller::shell("root".into())
}

/// A signed-in user.
pub fn user(role: Role, account: Option<&str>, id: &str) -> Caller {
    let actor = Actor { kind: ActorKind::User, id: id.into(), request_id: None, address: None };
    Caller { actor, role, account: account.map(label), user: Some(label(id)) }
}

/// Versions 1 and 2, and the scope `pay`.
pub struct Fixture {
    versions: VersionCatalog,
    scopes: ScopeCatalog,
    format: TokenFormat,
    pub delivery: Delivery,
    pub webhooks: Option<Arc<WebhookTerms>>,
    pub keys: Option<Arc<InstallationKeys>>,
    shell: Caller,
}

impl Fixture {
    pub fn new() -> Self {
        let version = |name: &str| Version {
            name: label(name),
            deprecated_on: None,
            sunset_on: None,
            retired_on: None,
            link: None,
        };
        let versions = VersionCatalog { known: vec![version("1"), version("2")], ..Default::default() };
        Self {
            versions,
            scopes: ScopeCatalog::new(vec![(label("pay"), Box::default())]),
            format: TokenFormat::default(),
            delivery: Delivery::default(),
            webhooks: None,
            keys: None,
            shell: shell(),
        }
    }

    pub fn catalogs(&self) -> Catalogs<'_> {
        Catalogs { versions: &self.versions, scopes: &self.scopes }
    }

    pub fn terms(&self) -> Terms<'_> {
        Terms {
            catalogs: self.catalogs(),
            format: &self.format,
            delivery: &self.delivery,
            webhooks: self.webhooks.as_deref(),
        }
    }

    /// A call from the shell.
    pub fn call<'c>(&'c self, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        self.by(&self.shell, bed, now)
    }

    /// A call of a caller that the database has too.
    pub fn by<'c>(&'c self, caller: &'c Caller, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        caller_rows::put_caller_now(bed, caller);
        self.as_known(caller, bed, now)
    }

    /// A call of the holder of a link, who has no row.
    pub fn by_link<'c>(&'c self, caller: &'c Caller, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        self.as_known(caller, bed, now)
    }

    /// A call of a caller that may differ from the row in the database.
    fn as_known<'c>(&'c self, caller: &'c Caller, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        let (hashes, installation_keys) = (Some(hashes()), self.keys.as_deref());
        OperationContext { hashes, installation_keys, ..OperationContext::new(&bed.store, caller, now, self.terms()) }
    }
}

/// One pool for all tests, with the queue of a server.
fn hashes() -> &'static HashPool {
    static HASHES: LazyLock<HashPool> = LazyLock::new(|| {
        let threads = std::thread::available_parallelism().unwrap();
        HashPool::start(HashPoolSize { threads, queue: 64 }, |_| {}).unwrap()
    });
    &HASHES
}

/// Whether the error is about this field alone.
fn is_invalid<E>(error: &OperationError<E>, field: &str) -> bool {
    matches!(error, OperationError::Invalid(Invalid(faults)) if faults.len() == 1 && faults[0].field == field)
}

fn token_for(account: &str) -> NewCredential {
    NewCredential::new(label(account), NewSecret::Token)
}

fn pair_for(account: &str, username: &str) -> NewCredential {
    NewCredential { secret: NewSecret::Password { username: username.into(), chosen: None }, ..token_for(account) }
}

async fn made(bed: &TestDatabase, now: Timestamp, new: NewCredential) -> Created {
    create(&Fixture::new().call(bed, now), new).await.unwrap().fresh().unwrap()
}

/// Audit verbs of a credential, newest first.
async fn verbs(bed: &TestDatabase, id: &str) -> Vec<String> {
    let audit = bed.store.audit_of("credential", id, 10).await.unwrap();
    audit.into_iter().map(|line| line.verb).collect()
}

/// Fields that differ in the newest audit entry: before and after.
async fn last_difference(bed: &TestDatabase, id: &str) -> BTreeMap<String, (Value, Value)> {
    let audit = bed.store.audit_of("credential", id, 1).await.unwrap();
    let facts = |text: &Option<String>| -> BTreeMap<String, Value> {
        serde_json::from_str(text.as_deref().unwrap_or("{}")).unwrap()
    };
    let (before, after) = (facts(&audit[0].before), facts(&audit[0].after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |facts: &BTreeMap<String, Value>, name: &str| facts.get(name).cloned().unwrap_or_default();
    let pairs = names.into_iter().map(|name| (name.clone(), (of(&before, name), of(&after, name))));
    pairs.filter(|(name, (before, after))| before != after && name != "revision").collect()
}

async fn works(bed: &TestDatabase, token: &str) -> bool {
    let digest = claviger::credential::TokenDigest::of(token.as_bytes());
    bed.store.find_token(&digest).await.unwrap().found.is_some()
}
