//! Deleting a credential for good.

use super::change::{entry, find};
use super::{Call, NotFound, Refusal, Right};
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
pub async fn delete(call: &Call<'_>, id: &str) -> Result<CredentialRecord, DeleteError> {
    let reach = call.reach(Right::ManageCredentials)?;
    let mut transaction = call.store.begin(call.now).await?;
    let before = find(&mut transaction, reach, id).await?.ok_or(Refusal::from(NotFound("credential")))?;
    call.expects(before.revision)?;
    transaction.delete_credential(id).await?;
    transaction.audit(call.actor(), &entry("delete", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
