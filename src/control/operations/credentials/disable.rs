//! Switching a credential off.

use super::change::change;
use crate::control::operations::text_rules::{description_fault, filled};
use crate::control::operations::{Invalid, OperationContext, Refusal};
use crate::store::{CredentialRecord, StoreError};

/// Why it is still on.
#[derive(Debug, thiserror::Error)]
pub enum DisableError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A reason that cannot be kept.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches a credential off, for a reason that stays on record. One that is off already keeps being so, with the
/// reason that was given last.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable(
    call: &OperationContext<'_>,
    id: &str,
    reason: Option<String>,
) -> Result<CredentialRecord, DisableError> {
    let reason = filled(reason);
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
