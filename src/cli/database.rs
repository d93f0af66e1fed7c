//! `claviger database migrate|status|backup`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::config_args::{ConfigArgs, SourceArgs};
use super::database_target::{DatabaseTarget, block_on};
use super::output::{is_json, note, print};
use crate::store::SchemaState;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Create or migrate the schema
    #[command(
        after_help = "Examples:\n  claviger database migrate --config config/claviger.yaml\n\nAn SQLite file is created where it is missing. A PostgreSQL database must exist, and its user needs the right to create tables in it. Gates of the previous version keep working meanwhile. A migration that is stopped continues the next time."
    )]
    Migrate {
        #[command(flatten)]
        source: ConfigArgs,
    },
    /// Print address, schema version and number of rows
    #[command(
        after_help = "Examples:\n  claviger database status\n  claviger database status --json | jq .credentials\n\nExit code 0: current, 1: needs claviger database migrate, is too new for this program, or does not answer."
    )]
    Status {
        #[command(flatten)]
        source: ConfigArgs,
        /// Print JSON, as always when standard output is not a terminal
        #[arg(long)]
        json: bool,
    },
    /// Copy an SQLite database while gates use it
    #[command(
        after_help = "Examples:\n  claviger database backup backup.db\n\nThe file must not exist; only its owner can read the copy. To restore it, stop every process that has the database open, replace the file, and remove the files beside it whose names end in -wal and -shm. Back up a PostgreSQL database with pg_dump."
    )]
    Backup {
        #[command(flatten)]
        source: ConfigArgs,
        /// File to create
        file: PathBuf,
    },
}

struct Contents {
    last_change: i64,
    credentials: i64,
    accounts: i64,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Migrate { source } => block_on(migrate(&source.source())),
            Self::Status { source, json } => block_on(status(&source.source(), json)),
            Self::Backup { source, file } => block_on(backup(&source.source(), &file)),
        }
    }
}

async fn migrate(source: &SourceArgs) -> anyhow::Result<ExitCode> {
    let target = DatabaseTarget::read(source)?;
    let url = &target.database.url;
    let store = target.open(true).await?;
    let state = store.ensure_schema(true).await.with_context(|| url.to_string())?;
    store.close().await;
    print(if state.is_current() && state.is_finished {
        format!("{url}: already at version {}", state.has)
    } else if state.is_current() {
        format!("{url}: finished the interrupted migration to version {}", state.has)
    } else {
        format!("{url}: migrated from version {} to {}", state.has, state.wants)
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn status(source: &SourceArgs, json: bool) -> anyhow::Result<ExitCode> {
    let target = DatabaseTarget::read(source)?;
    let url = &target.database.url;
    if target.is_missing() {
        // Opening it would create it.
        note(format!("{url} does not exist; claviger database migrate creates it"));
        return Ok(ExitCode::FAILURE);
    }
    let store = target.open(false).await?;
    let state = target.schema(&store).await?;
    // Rows of an unknown schema cannot be counted.
    let contents = if state.has == 0 || state.is_too_new() {
        None
    } else {
        let (credentials, accounts) = store.count().await?;
        Some(Contents { last_change: store.last_change().await?, credentials, accounts })
    };
    store.close().await;
    if is_json(json) {
        let number = |number: fn(&Contents) -> i64| contents.as_ref().map(number);
        let status = json!({
            "database": url.to_string(),
            "schema": {"has": state.has, "wants": state.wants},
            "last_change": number(|contents| contents.last_change),
            "credentials": number(|contents| contents.credentials),
            "accounts": number(|contents| contents.accounts),
        });
        print(status.to_string())?;
    } else {
        print(format!("database     {url}"))?;
        print(format!("schema       {}", schema(state)))?;
        if let Some(Contents { last_change, credentials, accounts }) = contents {
            print(format!("last change  {last_change}\ncredentials  {credentials}\naccounts     {accounts}"))?;
        }
    }
    if state.is_current() && state.is_finished {
        return Ok(ExitCode::SUCCESS);
    }
    note(if state.is_too_new() {
        "use the version of claviger that last migrated it, or a newer one"
    } else if state.is_current() {
        "a migration is still filling rows or building indexes; if none is running, run claviger database migrate"
    } else {
        "run claviger database migrate"
    });
    Ok(ExitCode::FAILURE)
}

async fn backup(source: &SourceArgs, file: &Path) -> anyhow::Result<ExitCode> {
    let target = DatabaseTarget::read(source)?;
    let url = &target.database.url;
    anyhow::ensure!(!target.is_missing(), "{url} does not exist");
    let store = target.open(false).await?;
    let copied = store.copy_into(file).await.with_context(|| url.to_string());
    store.close().await;
    copied?;
    print(format!("{url}: copied to {}", file.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn schema(state: SchemaState) -> String {
    let SchemaState { has, wants, .. } = state;
    match has {
        0 => format!("none; this claviger needs version {wants}"),
        has if has == wants => format!("version {has}, current"),
        has if state.is_current() => {
            format!("version {has}, compatible with version {wants} of this claviger")
        }
        has => format!("version {has}; this claviger needs version {wants}"),
    }
}
