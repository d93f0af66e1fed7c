//! `claviger credential export`

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context as _;

use super::Format;
use crate::cli::client::{Client, ClientTarget, Request, path, query};
use crate::cli::database_target::{Named, wait};
use crate::cli::output::remark;
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::api::ExportSummary;
use crate::control::operations::{Caller, OperationContext, OperationError, export};
use crate::credential::Label;

/// Arguments of `export`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  umask 077; claviger credential export > credentials.yaml\n  claviger credential export --format csv --account acme > acme.csv\n  claviger credential export --format htpasswd > .htpasswd\n\nThe file holds digests and hashes, no secret; claviger credential import takes it back. A YAML file can be named\nas credentials.file. What a format has no place for is said on standard error."
)]
pub(in crate::cli) struct Args {
    /// How the file is written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    #[command(flatten)]
    client: ClientTarget,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let out = BufWriter::new(std::io::stdout().lock());
        let (summary, unreadable) = match self.client.there()? {
            Some(there) => wait(self.ask(&there, out))?,
            None => wait(self.write(out))?,
        };
        self.tell(&summary);
        unreadable.iter().for_each(remark);
        Ok(if summary.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// From the database itself. What has been written, and what is wrong with what cannot be read.
    async fn write(&self, out: impl Write) -> anyhow::Result<(ExportSummary, Vec<String>)> {
        let named = Named::read(&self.client.source())?;
        let store = named.open_current().await?;
        let caller = Caller::shell(shell_user());
        let call = OperationContext::new(&store, &caller, Clock::System.now(), named.terms());
        let exported = export(&call, self.format.into(), self.account.as_ref(), out).await;
        store.close().await;
        let exported = exported.map_err(|error| match (error, &self.account) {
            // Whoever reads it may have had enough.
            (OperationError::Other(error), _) => anyhow::Error::new(error),
            (OperationError::Refused(_), Some(account)) => anyhow::anyhow!("no account has the id {account}"),
            (error, _) => anyhow::Error::new(error),
        })?;
        let unreadable = exported.unreadable.iter().map(|error| format!("left out: {error}"));
        Ok((ExportSummary::from(&exported), unreadable.collect()))
    }

    /// From another process.
    async fn ask(&self, there: &Client, mut out: impl Write) -> anyhow::Result<(ExportSummary, Vec<String>)> {
        let parameters =
            [("format", Some(self.format.asked())), ("account", self.account.as_ref().map(Label::to_string))];
        let head = there.download(Request::get(&query(&path(&["credential-files"]), &parameters)), &mut out).await?;
        let summary = head.get("claviger-exported").and_then(|summary| summary.to_str().ok()?.parse().ok());
        let summary: ExportSummary = summary.context("the desk does not say what it has exported")?;
        let unreadable = there.server().filter(|_| summary.unreadable > 0).map(|server| {
            format!("left out: {}; the log of {server} says why", counted(summary.unreadable, "credential"))
        });
        Ok((summary, unreadable.into_iter().collect()))
    }

    fn tell(&self, summary: &ExportSummary) {
        remark(format!("{} exported", counted(summary.credentials, "credential")));
        let left = summary.left_out;
        let format = match self.format {
            Format::Yaml => "a credentials file",
            Format::Htpasswd => "an htpasswd file",
            Format::Csv => "a table",
        };
        let said = [
            (left.tokens, "token", format!("left out: {format} has no place for them")),
            (
                left.cleared,
                "credential",
                "without a secret left out: claviger credential import takes only what can be recognised".into(),
            ),
            (
                left.previous,
                "secret",
                "from before a reset left out: they still count here, and not where this is imported".into(),
            ),
            (
                left.owners,
                "credential",
                "of a user of the client: where this is imported, they belong to the account as a whole".into(),
            ),
            (
                left.notes,
                "credential",
                format!(
                    "with a description, contact or reason left out: {format} has no place for it, --format csv has"
                ),
            ),
            (left.limits, "pair", "switched off, limited or bound: where this is imported as new, they are not".into()),
        ];
        for (count, noun, what) in said.into_iter().filter(|(count, ..)| *count > 0) {
            remark(format!("{} {what}", counted(count, noun)));
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
