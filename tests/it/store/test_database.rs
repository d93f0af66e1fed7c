//! An empty store on each kind of database.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use claviger::config::DatabaseUrl;
use claviger::credential::{Label, StoredSecret, TokenDigest};
use claviger::store::{AccountRecord, Changes, CredentialRecord, FeedPoint, FeedPosition, Role, Store, StoreOptions};
use jiff::Timestamp;
use sqlx::Connection as _;
use tokio::sync::OnceCell;

use crate::support::folder_in_memory;
use crate::support::postgres::{Cluster, Database, Direct, Shared, fresh_database, shared};

pub const OPTIONS: StoreOptions = StoreOptions { connections: 8, query_timeout: Duration::from_secs(20), create: true };

/// A store, and what it stands on until the test is over.
pub struct TestDatabase {
    pub store: Store,
    pub url: DatabaseUrl,
    direct: Option<Direct>,
    _ground: Ground,
}

/// Gone at the end of the test.
enum Ground {
    Folder(#[expect(dead_code, reason = "kept until it is dropped")] tempfile::TempDir),
    Database(Database),
    /// Or at a time that the test does not choose.
    Elsewhere,
}

impl TestDatabase {
    pub async fn sqlite() -> Self {
        let folder = folder_in_memory("claviger-sqlite-");
        let file = folder.path().join("claviger.db");
        let mut options = std::fs::OpenOptions::new();
        let mut copy = options.write(true).create_new(true).mode(0o600).open(&file).unwrap();
        copy.write_all(migrated_file().await).unwrap();
        Self::on(DatabaseUrl::Sqlite(file), Ground::Folder(folder)).await
    }

    pub async fn postgres() -> Self {
        let database = match shared() {
            Shared::Own(cluster) => {
                let template = migrated_database(cluster).await;
                tokio::task::spawn_blocking(|| cluster.copy_of(template)).await.unwrap()
            }
            // This server outlives the tests, and a template would remain on it.
            Shared::Given(_) => tokio::task::spawn_blocking(fresh_database).await.unwrap(),
        };
        Self::on_database(database).await
    }

    /// On a database whose server the test does not stop.
    pub async fn on_database(database: Database) -> Self {
        let url = database.url().parse().unwrap();
        Self::on(url, Ground::Database(database)).await
    }

    /// On a database that another test value owns.
    pub async fn at(url: DatabaseUrl) -> Self {
        Self::on(url, Ground::Elsewhere).await
    }

    async fn on(url: DatabaseUrl, ground: Ground) -> Self {
        // Without TLS, whose handshake takes longer than most tests: it is for processes, which are given `url`.
        let near = match &ground {
            Ground::Database(database) => database.direct().parse().unwrap(),
            Ground::Folder(_) | Ground::Elsewhere => url.clone(),
        };
        let store = Store::open(&near, OPTIONS).await.unwrap();
        store.migrate().await.unwrap();
        let direct = match &near {
            DatabaseUrl::Postgres(url) => Some(Direct::to(url.expose())),
            DatabaseUrl::Sqlite(_) => None,
        };
        Self { store, url, direct, _ground: ground }
    }

    /// As settings have it.
    pub fn address(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(file) => format!("sqlite:{}", file.display()),
            DatabaseUrl::Postgres(url) => url.expose().to_owned(),
        }
    }

    /// Runs statements past the store, so that it publishes no change.
    pub async fn execute(&self, sql: &str) {
        let Some(direct) = &self.direct else {
            let mut connection = self.file().await;
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
            return connection.close().await.unwrap();
        };
        direct.execute(sql).await;
    }

    /// One number.
    pub async fn ask(&self, sql: &str) -> i64 {
        let Some(direct) = &self.direct else {
            let mut connection = self.file().await;
            return sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
        };
        direct.ask(sql).await
    }

    async fn file(&self) -> sqlx::SqliteConnection {
        let DatabaseUrl::Sqlite(file) = &self.url else { panic!("{}", self.url) };
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        sqlx::SqliteConnection::connect_with(&options).await.unwrap()
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

    /// Makes a user of an account, or one of the staff.
    pub async fn put_user(&self, id: &str, account: Option<&str>, role: Role) {
        let account = account.map_or("NULL".to_owned(), |account| format!("'{account}'"));
        self.execute(&format!(
            "INSERT INTO users (id, account, email, role, enabled, created_at, revision)
            VALUES ('{id}', {account}, '{id}@example.org', '{role}', TRUE, 0, 1)"
        ))
        .await;
    }

    /// Writes an account as it is now.
    pub async fn put_account(&self, record: &AccountRecord) {
        let mut transaction = self.store.begin(noon()).await.unwrap();
        transaction.put_account(record).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// The changes after this number, of the history that the server is in.
    pub async fn changes_since(&self, number: i64) -> Changes {
        let now = self.store.position().await.unwrap().point;
        let position = FeedPosition { point: FeedPoint { number, ..now }, change: None };
        self.store.changes_since(&position).await.unwrap()
    }

    /// Deletes a credential.
    pub async fn delete(&self, id: &str) {
        let mut transaction = self.store.begin(noon()).await.unwrap();
        assert!(transaction.delete_credential(id).await.unwrap());
        transaction.commit().await.unwrap();
    }

    pub async fn put(&self, record: &CredentialRecord) {
        let mut transaction = self.store.begin(noon()).await.unwrap();
        transaction.put_credential(record).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

/// The bytes of an empty store. A copy takes a small part of the time of a migration.
async fn migrated_file() -> &'static [u8] {
    static BYTES: OnceCell<Vec<u8>> = OnceCell::const_new();
    let create = async {
        let folder = folder_in_memory("claviger-sqlite-");
        let file = folder.path().join("claviger.db");
        migrate(&DatabaseUrl::Sqlite(file.clone())).await;
        assert!(!folder.path().join("claviger.db-wal").exists(), "the file is not all of it");
        std::fs::read(file).unwrap()
    };
    BYTES.get_or_init(|| create).await
}

/// An empty store on this server, without connections; removed with the server.
async fn migrated_database(cluster: &'static Cluster) -> &'static Database {
    static DATABASE: OnceCell<Database> = OnceCell::const_new();
    let create = async {
        let database = tokio::task::spawn_blocking(|| cluster.fresh_database()).await.unwrap();
        migrate(&database.direct().parse().unwrap()).await;
        let closed = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name());
        tokio::task::spawn_blocking(move || cluster.execute(&closed)).await.unwrap();
        database
    };
    DATABASE.get_or_init(|| create).await
}

/// Leaves no connection behind.
async fn migrate(url: &DatabaseUrl) {
    let store = Store::open(url, OPTIONS).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
}

pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub fn label(text: &str) -> Label {
    text.parse().unwrap()
}

/// A credential with nothing but what it needs.
pub fn token(id: &str, account: &str, token: &str) -> CredentialRecord {
    let secret = StoredSecret::Token(TokenDigest::of(token.as_bytes()));
    CredentialRecord::new(label(id), label(account), secret, noon(), "root")
}

/// The same test on each kind of database. What an operation on a server has locked is let go of in the background, also
/// while a test waits.
macro_rules! on_each {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::store::test_database::TestDatabase::sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                super::$name(crate::store::test_database::TestDatabase::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_each;
