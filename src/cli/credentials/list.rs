//! `claviger credentials list`

use std::process::ExitCode;

use crate::cli::output::{harmless, is_for_programs, remark, say};
use crate::cli::source::SourceArgs;
use crate::cli::store::{Named, wait};
use crate::clock::Clock;
use crate::control::operations::credential_facts;
use crate::credential::Label;
use crate::store::{CredentialRecord, Page, Store};

/// Read at once; the first ones decide how wide the columns are.
const PAGE: u32 = 500;
const COLUMNS: [&str; 7] = ["ID", "ACCOUNT", "KIND", "STATE", "VERSION", "LAST USED", "NAME"];

/// Arguments of `list`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credentials list\n  claviger credentials list --account acme\n  claviger credentials list --json | jq -r '.[] | select(.enabled | not) | .id'"
)]
pub(in crate::cli) struct Args {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    /// A JSON list, as always when something else than a terminal reads it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        wait(async {
            let store = Named::read(&self.source)?.open_current().await?;
            let outcome = if is_for_programs(self.json) { self.json(&store).await } else { self.table(&store).await };
            store.close().await;
            // What is wrong with some has been said; the others are there.
            outcome.map(|is_whole| if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }

    async fn page(&self, store: &Store, last: &str) -> anyhow::Result<Page> {
        let page = store.credentials_after(last, self.account.as_ref().map(Label::as_str), PAGE).await?;
        page.unreadable.iter().for_each(|error| remark(error.to_string()));
        Ok(page)
    }

    /// One line each, so that a long list can be read while it comes. Whether all could be read.
    async fn json(&self, store: &Store) -> anyhow::Result<bool> {
        let mut page = self.page(store, "").await?;
        let (mut is_whole, mut held) = (true, None);
        say("[")?;
        while let Some(end) = &page.end {
            is_whole &= page.unreadable.is_empty();
            for record in &page.records {
                if let Some(line) = held.replace(credential_facts(record)) {
                    say(format!("{line},"))?;
                }
            }
            page = self.page(store, end).await?;
        }
        if let Some(line) = held {
            say(line.to_string())?;
        }
        say("]")?;
        Ok(is_whole)
    }

    async fn table(&self, store: &Store) -> anyhow::Result<bool> {
        let mut page = self.page(store, "").await?;
        if page.end.is_none() {
            remark(match &self.account {
                Some(account) => format!("no credentials of {account}"),
                None => "no credentials".to_owned(),
            });
            return Ok(true);
        }
        let mut widths = COLUMNS.map(str::len);
        for record in &page.records {
            let cells = row(record);
            widths = std::array::from_fn(|at| widths[at].max(cells[at].chars().count()));
        }
        say(line(&COLUMNS.map(str::to_owned), &widths))?;
        let mut is_whole = true;
        while let Some(end) = &page.end {
            is_whole &= page.unreadable.is_empty();
            page.records.iter().try_for_each(|record| say(line(&row(record), &widths)))?;
            page = self.page(store, end).await?;
        }
        Ok(is_whole)
    }
}

fn line(cells: &[String; COLUMNS.len()], widths: &[usize; COLUMNS.len()]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn row(record: &CredentialRecord) -> [String; COLUMNS.len()] {
    let kind = if record.username().is_some() { "password" } else { "token" };
    let dash = || "-".to_owned();
    [
        record.id.to_string(),
        record.account.to_string(),
        kind.to_owned(),
        state(record).to_owned(),
        record.version.as_ref().map_or_else(dash, ToString::to_string),
        record.last_used_at.map_or_else(dash, |at| at.strftime("%Y-%m-%d %H:%MZ").to_string()),
        record.name.as_deref().map_or_else(dash, harmless),
    ]
}

pub(super) fn state(record: &CredentialRecord) -> &'static str {
    let is_expired = record.expires_at.is_some_and(|end| end <= Clock::System.now());
    match (record.secret.is_cleared(), record.enabled, is_expired) {
        (true, ..) => "cleared",
        (false, false, _) => "disabled",
        (false, true, true) => "expired",
        (false, true, false) => "enabled",
    }
}
