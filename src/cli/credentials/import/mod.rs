//! `claviger credential import`

mod local;
mod outcome;
mod remote;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use self::outcome::{AccountAccess, Outcome};
use super::Format;
use crate::cli::client::ClientTarget;
use crate::cli::database_target::wait;
use crate::cli::output::{harmless, remark, say};
use crate::config::{Diagnostic, Diagnostics, Origin, read_text, text_of};
use crate::credential::Label;
use crate::formats::{Unusable, Users};

/// Arguments of `import`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential import credentials.yaml --dry-run\n  claviger credential import credentials.yaml\n  claviger credential import acme.csv\n  claviger credential import .htpasswd --format htpasswd --account acme --api-version 2\n  pg_dump … | claviger credential import - --format csv\n\nA credential whose id is known is replaced, any other is added, none is deleted. Accounts that are not known are\nadded with access on, unless the file says otherwise. All of it is written or, if anything is wrong, nothing.\nOf an htpasswd file, users who are known get the new hash and stay as they are otherwise; the id of a new one is\nthe user name, or made from it. A third field of a line is ignored."
)]
pub(in crate::cli) struct Args {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written [default: by the end of its name]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import the usable entries and list the others, instead of refusing the file
    #[arg(long)]
    skip_unusable: bool,
    /// The account that the users of an htpasswd file belong to
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    /// The version of the API that new users of an htpasswd file are pinned to
    #[arg(long, value_name = "NAME")]
    api_version: Option<Label>,
    #[command(flatten)]
    client: ClientTarget,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let format = self.format()?;
        let users = self.users(format)?;
        let outcome = match self.client.there()? {
            Some(there) => wait(self.ask(&there, format, users))?,
            None => self.write(format, users)?,
        };
        self.tell(&outcome)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The faults of the file, each with its place.
    fn located(&self, faults: Diagnostics) -> Diagnostics {
        faults.in_file(if self.is_stdin() { Path::new("standard input") } else { &self.file })
    }

    fn text(&self) -> Result<String, Diagnostics> {
        let text = if self.is_stdin() { read_stdin() } else { read_text(&self.file) };
        text.map_err(|fault| self.located(fault.into()))
    }

    fn is_stdin(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    fn format(&self) -> anyhow::Result<Format> {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let by_name = match name.rsplit('.').next().unwrap_or_default() {
            "yaml" | "yml" => Some(Format::Yaml),
            "csv" => Some(Format::Csv),
            "htpasswd" => Some(Format::Htpasswd),
            _ => None,
        };
        self.format
            .or(by_name)
            .context("the name of the file does not tell how it is written: give --format yaml, htpasswd or csv")
    }

    fn users(&self, format: Format) -> anyhow::Result<Option<Users>> {
        match (format, &self.account) {
            (Format::Htpasswd, Some(account)) => {
                Ok(Some(Users { account: account.clone(), version: self.api_version.clone() }))
            }
            (Format::Htpasswd, None) => {
                anyhow::bail!("an htpasswd file does not say whose its users are: give --account ID")
            }
            (Format::Yaml | Format::Csv, _) if self.account.is_some() || self.api_version.is_some() => {
                anyhow::bail!("--account and --api-version are for htpasswd files; this one says both itself")
            }
            (Format::Yaml | Format::Csv, _) => Ok(None),
        }
    }

    fn unusable(&self) -> Unusable {
        if self.skip_unusable { Unusable::Skip } else { Unusable::Refuse }
    }

    fn tell(&self, outcome: &Outcome) -> anyhow::Result<()> {
        for fault in &self.located(outcome.skipped.clone()).0 {
            remark(fault.to_string());
        }
        if !outcome.skipped.is_empty() {
            remark("entries with these faults are left out");
        }
        let access = |on: bool| if on { "on" } else { "off" };
        if self.dry_run {
            for AccountAccess { id, access: on } in &outcome.new_accounts {
                say(format!("+ account {}, access {}", harmless(id), access(*on)))?;
            }
            for AccountAccess { id, access: on } in &outcome.switched_accounts {
                say(format!("~ account {}: access {}", harmless(id), access(*on)))?;
            }
            for credential in &outcome.credentials {
                let (id, account) = (harmless(&credential.id), harmless(&credential.account));
                say(match &credential.changed {
                    None => format!("+ {id} of {account}"),
                    Some(changed) => format!("~ {id}: {}", harmless(&changed.join(", "))),
                })?;
            }
        }
        let added = outcome.credentials.iter().filter(|credential| credential.changed.is_none()).count();
        let changed = outcome.credentials.len() - added;
        let mut line = format!("{added} added, {changed} changed, {} as they were", outcome.unchanged);
        for (count, what) in [(outcome.new_accounts.len(), "added"), (outcome.switched_accounts.len(), "switched")] {
            if count > 0 {
                line.push_str(&format!("; {count} account{} {what}", if count == 1 { "" } else { "s" }));
            }
        }
        if self.dry_run {
            remark(format!("{line}: a dry run, nothing is written"));
            return Ok(());
        }
        say(line)
    }
}

fn read_stdin() -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    let fault = |problem: String| Diagnostic::new(Origin::WHOLE_FILE, "", problem);
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| fault(format!("cannot be read: {error}")))?;
    text_of(bytes)
}
