//! Into the database itself.

use super::super::Format;
use super::Args;
use super::outcome::Outcome;
use crate::cli::database_target::{Named, wait};
use crate::cli::output::remark;
use crate::clock::Clock;
use crate::config::{Diagnostics, Settings, shell_user};
use crate::control::operations::{Caller, OperationContext, OperationError, import};
use crate::formats::{Catalogs, Import, Users};

impl Args {
    pub(super) fn write(&self, format: Format, users: Option<Users>) -> anyhow::Result<Outcome> {
        let named = Named::read(&self.client.source())?;
        let import_of = self.read(format, users, &named.settings)?;
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
            let call = OperationContext::new(&store, &caller, Clock::System.now(), named.terms());
            let outcome = import(&call, &import_of, self.dry_run).await;
            store.close().await;
            outcome.map_err(|error| match error {
                OperationError::Other(faults) => anyhow::Error::new(self.located(faults)),
                OperationError::Store(error) => anyhow::Error::new(error).context(named.database.url.to_string()),
                error => anyhow::Error::new(error),
            })
        })?;
        self.warn_of_the_file_in_force(&named.settings);
        Ok(imported.into())
    }

    fn read(&self, format: Format, users: Option<Users>, settings: &Settings) -> Result<Import, Diagnostics> {
        let text = self.text()?;
        let catalogs = Catalogs { versions: &settings.versions, scopes: &settings.scopes };
        let read = match (format, users) {
            (Format::Htpasswd, Some(users)) => Import::htpasswd(&text, &users, catalogs),
            (Format::Csv, _) => Import::csv(&text, catalogs),
            (Format::Yaml | Format::Htpasswd, _) => Import::yaml(&text, catalogs),
        };
        read.map_err(|faults| self.located(faults))
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
