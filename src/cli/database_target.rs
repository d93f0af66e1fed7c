//! Where a command finds the database.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::config_target::SourceArgs;
use crate::config::{Database, DatabaseUrl, Settings};
use crate::control::operations::Terms;
use crate::formats::Catalogs;
use crate::store::{SchemaState, Store, StoreOptions};

/// What a person at a shell waits for a statement, whatever the settings say for a gate.
const PATIENCE: Duration = Duration::from_secs(30);
/// What they wait for a server to say anything.
const ANSWER: Duration = Duration::from_secs(5);

/// The settings, and the database that they name.
pub(super) struct Named {
    pub(super) settings: Settings,
    pub(super) database: Database,
}

impl Named {
    /// Reads the settings; credentials files are left alone.
    pub(super) fn read(source: &SourceArgs) -> anyhow::Result<Self> {
        let settings = source.source()?.load()?;
        let database = settings.database.clone().context(
            "no database: the settings name none; write credentials: {database: sqlite:claviger.db}, or postgres://USER@HOST/DATABASE, or set CLAVIGER__CREDENTIALS__DATABASE",
        )?;
        Ok(Self { settings, database })
    }

    /// The same with an SQLite file.
    pub(super) fn at(&self, file: PathBuf) -> Self {
        let database = Database { url: DatabaseUrl::Sqlite(file), options: self.database.options.clone() };
        Self { settings: self.settings.clone(), database }
    }

    /// True for a file that is not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(&self.database.url, DatabaseUrl::Sqlite(file) if !file.exists())
    }

    /// True for a file that is not there, or holds nothing yet.
    pub(super) fn is_blank(&self) -> bool {
        let holds_nothing = |file: &PathBuf| file.metadata().is_ok_and(|file| file.is_file() && file.len() == 0);
        self.is_missing() || matches!(&self.database.url, DatabaseUrl::Sqlite(file) if holds_nothing(file))
    }

    /// Opens it as it is. A file that is not there is made only where that is wanted.
    pub(super) async fn open(&self, create: bool) -> anyhow::Result<Store> {
        let url = &self.database.url;
        anyhow::ensure!(create || !self.is_missing(), "{url} is not there; claviger database migrate makes it");
        let limit = PATIENCE.max(self.database.options.query_timeout.duration());
        let options = StoreOptions { connections: 2, query_timeout: limit, create };
        let store = Store::open(url, options).await.with_context(|| url.to_string())?;
        if !store.is_embedded() {
            // A server that is not there is asked again and again until the time is up.
            let probe = StoreOptions { connections: 1, query_timeout: ANSWER, create };
            let probe = Store::open(url, probe).await.with_context(|| url.to_string())?;
            probe.schema().await.with_context(|| url.to_string())?;
            probe.close().await;
        }
        Ok(store)
    }

    /// Opens it for reading what this program has written.
    pub(super) async fn open_current(&self) -> anyhow::Result<Store> {
        let store = self.open(false).await?;
        store.ensure_schema(false).await.with_context(|| self.database.url.to_string())?;
        Ok(store)
    }

    /// Opens it for writing; a file is made, and brought up to date, as by a gate.
    pub(super) async fn open_ready(&self) -> anyhow::Result<Store> {
        let store = self.open(true).await?;
        store.ensure_schema(store.is_embedded()).await.with_context(|| self.database.url.to_string())?;
        Ok(store)
    }

    /// What the settings say about credentials.
    pub(super) fn terms(&self) -> Terms<'_> {
        let settings = &self.settings;
        let catalogs = Catalogs { versions: &settings.versions, scopes: &settings.scopes };
        Terms { catalogs, format: &settings.token_format }
    }

    /// How its schema stands.
    pub(super) async fn schema(&self, store: &Store) -> anyhow::Result<SchemaState> {
        store.schema().await.with_context(|| self.database.url.to_string())
    }
}

/// Runs something that waits for a database.
pub(super) fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
