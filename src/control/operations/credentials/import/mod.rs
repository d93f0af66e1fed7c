//! Credentials out of a file: added where their id is new, replaced where it is known, none deleted. All of it or
//! nothing.

mod plan;
mod records;

use super::change::entry;
use crate::config::Diagnostics;
use crate::control::operations::{AccountScope, OperationContext, Refusal, Right};
use crate::control::views::{AccountView, AuditState};
use crate::credential::Label;
use crate::formats::Import;
use crate::store::{AccountRecord, Actor, AuditEntry, CredentialRecord, StoreError, Transaction};
use plan::Plan;

/// Lines of the audit that are made at once; each holds a credential twice.
const AT_ONCE: usize = 2000;
/// So many change what is the quickest way to find one.
const MANY: usize = 1000;

/// What has changed, or would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Accounts that were not there, and whether they have access.
    pub new_accounts: Vec<(Label, bool)>,
    /// Accounts whose access was switched on or off.
    pub switched_accounts: Vec<(Label, bool)>,
    /// Credentials, in the order of their ids.
    pub credentials: Vec<ImportedCredential>,
    /// How many are as they were.
    pub unchanged: usize,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCredential {
    /// Which.
    pub id: Label,
    /// Whose.
    pub account: Label,
    /// What is different; `None` for one that was not there.
    pub changed: Option<Vec<&'static str>>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It does not go together with what is there.
    #[error(transparent)]
    Diagnostics(#[from] Diagnostics),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the caller may import at all, to be known before a file is read. A file may be of any account, and lets
/// those in that are new: so it is for whoever may do that.
///
/// # Errors
/// When they may not.
pub fn may_import(call: &OperationContext<'_>) -> Result<(), Refusal> {
    for right in [Right::GrantAccess, Right::ManageCredentials] {
        if call.reach(right)? != AccountScope::Every {
            return Err(Refusal::Forbidden);
        }
    }
    Ok(())
}

/// Imports what a file says, in one transaction; a dry run ends it without having done anything.
///
/// # Errors
/// Nothing has happened then.
pub async fn import(call: &OperationContext<'_>, import: &Import, is_dry_run: bool) -> Result<Imported, ImportError> {
    may_import(call)?;
    let (store, actor) = (call.store, call.actor());
    let mut transaction = call.begin().await??;
    let plan = Plan::make(&mut transaction, actor, call.now, import).await?;
    let imported = plan.summary();
    if !is_dry_run {
        write(&mut transaction, actor, plan).await?;
        transaction.commit().await?;
        if imported.credentials.len() >= MANY {
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

    for new in plan.new.chunks(AT_ONCE) {
        transaction.add_credentials(new).await?;
        let entries: Vec<AuditEntry> = new.iter().map(|after| entry("import", after, None, Some(after))).collect();
        transaction.audit_all(actor, &entries).await?;
    }
    for changed in plan.changed.chunks(AT_ONCE) {
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
