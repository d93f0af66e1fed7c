//! `claviger database migrate|status|backup`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::config_target::SourceArgs;
use super::database_target::{Named, wait};
use super::output::{is_for_programs, remark, say};
use crate::store::SchemaState;

/// What to do with the database.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make or change its tables so that this program can work with them
    #[command(
        after_help = "Examples:\n  claviger database migrate --config config/claviger.yaml\n\nAn SQLite file is made if it is not there. A PostgreSQL database has to be there, and its user needs the right\nto create tables in it. Gates of the version before go on\nmeanwhile. Stopped, it goes on from there the next time."
    )]
    Migrate {
        #[command(flatten)]
        source: SourceArgs,
    },
    /// Print where it is, how its tables stand, and how much is in it
    #[command(
        after_help = "Examples:\n  claviger database status\n  claviger database status --json | jq .credentials\n\nExit code 0: nothing to do, 1: it needs claviger database migrate, is too new for this program, or does not answer."
    )]
    Status {
        #[command(flatten)]
        source: SourceArgs,
        /// One JSON object, as always when something else than a terminal reads it
        #[arg(long)]
        json: bool,
    },
    /// Copy an SQLite database as a whole, while gates go on
    #[command(
        after_help = "Examples:\n  claviger database backup backup.db\n\nThe file must not be there yet; only its owner can read it. To put it back, stop whoever has the database open, put\nthe copy in its place, and remove the files beside it whose names end in -wal and -shm. A PostgreSQL database is\nbacked up by pg_dump."
    )]
    Backup {
        #[command(flatten)]
        source: SourceArgs,
        /// Where the copy goes
        file: PathBuf,
    },
}

/// What is in it.
struct Contents {
    last_change: i64,
    credentials: i64,
    accounts: i64,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Migrate { source } => wait(migrate(&source)),
            Self::Status { source, json } => wait(status(&source, json)),
            Self::Backup { source, file } => wait(backup(&source, &file)),
        }
    }
}

async fn migrate(source: &SourceArgs) -> anyhow::Result<ExitCode> {
    let named = Named::read(source)?;
    let url = &named.database.url;
    let store = named.open(true).await?;
    let state = store.ensure_schema(true).await.with_context(|| url.to_string())?;
    store.close().await;
    say(if state.is_current() && state.is_finished {
        format!("{url}: at version {} already", state.has)
    } else if state.is_current() {
        format!("{url}: the migration to version {} was stopped before its end, and is finished now", state.has)
    } else {
        format!("{url}: migrated from version {} to {}", state.has, state.wants)
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn status(source: &SourceArgs, json: bool) -> anyhow::Result<ExitCode> {
    let named = Named::read(source)?;
    let url = &named.database.url;
    if named.is_missing() {
        // Opening it would make it.
        remark(format!("{url} is not there yet; claviger database migrate makes it"));
        return Ok(ExitCode::FAILURE);
    }
    let store = named.open(false).await?;
    let state = named.schema(&store).await?;
    // Of tables that this program does not know it can count nothing.
    let contents = if state.has == 0 || state.is_too_new() {
        None
    } else {
        let (credentials, accounts) = store.count().await?;
        Some(Contents { last_change: store.last_change().await?, credentials, accounts })
    };
    store.close().await;
    if is_for_programs(json) {
        let number = |number: fn(&Contents) -> i64| contents.as_ref().map(number);
        let status = json!({
            "database": url.to_string(),
            "schema": {"has": state.has, "wants": state.wants},
            "last_change": number(|contents| contents.last_change),
            "credentials": number(|contents| contents.credentials),
            "accounts": number(|contents| contents.accounts),
        });
        say(status.to_string())?;
    } else {
        say(format!("database     {url}"))?;
        say(format!("schema       {}", schema(state)))?;
        if let Some(Contents { last_change, credentials, accounts }) = contents {
            say(format!("last change  {last_change}\ncredentials  {credentials}\naccounts     {accounts}"))?;
        }
    }
    if state.is_current() && state.is_finished {
        return Ok(ExitCode::SUCCESS);
    }
    remark(if state.is_too_new() {
        "use the version of claviger that last migrated it, or a newer one"
    } else if state.is_current() {
        "its rows are still being filled in, or its indexes built; if nobody is at it, run claviger database migrate"
    } else {
        "run claviger database migrate"
    });
    Ok(ExitCode::FAILURE)
}

async fn backup(source: &SourceArgs, file: &Path) -> anyhow::Result<ExitCode> {
    let named = Named::read(source)?;
    let url = &named.database.url;
    anyhow::ensure!(!named.is_missing(), "{url} is not there");
    let store = named.open(false).await?;
    let copied = store.copy_into(file).await.with_context(|| url.to_string());
    store.close().await;
    copied?;
    say(format!("{url}: copied into {}", file.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn schema(state: SchemaState) -> String {
    let SchemaState { has, wants, .. } = state;
    match has {
        0 => format!("none yet; this claviger wants version {wants}"),
        has if has == wants => format!("version {has}, as this claviger wants it"),
        has if state.is_current() => {
            format!("version {has}, which has only grown since version {wants} of this claviger")
        }
        has => format!("version {has}; this claviger wants version {wants}"),
    }
}
