//! Switching a credential off.

use super::change::change;
use super::{Call, Refusal};
use crate::store::{CredentialRecord, StoreError};

/// Why it is still on.
#[derive(Debug, thiserror::Error)]
pub enum DisableError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A text that cannot be kept.
    #[error("the reason holds control characters")]
    UnfitReason,
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches a credential off, for a reason that stays on record. One that is off already keeps being so, with the
/// reason that was given last.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable(call: &Call<'_>, id: &str, reason: Option<String>) -> Result<CredentialRecord, DisableError> {
    if reason.as_ref().is_some_and(|reason| reason.chars().any(char::is_control)) {
        return Err(DisableError::UnfitReason);
    }
    change(call, ("disable", id), |record| {
        if record.enabled || reason.is_some() {
            record.disabled_reason = reason;
        }
        record.enabled = false;
        Ok(())
    })
    .await
}
