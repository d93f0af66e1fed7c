//! Imports credentials from a file in one transaction: adds those with a new id, replaces those with an existing one,
//! deletes none. A dry run reads only, so it delays no writer.

mod account_upsert;
mod bounded_list;
mod database_conflicts;
mod entry_validation;
mod importer;
mod record_builder;

use self::importer::Importer;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::operations::{AccountScope, OperationContext, OperationError, OperationRefusal, Right};
use crate::credential::Label;
use crate::formats::Import;

/// Of each list of an [`Imported`]: an import may have a million changes.
pub(super) const MAX_LISTED: usize = 10_000;
/// From this number of changes on the database refreshes its query statistics.
const STATISTICS_THRESHOLD: usize = 1000;

/// Changes of an import, or of a dry run. Lists are in the order of ids, and have the first 10,000 at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// With whether each has access.
    pub new_accounts: Vec<(Label, bool)>,
    pub accounts_added: usize,
    /// Accounts whose access changed, with whether each has it.
    pub switched_accounts: Vec<(Label, bool)>,
    pub accounts_switched: usize,
    pub credentials: Vec<ImportedCredential>,
    pub added: usize,
    pub changed: usize,
    /// Number of credentials that are already as in the file.
    pub unchanged: usize,
    /// The faults of entries that were left out on request.
    pub skipped: Diagnostics,
}

/// A credential that an import creates or changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCredential {
    pub id: Label,
    pub account: Label,
    /// Names of the fields that change; `None` for a new credential.
    pub changed: Option<Vec<&'static str>>,
}

/// Checks, before a file is read, whether the caller may import. A file may hold credentials of any account and grants
/// access to new accounts, which only staff may do.
///
/// # Errors
/// [`OperationRefusal::Forbidden`].
pub fn may_import(call: &OperationContext<'_>) -> Result<(), OperationRefusal> {
    for right in [Right::GrantAccess, Right::ManageCredentials] {
        if call.reach(right)? != AccountScope::Every {
            return Err(OperationRefusal::forbidden(&[Right::GrantAccess]));
        }
    }
    Ok(())
}

/// Imports a file batch by batch; a dry run writes nothing.
///
/// # Errors
/// A refusal; [`Diagnostics`] for entries that conflict with the database, with their positions in the file.
pub async fn import(
    call: &OperationContext<'_>,
    import: &Import,
    is_dry_run: bool,
) -> Result<Imported, OperationError<Diagnostics>> {
    may_import(call)?;
    let store = call.store.for_bulk_write();
    let outcome = run(&OperationContext { store: &store, ..*call }, import, is_dry_run).await;
    store.close().await;
    let imported = outcome?;
    if !is_dry_run && imported.added + imported.changed >= STATISTICS_THRESHOLD {
        call.store.analyze().await;
    }
    Ok(imported)
}

async fn run(
    call: &OperationContext<'_>,
    import: &Import,
    is_dry_run: bool,
) -> Result<Imported, OperationError<Diagnostics>> {
    let mut transaction = if is_dry_run { call.begin_read().await? } else { call.begin().await? };
    let unread = |error| Diagnostic::new(Origin::WHOLE_FILE, "", format!("cannot be read: {error}"));
    let mut batches = import.batches().map_err(unread).map_err(Diagnostics::from)?;
    let mut importer = Importer::new(call, import, is_dry_run);
    while let Some(batch) = batches.next().await {
        importer.take(&mut transaction, &batch).await?;
        if importer.is_too_faulty() {
            return Err(importer.into_faults().into());
        }
    }
    let skipped = batches.finish()?;
    if !is_dry_run {
        importer.stop_webhooks(&mut transaction).await?;
    }
    let imported = importer.finish(skipped)?;
    if !is_dry_run {
        transaction.commit().await?;
    }
    Ok(imported)
}
