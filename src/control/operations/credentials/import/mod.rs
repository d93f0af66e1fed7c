//! Imports credentials from a file in one transaction: adds those with a new id, replaces those with an existing one,
//! deletes none.

mod plan;
mod records;

use super::change::entry;
use crate::config::Diagnostics;
use crate::control::operations::{AccountScope, OperationContext, OperationError, Refusal, Right};
use crate::control::views::{AccountView, AuditState};
use crate::credential::Label;
use crate::formats::Import;
use crate::store::{AccountRecord, Actor, AuditEntry, CredentialRecord, StoreError, Transaction};
use plan::Plan;

/// Audit entries built at once; each holds a credential twice.
const BATCH_SIZE: usize = 2000;
/// From this number of changes on the database refreshes its query statistics.
const STATISTICS_THRESHOLD: usize = 1000;

/// Changes of an import, or of a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// With whether each has access.
    pub new_accounts: Vec<(Label, bool)>,
    /// Accounts whose access changed, with whether each has it.
    pub switched_accounts: Vec<(Label, bool)>,
    /// In order of ids.
    pub credentials: Vec<ImportedCredential>,
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
/// [`Refusal::Forbidden`].
pub fn may_import(call: &OperationContext<'_>) -> Result<(), Refusal> {
    for right in [Right::GrantAccess, Right::ManageCredentials] {
        if call.reach(right)? != AccountScope::Every {
            return Err(Refusal::Forbidden);
        }
    }
    Ok(())
}

/// Imports a file; a dry run rolls the transaction back.
///
/// # Errors
/// A refusal; [`Diagnostics`] for entries that conflict with the database, with their positions in the file.
pub async fn import(
    call: &OperationContext<'_>,
    import: &Import,
    is_dry_run: bool,
) -> Result<Imported, OperationError<Diagnostics>> {
    may_import(call)?;
    let (store, actor) = (call.store, call.actor());
    let mut transaction = call.begin().await?;
    let plan = Plan::make(&mut transaction, actor, call.now, import).await?;
    let imported = plan.summary();
    if !is_dry_run {
        write(&mut transaction, actor, plan).await?;
        transaction.commit().await?;
        if imported.credentials.len() >= STATISTICS_THRESHOLD {
            store.analyze().await;
        }
    }
    Ok(imported)
}

async fn write(transaction: &mut Transaction, actor: &Actor, plan: Plan) -> Result<(), StoreError> {
    transaction.add_accounts(&plan.new_accounts).await?;
    let after: Vec<AccountRecord> = plan.changed_accounts.iter().map(|(_, after)| after.clone()).collect();
    transaction.put_accounts(&after).await?;
    let new = plan.new_accounts.iter().map(|after| account_entry(None, after));
    let changed = plan.changed_accounts.iter().map(|(before, after)| account_entry(Some(before), after));
    let entries: Vec<AuditEntry> = new.chain(changed).collect();
    transaction.audit_all(actor, &entries).await?;

    for new in plan.new.chunks(BATCH_SIZE) {
        transaction.add_credentials(new).await?;
        let entries: Vec<AuditEntry> = new.iter().map(|after| entry("import", after, None, Some(after))).collect();
        transaction.audit_all(actor, &entries).await?;
    }
    for changed in plan.changed.chunks(BATCH_SIZE) {
        let after: Vec<CredentialRecord> = changed.iter().map(|(_, after)| after.clone()).collect();
        transaction.put_credentials(&after).await?;
        let entries = changed.iter().map(|(before, after)| entry("import", after, Some(before), Some(after)));
        let entries: Vec<AuditEntry> = entries.collect();
        transaction.audit_all(actor, &entries).await?;
    }
    Ok(())
}

fn account_entry(before: Option<&AccountRecord>, after: &AccountRecord) -> AuditEntry {
    AuditEntry {
        verb: "import",
        account: Some(after.id.to_string()),
        target_kind: "account",
        target: after.id.to_string(),
        before: before.map(|record| AccountView::from(record).audit_state()),
        after: Some(AccountView::from(after).audit_state()),
    }
}
