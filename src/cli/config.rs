//! `claviger config validate|show|schema`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;

use super::config_target::SourceArgs;
use super::database_target::wait;
use super::output::{complain, remark, say};
use crate::clock::Clock;
use crate::config::{DatabaseUrl, Diagnostics, effective, schema};
use crate::source::{CatalogMismatch, Loaded, Loader};
use crate::store::{Store, StoreOptions};

/// A database that answers later counts as unreachable.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// What to do with settings.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Check settings, credentials and certificates, and report everything that is wrong
    #[command(
        after_help = "Examples:\n  claviger config validate --config config/claviger.yaml\n  claviger config validate --format json | jq .faults"
    )]
    Validate {
        #[command(flatten)]
        source: SourceArgs,
        /// How faults are reported
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print the settings in force, and where each comes from
    #[command(after_help = "Examples:\n  claviger config show")]
    Show {
        #[command(flatten)]
        source: SourceArgs,
        /// Leave secrets out; settings hold none, so this changes nothing
        #[arg(long)]
        redacted: bool,
    },
    /// Print the JSON Schema of the settings file
    #[command(after_help = "Examples:\n  claviger config schema > claviger.schema.json")]
    Schema {
        /// Of the credentials file instead
        #[arg(long)]
        credentials: bool,
    },
}

/// How faults are reported.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// `file:line:col  key.path  problem; hint`, one line each.
    Text,
    /// One JSON object.
    Json,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Validate { source, format } => validate(&source, format),
            Self::Show { source, redacted: _ } => {
                let (root, file) = source.source()?.read()?;
                say(effective(&file, &root).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Schema { credentials } => {
                say(format!("{:#}", schema(credentials)))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn validate(source: &SourceArgs, format: Format) -> anyhow::Result<ExitCode> {
    let source = source.source()?;
    let name = source.file.as_ref().map_or("flags and environment".into(), |file| file.display().to_string());
    let loaded = Loader::new(source).load().and_then(|loaded| crate::server::check(&loaded).map(|()| loaded));
    match (loaded, format) {
        (Ok(loaded), Format::Text) => {
            let database = check_database(&loaded);
            say(format!("{name}: fine, {}", credentials_of(&loaded, database.is_ok())))?;
            for line in database.unwrap_or_default().lines() {
                remark(format!("warning: {line}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        (Ok(loaded), Format::Json) => {
            let mut report = json!({"valid": true, "credentials": loaded.set.len(), "faults": []});
            if let Some(database) = &loaded.settings.database {
                report["database"] = database.url.to_string().into();
                report["warnings"] = check_database(&loaded).unwrap_or_default().lines().into();
            }
            say(report.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        (Err(faults), Format::Text) => {
            complain(&anyhow::Error::new(faults));
            Ok(ExitCode::FAILURE)
        }
        (Err(Diagnostics(faults)), Format::Json) => {
            say(json!({"valid": false, "faults": faults}).to_string())?;
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
    wait(async {
        let options = StoreOptions { connections: 1, query_timeout: DATABASE_TIMEOUT, create: false };
        let store = Store::open(&database.url, options).await?;
        store.ensure_schema(false).await?;
        let found = CatalogMismatch::find(&store, &settings.versions, &settings.scopes, Clock::System.now()).await;
        store.close().await;
        Ok(found?)
    })
}

fn credentials_of(loaded: &Loaded, is_checked: bool) -> String {
    let count = loaded.set.len();
    let in_file = format!("{count} credential{}", if count == 1 { "" } else { "s" });
    let asked = if is_checked { "" } else { ", which was not asked" };
    match (&loaded.settings.database, &loaded.settings.credentials_file) {
        (None, _) => in_file,
        (Some(database), Some(_)) => format!("{in_file}, and those of {}{asked}", database.url),
        (Some(database), None) => format!("with the credentials of {}{asked}", database.url),
    }
}
