use super::lock_and_audit::{check_right, entry, lock_publisher};
use crate::control::operations::{OperationContext, OperationError};
use crate::credential::Label;
use crate::store::PublisherRecord;

/// Deletes a publisher and returns its last state. Its events stay.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn delete_publisher(call: &OperationContext<'_>, id: &Label) -> Result<PublisherRecord, OperationError> {
    check_right(call)?;
    let mut transaction = call.begin().await?;
    let before = lock_publisher(call, &mut transaction, id).await?;
    transaction.delete_publisher(id.as_str()).await?;
    call.record(&mut transaction, &entry("delete_publisher", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
