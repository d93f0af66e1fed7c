//! `claviger credential import`

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::Format;
use crate::cli::output::{remark, say};
use crate::cli::source::SourceArgs;
use crate::cli::store::{Named, wait};
use crate::clock::Clock;
use crate::config::{Faults, Settings, read_text, shell_user};
use crate::control::operations::{Call, Caller, ImportError, Imported, import};
use crate::credential::Label;
use crate::source::formats::{Catalogs, Import, Users};

/// Arguments of `import`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential import credentials.yaml --dry-run\n  claviger credential import credentials.yaml\n  claviger credential import acme.csv\n  claviger credential import .htpasswd --format htpasswd --account acme --api-version 2\n  pg_dump … | claviger credential import - --format csv\n\nA credential whose id is known is replaced, any other is added, none is deleted. Accounts that are not known are\nadded with access on, unless the file says otherwise. All of it is written or, if anything is wrong, nothing.\nOf an htpasswd file, users who are known get the new hash and stay as they are otherwise; the id of a new one is\nthe user name."
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
    /// The account that the users of an htpasswd file belong to
    #[arg(long, value_name = "ID")]
    account: Option<Label>,
    /// The version of the API that new users of an htpasswd file are pinned to
    #[arg(long, value_name = "NAME")]
    api_version: Option<Label>,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let format = self.format()?;
        let users = self.users(format)?;
        let named = Named::read(&self.source)?;
        let name = if self.is_stdin() { Path::new("standard input") } else { self.file.as_path() };
        let located = |faults: Faults| faults.in_file(name);
        let import_of = self.read(format, users, &named.settings).map_err(located)?;
        let imported = wait(async {
            let scratch = (self.dry_run && named.is_blank()).then(tempfile::tempdir).transpose()?;
            let store = match &scratch {
                // A dry run makes no file, not even an empty one.
                Some(folder) => named.at(folder.path().join("claviger.db")).open_ready().await?,
                // Nor does it change what tables there are.
                None if self.dry_run => named.open_current().await?,
                None => named.open_ready().await?,
            };
            let caller = Caller::shell(shell_user());
            let call = Call::new(&store, &caller, Clock::System.now(), named.terms());
            let outcome = import(&call, &import_of, self.dry_run).await;
            store.close().await;
            outcome.map_err(|error| match error {
                ImportError::Refused(refusal) => anyhow::Error::new(refusal),
                ImportError::Faults(faults) => anyhow::Error::new(located(faults)),
                ImportError::Store(error) => anyhow::Error::new(error).context(named.database.url.to_string()),
            })
        })?;
        self.tell(&imported)?;
        self.warn_of_the_file_in_force(&named.settings);
        Ok(ExitCode::SUCCESS)
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

    fn read(&self, format: Format, users: Option<Users>, settings: &Settings) -> Result<Import, Faults> {
        let text = if self.is_stdin() { read_stdin()? } else { read_text(&self.file)? };
        let catalogs = Catalogs { versions: &settings.versions, scopes: &settings.scopes };
        match (format, users) {
            (Format::Htpasswd, Some(users)) => Import::htpasswd(&text, &users, catalogs),
            (Format::Csv, _) => Import::csv(&text, catalogs),
            (Format::Yaml | Format::Htpasswd, _) => Import::yaml(&text, catalogs),
        }
    }

    fn tell(&self, imported: &Imported) -> anyhow::Result<()> {
        let access = |on: bool| if on { "on" } else { "off" };
        if self.dry_run {
            for (id, on) in &imported.new_accounts {
                say(format!("+ account {id}, access {}", access(*on)))?;
            }
            for (id, on) in &imported.switched_accounts {
                say(format!("~ account {id}: access {}", access(*on)))?;
            }
            for credential in &imported.credentials {
                say(match &credential.changed {
                    None => format!("+ {} of {}", credential.id, credential.account),
                    Some(changed) => format!("~ {}: {}", credential.id, changed.join(", ")),
                })?;
            }
        }
        let added = imported.credentials.iter().filter(|credential| credential.changed.is_none()).count();
        let changed = imported.credentials.len() - added;
        let mut line = format!("{added} added, {changed} changed, {} as they were", imported.unchanged);
        for (count, what) in [(imported.new_accounts.len(), "added"), (imported.switched_accounts.len(), "switched")] {
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

    /// What stands in the file of the settings too, counts as it stands there.
    fn warn_of_the_file_in_force(&self, settings: &Settings) {
        let Some(file) = settings.credentials_file.as_ref().and_then(|file| file.canonicalize().ok()) else { return };
        if self.file.canonicalize().is_ok_and(|imported| imported == file) {
            remark(
                "the settings still name this file as credentials.file: what stands in both counts as in the file; take that key out once the import is done",
            );
        }
    }
}

fn read_stdin() -> Result<String, Faults> {
    let mut bytes = Vec::new();
    let fault =
        |problem: String| Faults::from(crate::config::Fault::new(crate::config::Origin::WHOLE_FILE, "", problem));
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| fault(format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| fault("is not valid UTF-8".into()))
}
