//! Deleting a credential for good.

use super::change::{entry, found};
use crate::control::operations::{OperationContext, Refusal, Right};
use crate::store::{CredentialRecord, StoreError};

/// Why it is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes a credential, and tells what it was.
///
/// # Errors
/// Nothing has happened then.
pub async fn delete(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, DeleteError> {
    let reach = call.reach_granted::<DeleteError>(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await??;
    let before = found::<DeleteError>(&mut transaction, reach, id).await?;
    call.expects(before.revision)?;
    transaction.delete_credential(id).await?;
    transaction.audit(call.actor(), &entry("delete", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
