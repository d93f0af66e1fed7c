//! Import into the database of the settings.

use super::Args;
use super::outcome::Outcome;
use crate::cli::database_target::{DatabaseTarget, block_on};
use crate::cli::output::note;
use crate::clock::Clock;
use crate::config::{Diagnostics, Settings, shell_user};
use crate::control::operations::{Caller, OperationContext, OperationError, import};
use crate::formats::{Catalogs, Format, Import, ImportFormat, Users};

impl Args {
    pub(super) fn write(&self, format: Format, users: Option<&Users>) -> anyhow::Result<Outcome> {
        let target = DatabaseTarget::read(&self.client.source())?;
        let changes = self.read(format, users, &target.settings)?;
        let imported = block_on(async {
            let scratch = (self.dry_run && target.is_blank()).then(tempfile::tempdir).transpose()?;
            let store = match &scratch {
                // A dry run creates no file, not even an empty one,
                Some(folder) => target.with_file(folder.path().join("claviger.db")).open_ready().await?,
                // and does not migrate.
                None if self.dry_run => target.open_current().await?,
                None => target.open_ready().await?,
            };
            let caller = Caller::shell(shell_user());
            let call = OperationContext::new(&store, &caller, Clock::System.now(), target.terms());
            let outcome = import(&call, &changes, self.dry_run).await;
            store.close().await;
            outcome.map_err(|error| match error {
                OperationError::Other(faults) => anyhow::Error::new(self.located(faults)),
                OperationError::Store(error) => anyhow::Error::new(error).context(target.database.url.to_string()),
                error => anyhow::Error::new(error),
            })
        })?;
        self.note_configured_file(&target.settings);
        Ok(imported.into())
    }

    fn read(&self, format: Format, users: Option<&Users>, settings: &Settings) -> Result<Import, Diagnostics> {
        let file = self.file()?;
        let catalogs = Catalogs { versions: &settings.versions, scopes: &settings.scopes };
        let read =
            ImportFormat::new(format, users).and_then(|format| Import::read(file, format, catalogs, self.unusable()));
        read.map_err(|faults| self.located(faults))
    }

    /// For a credential in both, the file wins.
    fn note_configured_file(&self, settings: &Settings) {
        let Some(file) = settings.credentials_file.as_ref().and_then(|file| file.canonicalize().ok()) else { return };
        if self.file.canonicalize().is_ok_and(|imported| imported == file) {
            note(
                "the settings still name this file as credentials.file, which wins over the database: remove that key once the import is done",
            );
        }
    }
}
