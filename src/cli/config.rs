//! `claviger config validate|show|schema`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;

use super::config_args::SourceArgs;
use super::database_target::block_on;
use super::output::{counted, note, print, report};
use crate::clock::Clock;
use crate::config::{DatabaseUrl, Diagnostics, effective, schema};
use crate::source::{CatalogMismatch, Loaded, Loader};
use crate::store::{Store, StoreOptions};

/// A database that answers later counts as unreachable.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Validate settings, credentials and certificates; report every fault
    #[command(
        after_help = "Examples:\n  claviger config validate --config config/claviger.yaml\n  claviger config validate --format json | jq .faults"
    )]
    Validate {
        #[command(flatten)]
        source: SourceArgs,
        /// Format of the report
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
    },
    /// Print the effective settings and the source of each
    #[command(after_help = "Examples:\n  claviger config show")]
    Show {
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Print the JSON Schema of the settings file
    #[command(after_help = "Examples:\n  claviger config schema > claviger.schema.json")]
    Schema {
        /// Print that of the credentials file instead
        #[arg(long)]
        credentials: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ReportFormat {
    /// `file:line:col  key.path  problem; hint`, one line each.
    Text,
    /// One JSON object.
    Json,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Validate { source, format } => validate(&source, format),
            Self::Show { source } => {
                let (root, file) = source.source()?.read()?;
                print(effective(&file, &root).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Schema { credentials } => {
                print(schema(credentials).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn validate(source: &SourceArgs, format: ReportFormat) -> anyhow::Result<ExitCode> {
    let source = source.source()?;
    let name = source.file.as_ref().map_or("flags and environment".into(), |file| file.display().to_string());
    let loaded = Loader::new(source).load().and_then(|loaded| crate::server::check(&loaded).map(|()| loaded));
    match (loaded, format) {
        (Ok(loaded), ReportFormat::Text) => {
            let database = check_database(&loaded);
            print(format!("{name}: valid, {}", credentials_of(&loaded, database.is_ok())))?;
            for line in database.unwrap_or_default().lines() {
                note(format!("warning: {line}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        (Ok(loaded), ReportFormat::Json) => {
            let mut summary = json!({"valid": true, "credentials": loaded.set.len(), "faults": []});
            if let Some(database) = &loaded.settings.database {
                summary["database"] = database.url.to_string().into();
                summary["warnings"] = check_database(&loaded).unwrap_or_default().lines().into();
            }
            print(summary.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        (Err(faults), ReportFormat::Text) => {
            report(&anyhow::Error::new(faults));
            Ok(ExitCode::FAILURE)
        }
        (Err(Diagnostics(faults)), ReportFormat::Json) => {
            print(json!({"valid": false, "faults": faults}).to_string())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Credentials of the database that the settings would refuse. A database that cannot be reached from here, or has
/// another schema, is no fault of the settings.
fn check_database(loaded: &Loaded) -> anyhow::Result<CatalogMismatch> {
    let settings = &loaded.settings;
    let database = settings.database.as_ref().context("no database is configured")?;
    if let DatabaseUrl::Sqlite(file) = &database.url {
        anyhow::ensure!(file.exists(), "the file does not exist");
    }
    block_on(async {
        let options = StoreOptions { connections: 1, query_timeout: DATABASE_TIMEOUT, create: false };
        let store = Store::open(&database.url, options).await?;
        store.ensure_schema(false).await?;
        let found = CatalogMismatch::find(&store, &settings.versions, &settings.scopes, Clock::System.now()).await;
        store.close().await;
        Ok(found?)
    })
}

fn credentials_of(loaded: &Loaded, is_opened: bool) -> String {
    let count = loaded.set.len();
    let in_file = counted(count, "credential");
    let opened = if is_opened { "" } else { ", which was not opened" };
    match (&loaded.settings.database, &loaded.settings.credentials_file) {
        (None, _) => in_file,
        (Some(database), Some(_)) => format!("{in_file}, and those of {}{opened}", database.url),
        (Some(database), None) => format!("credentials in {}{opened}", database.url),
    }
}
