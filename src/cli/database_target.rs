//! Which database a command opens.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::config_args::SourceArgs;
use crate::config::{Database, DatabaseUrl, Settings};
use crate::control::local_url;
use crate::control::operations::{Terms, WebhookTerms};
use crate::formats::Catalogs;
use crate::store::{SchemaState, Store, StoreOptions};

/// At least; `database.query_timeout` is meant for the gate.
const QUERY_TIMEOUT: Duration = Duration::from_secs(30);
/// For the first query: the pool retries a failing connection until its timeout.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct DatabaseTarget {
    pub(super) settings: Settings,
    pub(super) database: Database,
    webhooks: Option<Arc<WebhookTerms>>,
}

impl DatabaseTarget {
    /// Does not read the credentials file.
    pub(super) fn read(source: &SourceArgs) -> anyhow::Result<Self> {
        let settings = source.source()?.load()?;
        let database = settings.database.clone().context(
            "the settings name no database: write credentials: {database: sqlite:claviger.db}, or postgres://USER@HOST/DATABASE, or set CLAVIGER__CREDENTIALS__DATABASE",
        )?;
        Ok(Self::new(settings, database))
    }

    pub(super) fn new(settings: Settings, database: Database) -> Self {
        Self { webhooks: WebhookTerms::of(&settings), settings, database }
    }

    /// The same settings with this SQLite file.
    pub(super) fn with_file(&self, file: PathBuf) -> Self {
        let database = Database { url: DatabaseUrl::Sqlite(file), options: self.database.options.clone() };
        Self { settings: self.settings.clone(), database, webhooks: self.webhooks.clone() }
    }

    /// The SQLite file does not exist.
    pub(super) fn is_missing(&self) -> bool {
        matches!(&self.database.url, DatabaseUrl::Sqlite(file) if !file.exists())
    }

    /// The SQLite file does not exist or is empty.
    pub(super) fn is_blank(&self) -> bool {
        let holds_nothing = |file: &PathBuf| file.metadata().is_ok_and(|file| file.is_file() && file.len() == 0);
        self.is_missing() || matches!(&self.database.url, DatabaseUrl::Sqlite(file) if holds_nothing(file))
    }

    /// Does not look at the schema.
    pub(super) async fn open(&self, create: bool) -> anyhow::Result<Store> {
        let url = &self.database.url;
        anyhow::ensure!(create || !self.is_missing(), "{url} does not exist; claviger database migrate creates it");
        let limit = QUERY_TIMEOUT.max(self.database.options.query_timeout.duration());
        let options = StoreOptions { connections: 2, query_timeout: limit, create };
        let store = Store::open(url, options).await.with_context(|| url.to_string())?;
        if !store.is_embedded() {
            let probe = StoreOptions { connections: 1, query_timeout: PROBE_TIMEOUT, create };
            let probe = Store::open(url, probe).await.with_context(|| url.to_string())?;
            let checked = async {
                probe.check_server().await?;
                probe.schema().await
            };
            if let Err(error) = checked.await {
                return Err(probe.diagnose(error).await).with_context(|| url.to_string());
            }
            probe.close().await;
        }
        Ok(store)
    }

    /// Changes no schema: it must be current.
    pub(super) async fn open_current(&self) -> anyhow::Result<Store> {
        let store = self.open(false).await?;
        store.ensure_schema(false).await.with_context(|| self.database.url.to_string())?;
        Ok(store)
    }

    /// An SQLite file is created and migrated, as by a gate.
    pub(super) async fn open_ready(&self) -> anyhow::Result<Store> {
        let store = self.open(true).await?;
        store.ensure_schema(store.is_embedded()).await.with_context(|| self.database.url.to_string())?;
        Ok(store)
    }

    /// Where a server with these settings serves the console; `None` where it does not.
    pub(super) fn console_url(&self) -> Option<String> {
        let settings = &self.settings;
        settings.console.as_ref()?;
        let local = || local_url(settings.console_tls.is_some(), settings.console_listen);
        Some(settings.public_url.clone().unwrap_or_else(local))
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        let settings = &self.settings;
        let catalogs = Catalogs { versions: &settings.versions, scopes: &settings.scopes };
        Terms {
            catalogs,
            format: &settings.token_format,
            delivery: &settings.delivery,
            webhooks: self.webhooks.as_deref(),
        }
    }

    pub(super) async fn schema(&self, store: &Store) -> anyhow::Result<SchemaState> {
        store.schema().await.with_context(|| self.database.url.to_string())
    }
}

pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
