//! Rows for the benchmarks.

use std::time::Duration;

use claviger::config::DatabaseUrl;
use claviger::credential::{StoredSecret, TokenDigest};
use claviger::store::{AccountRecord, CredentialRecord, Store, StoreOptions};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::support::{Gate, claviger};

pub fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

pub async fn open(url: &DatabaseUrl) -> Store {
    let options = StoreOptions { connections: 8, query_timeout: Duration::from_secs(600), create: true };
    let store = Store::open(url, options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

pub fn account(id: &str) -> AccountRecord {
    AccountRecord {
        id: id.parse().unwrap(),
        name: None,
        granted: true,
        switched_on: true,
        members_allowed: false,
        created_at: now(),
        revision: 1,
    }
}

pub fn token(id: &str, account: &str, token: &str) -> CredentialRecord {
    let secret = StoredSecret::Token(TokenDigest::of(token.as_bytes()));
    CredentialRecord::new(id.parse().unwrap(), account.parse().unwrap(), secret, now(), "bench")
}

/// A gate on this database.
pub fn gate(api: &str, url: &str, more: &str) -> Gate {
    let folder = TempDir::new().unwrap();
    let settings = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: '{api}', threads: 1}}\nadmin: {{listen: 127.0.0.1:0}}\nconsole: {{listen: 127.0.0.1:0}}\n\
         credentials: {{database: '{url}'}}\nlog: {{access: false}}\nthrottle: {{enabled: false}}\n{more}"
    );
    let file = folder.path().join("claviger.yaml");
    std::fs::write(&file, settings).unwrap();
    let mut command = claviger();
    command.args(["serve", "--migrate", "--config"]).arg(file);
    Gate::launch(&mut command, folder)
}
