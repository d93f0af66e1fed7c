//! `claviger credential export`

use std::io::BufWriter;
use std::process::ExitCode;

use super::Format;
use crate::cli::output::remark;
use crate::cli::source::SourceArgs;
use crate::cli::store::{Named, wait};
use crate::clock::Clock;
use crate::config::shell_user;
use crate::control::operations::{Call, Caller, ExportError, Exported, export};
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
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let exported = wait(async {
            let named = Named::read(&self.source)?;
            let store = named.open_current().await?;
            let out = BufWriter::new(std::io::stdout().lock());
            let account = self.account.as_ref();
            let caller = Caller::shell(shell_user());
            let call = Call::new(&store, &caller, Clock::System.now(), named.terms());
            let exported = export(&call, self.format.into(), account, out).await;
            store.close().await;
            exported.map_err(|error| match error {
                // Whoever reads it may have had enough.
                ExportError::Write(error) => anyhow::Error::new(error),
                ExportError::Refused(refusal) => match account {
                    Some(account) => anyhow::anyhow!("no account of the database has the id {account}"),
                    None => anyhow::Error::new(refusal),
                },
                ExportError::Store(error) => anyhow::Error::new(error),
            })
        })?;
        self.tell(&exported);
        exported.unreadable.iter().for_each(|error| remark(format!("left out: {error}")));
        Ok(if exported.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn tell(&self, exported: &Exported) {
        remark(format!("{} exported", counted(exported.count, "credential")));
        let left = exported.left_out;
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
                "of a user of the console: where this is imported, they belong to the account as a whole".into(),
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
