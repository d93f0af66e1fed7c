use super::change::change;
use crate::control::operations::text_rules::{description_fault, non_empty};
use crate::control::operations::{Invalid, OperationContext, OperationError};
use crate::store::CredentialRecord;

/// Disables a credential and records the reason. Of one that is already disabled only a given reason changes.
///
/// # Errors
/// A refusal, or [`Invalid`] for an unfit reason.
pub async fn disable(
    call: &OperationContext<'_>,
    id: &str,
    reason: Option<String>,
) -> Result<CredentialRecord, OperationError> {
    let reason = non_empty(reason);
    let fault = reason.as_deref().and_then(description_fault);
    change(call, ("disable", id), |record| {
        if let Some(fault) = fault {
            return Err(Invalid::one("reason", fault).into());
        }
        if record.enabled || reason.is_some() {
            record.disabled_reason = reason;
        }
        record.enabled = false;
        Ok(())
    })
    .await
}
