//! Deleting a credential for good.

use jiff::Timestamp;

use super::Target;
use super::change::{NotFound, entry, find};
use crate::store::{Actor, CredentialRecord, Store, StoreError};

/// Why it is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// No such credential.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes a credential, and tells what it was.
///
/// # Errors
/// Nothing has happened then.
pub async fn delete(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    target: Target<'_>,
) -> Result<CredentialRecord, DeleteError> {
    let mut transaction = store.begin(now).await?;
    let before = find(&mut transaction, target).await?.ok_or(NotFound)?;
    transaction.delete_credential(target.id).await?;
    transaction.audit(actor, &entry("delete", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
