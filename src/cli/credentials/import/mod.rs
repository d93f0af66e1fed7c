//! `claviger credential import`

mod local;
mod outcome;
mod remote;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use self::outcome::{AccountAccess, Outcome};
use super::file_format;
use crate::cli::client::ClientTarget;
use crate::cli::database_target::block_on;
use crate::cli::output::{counted, note, print, sanitize};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::credential::Label;
use crate::formats::{Format, Source, Unusable, Users};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential import credentials.yaml --dry-run\n  claviger credential import credentials.yaml\n  claviger credential import acme.csv\n  claviger credential import .htpasswd --format htpasswd --account acme --api-version 2\n  pg_dump … | claviger credential import - --format csv\n\nA credential whose id exists is replaced, any other is created, none is deleted. Missing accounts are created with API access, unless the file says otherwise. Either the whole file is written or, after any fault, nothing. From an htpasswd file, an existing user gets the new hash only; the id of a new credential is the user name, or is made from it. A third field of a line is ignored."
)]
pub(in crate::cli) struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Format of the file [default: by its extension]
    #[arg(long, value_parser = file_format())]
    format: Option<Format>,
    /// List the changes without making them
    #[arg(long)]
    dry_run: bool,
    /// Import the usable entries and list the others, instead of refusing the file
    #[arg(long)]
    skip_unusable: bool,
    /// Account of the users of an htpasswd file
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    /// API version to pin new users of an htpasswd file to
    #[arg(long, value_name = "NAME")]
    api_version: Option<Label>,
    #[command(flatten)]
    client: ClientTarget,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let format = self.format()?;
        let users = self.users(format)?;
        let outcome = match self.client.remote()? {
            Some(client) => block_on(self.upload(&client, format, users))?,
            None => self.write(format, users.as_ref())?,
        };
        self.print_outcome(&outcome)?;
        Ok(ExitCode::SUCCESS)
    }

    fn located(&self, faults: Diagnostics) -> Diagnostics {
        faults.in_file(if self.is_stdin() { Path::new("standard input") } else { &self.file })
    }

    fn file(&self) -> Result<Source, Diagnostics> {
        let file = if self.is_stdin() { Source::copy(std::io::stdin().lock()) } else { Source::open(&self.file) };
        let fault = |error| Diagnostic::new(Origin::WHOLE_FILE, "", format!("cannot be read: {error}"));
        file.map_err(|error| self.located(fault(error).into()))
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
            .context("cannot tell the format from the name of the file: give --format yaml, htpasswd or csv")
    }

    fn users(&self, format: Format) -> anyhow::Result<Option<Users>> {
        if !format.needs_users() {
            let is_given = self.account.is_some() || self.api_version.is_some();
            anyhow::ensure!(
                !is_given,
                "--account and --api-version are for htpasswd files; this file names both itself"
            );
            return Ok(None);
        }
        let account = self.account.clone().context("an htpasswd file names no account: give --account ID")?;
        Ok(Some(Users { account, version: self.api_version.clone() }))
    }

    fn unusable(&self) -> Unusable {
        if self.skip_unusable { Unusable::Skip } else { Unusable::Refuse }
    }

    fn print_outcome(&self, outcome: &Outcome) -> anyhow::Result<()> {
        for fault in &self.located(outcome.skipped.clone()).0 {
            note(fault.to_string());
        }
        if !outcome.skipped.is_empty() {
            note("entries with these faults are left out");
        }
        let access = |on: bool| if on { "on" } else { "off" };
        if self.dry_run {
            for AccountAccess { id, access: on } in &outcome.new_accounts {
                print(format!("+ account {}, access {}", sanitize(id), access(*on)))?;
            }
            for AccountAccess { id, access: on } in &outcome.switched_accounts {
                print(format!("~ account {}: access {}", sanitize(id), access(*on)))?;
            }
            for credential in &outcome.credentials {
                let (id, account) = (sanitize(&credential.id), sanitize(&credential.account));
                print(match &credential.changed {
                    None => format!("+ {id} of {account}"),
                    Some(changed) => format!("~ {id}: {}", sanitize(&changed.join(", "))),
                })?;
            }
            let listed = outcome.new_accounts.len() + outcome.switched_accounts.len() + outcome.credentials.len();
            let all = outcome.accounts_added + outcome.accounts_switched + outcome.added + outcome.changed;
            if all > listed {
                print(format!("and {} more", all - listed))?;
            }
        }
        let (added, changed) = (outcome.added, outcome.changed);
        let mut line = format!("{added} added, {changed} changed, {} unchanged", outcome.unchanged);
        for (count, what) in [(outcome.accounts_added, "added"), (outcome.accounts_switched, "switched")] {
            if count > 0 {
                line.push_str(&format!("; {} {what}", counted(count, "account")));
            }
        }
        if self.dry_run {
            note(format!("{line}: dry run, nothing was written"));
            return Ok(());
        }
        print(line)
    }
}
