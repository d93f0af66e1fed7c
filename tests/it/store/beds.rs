//! An empty store on each kind of database.

use std::time::Duration;

use claviger::config::DatabaseUrl;
use claviger::credential::{Label, StoredSecret, TokenDigest};
use claviger::store::{AccountRecord, CredentialRecord, Store, StoreOptions};
use jiff::Timestamp;

use crate::support::postgres::{Database, fresh_database};

pub const OPTIONS: StoreOptions = StoreOptions { connections: 8, limit: Duration::from_secs(20), create: true };

/// A store, and what it stands on until the test is over.
pub struct Bed {
    pub store: Store,
    pub url: DatabaseUrl,
    _ground: Ground,
}

/// Gone at the end of the test.
enum Ground {
    Elsewhere,
    Folder(#[expect(dead_code, reason = "kept until it is dropped")] tempfile::TempDir),
    Database(#[expect(dead_code, reason = "kept until it is dropped")] Database),
}

impl Bed {
    pub async fn sqlite() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("claviger.db"));
        Self::on(url, Ground::Folder(folder)).await
    }

    pub async fn postgres() -> Self {
        let database = tokio::task::spawn_blocking(fresh_database).await.unwrap();
        let url = database.url().parse().unwrap();
        Self::on(url, Ground::Database(database)).await
    }

    /// On a database that somebody else looks after.
    pub async fn at(url: DatabaseUrl) -> Self {
        Self::on(url, Ground::Elsewhere).await
    }

    async fn on(url: DatabaseUrl, ground: Ground) -> Self {
        let store = Store::open(&url, OPTIONS).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, _ground: ground }
    }

    /// Makes an account that may use the API.
    pub async fn account(&self, id: &str) -> AccountRecord {
        let record = AccountRecord {
            id: id.parse().unwrap(),
            name: None,
            granted: true,
            switched_on: true,
            members_allowed: false,
            created_at: noon(),
            revision: 1,
        };
        let mut transaction = self.store.begin(noon()).await.unwrap();
        transaction.put_account(&record).await.unwrap();
        transaction.commit().await.unwrap();
        record
    }

    pub async fn put(&self, record: &CredentialRecord) {
        let mut transaction = self.store.begin(noon()).await.unwrap();
        transaction.put_credential(record).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub fn label(text: &str) -> Label {
    text.parse().unwrap()
}

/// A credential with nothing but what it needs.
pub fn token(id: &str, account: &str, token: &str) -> CredentialRecord {
    CredentialRecord {
        id: label(id),
        account: label(account),
        owner: None,
        name: None,
        description: None,
        contact_email: None,
        contact_mobile: None,
        secret: StoredSecret::Token(TokenDigest::of(token.as_bytes())),
        previous: None,
        hint: None,
        enabled: true,
        disabled_reason: None,
        version: None,
        scopes: None,
        addresses: Vec::new(),
        expires_at: None,
        rate_limit: None,
        created_at: noon(),
        created_by: "root".into(),
        secret_made_at: noon(),
        handed_over_at: None,
        last_used_at: None,
        last_used_from: None,
        revision: 1,
    }
}

/// The same test on each kind of database.
macro_rules! on_each {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::store::beds::Bed::sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::store::beds::Bed::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_each;
