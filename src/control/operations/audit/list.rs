//! Some lines of the audit, the newest first.

use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, OperationContext, Paging, Refusal, Right};
use crate::store::{AuditFilter, AuditRecord, Listing, StoreError};

const LONGEST: usize = 300;

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadAuditError {
    /// Not to this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not by what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be read, or put down.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No table could be written.
    #[error("the table cannot be written: {0}")]
    Table(#[from] std::io::Error),
}

/// What has been done, the newest first.
///
/// # Errors
/// When the caller may see none of it, or nothing can be read.
pub async fn list_audit(
    call: &OperationContext<'_>,
    filter: AuditFilter,
    paging: Paging<'_>,
) -> Result<Listing<AuditRecord>, ReadAuditError> {
    let filter = within_reach(call, filter)?;
    Ok(call.store.audit_before(paging.after, &filter, paging.most()).await?)
}

/// Of an owner, what is of the account, and nothing that is of none.
pub(super) fn within_reach(
    call: &OperationContext<'_>,
    mut filter: AuditFilter,
) -> Result<AuditFilter, ReadAuditError> {
    let reach = call.reach(Right::ReadAudit)?;
    match (&filter.account, reach.only()) {
        (Some(wanted), _) => reach.of(wanted)?,
        (None, own) => filter.account = own.cloned(),
    }
    let texts = [
        ("actor", &filter.actor),
        ("verb", &filter.verb),
        ("target_kind", &filter.target_kind),
        ("target", &filter.target),
    ];
    let mut invalid = Invalid::default();
    for (field, text) in texts {
        if let Some(problem) = text.as_ref().and_then(|text| fault_of_line(text, LONGEST)) {
            invalid.add(field, problem);
        }
    }
    invalid.into_result()?;
    Ok(filter)
}
