//! `claviger credential export`

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context as _;

use super::{file_format, format_name};
use crate::cli::client::{Client, ClientTarget, Request, path, query};
use crate::cli::database_target::{DatabaseTarget, block_on};
use crate::cli::output::{counted, note};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::api::ExportSummary;
use crate::control::operations::{Caller, OperationContext, OperationError, export};
use crate::credential::Label;
use crate::formats::Format;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  umask 077; claviger credential export > credentials.yaml\n  claviger credential export --format csv --account acme > acme.csv\n  claviger credential export --format htpasswd > .htpasswd\n\nThe file holds digests and hashes, no secrets; claviger credential import reads it. A YAML file can be named as credentials.file. What a format cannot hold is listed on standard error."
)]
pub(in crate::cli) struct Args {
    /// Format of the file
    #[arg(long, default_value = "yaml", value_parser = file_format())]
    format: Format,
    /// Only credentials of this account
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    #[command(flatten)]
    client: ClientTarget,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let out = BufWriter::new(std::io::stdout().lock());
        let (summary, unreadable) = match self.client.remote()? {
            Some(client) => block_on(self.download(&client, out))?,
            None => block_on(self.write(out))?,
        };
        self.note_summary(&summary);
        unreadable.iter().for_each(note);
        Ok(if summary.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// From the database. Returns the errors of credentials that cannot be read.
    async fn write(&self, out: impl Write) -> anyhow::Result<(ExportSummary, Vec<String>)> {
        let target = DatabaseTarget::read(&self.client.source())?;
        let store = target.open_current().await?;
        let caller = Caller::shell(shell_user());
        let call = OperationContext::new(&store, &caller, Clock::System.now(), target.terms());
        let exported = export(&call, self.format, self.account.as_ref(), out).await;
        store.close().await;
        let exported = exported.map_err(|error| match (error, &self.account) {
            // A broken pipe is no failure.
            (OperationError::Other(error), _) => anyhow::Error::new(error),
            (OperationError::Refused(_), Some(account)) => anyhow::anyhow!("no account has the id {account}"),
            (error, _) => anyhow::Error::new(error),
        })?;
        let unreadable = exported.unreadable.iter().map(|error| format!("left out: {error}"));
        Ok((ExportSummary::from(&exported), unreadable.collect()))
    }

    async fn download(&self, client: &Client, mut out: impl Write) -> anyhow::Result<(ExportSummary, Vec<String>)> {
        let parameters = [
            ("format", Some(format_name(self.format).to_owned())),
            ("account", self.account.as_ref().map(Label::to_string)),
        ];
        let head = client.download(Request::get(&query(&path(&["credential-files"]), &parameters)), &mut out).await?;
        let summary = head.get("claviger-exported").and_then(|summary| summary.to_str().ok()?.parse().ok());
        let summary: ExportSummary = summary.context("the server sent no Claviger-Exported header")?;
        let unreadable = client.server().filter(|_| summary.unreadable > 0).map(|server| {
            format!("left out: {}; the log of {server} says why", counted(summary.unreadable, "credential"))
        });
        Ok((summary, unreadable.into_iter().collect()))
    }

    fn note_summary(&self, summary: &ExportSummary) {
        note(format!("{} exported", counted(summary.credentials, "credential")));
        let left = summary.left_out;
        let format = match self.format {
            Format::Yaml => "a credentials file",
            Format::Htpasswd => "an htpasswd file",
            Format::Csv => "a table",
        };
        let left_out = [
            (left.tokens, "token", format!("left out: {format} cannot hold them")),
            (
                left.without_scopes,
                "credential",
                format!("with an empty scope list left out: {format} has no place for it, --format csv has"),
            ),
            (
                left.cleared,
                "credential",
                "without a secret left out: claviger credential import reads only credentials with one".into(),
            ),
            (
                left.previous,
                "secret",
                "from before a reset left out: they still work here, but not where this is imported".into(),
            ),
            (left.owners, "credential", "owned by a user: where this is imported, they belong to the account".into()),
            (
                left.notes,
                "credential",
                format!("without its description, contact or reason: {format} cannot hold them, --format csv can"),
            ),
            (left.limits, "entry", "disabled or restricted: where this is imported as new, they are not".into()),
        ];
        for (count, noun, what) in left_out.into_iter().filter(|(count, ..)| *count > 0) {
            note(format!("{} {what}", counted(count, noun)));
        }
    }
}
