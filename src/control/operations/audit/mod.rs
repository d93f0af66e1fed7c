//! Reads the audit: staff all of it, an owner the entries of their account.

mod export;

pub use self::export::{AuditTable, export_audit};

use crate::control::operations::text_rules::line_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, Paging, Right};
use crate::store::{AuditFilter, AuditRecord, Listing};

const MAX_FILTER_LENGTH: usize = 300;

/// Audit entries within the caller's reach, newest first.
///
/// # Errors
/// A refusal, or [`Invalid`] for an unfit filter.
pub async fn list_audit(
    call: &OperationContext<'_>,
    filter: AuditFilter,
    paging: Paging<'_>,
) -> Result<Listing<AuditRecord>, OperationError> {
    let filter = within_reach(call, filter)?;
    Ok(call.store.audit_before(paging.after, &filter, paging.page_size()).await?)
}

/// Limits the filter to the account of an owner; entries without an account are for staff.
pub(super) fn within_reach(
    call: &OperationContext<'_>,
    mut filter: AuditFilter,
) -> Result<AuditFilter, OperationError> {
    let reach = call.reach(Right::ReadAudit)?;
    match (&filter.account, reach.only()) {
        (Some(wanted), _) => reach.check(wanted)?,
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
        if let Some(problem) = text.as_ref().and_then(|text| line_fault(text, MAX_FILTER_LENGTH)) {
            invalid.add(field, problem);
        }
    }
    invalid.into_result()?;
    Ok(filter)
}
