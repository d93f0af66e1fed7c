use super::lock_and_audit::{check_right, entry, lock_publisher};
use crate::control::operations::{OperationContext, OperationError};
use crate::credential::Label;
use crate::store::PublisherRecord;

/// Disables a publisher: its next request is refused.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn disable_publisher(call: &OperationContext<'_>, id: &Label) -> Result<PublisherRecord, OperationError> {
    set_enabled(call, "disable_publisher", id, false).await
}

/// Enables a publisher with the token it had.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn enable_publisher(call: &OperationContext<'_>, id: &Label) -> Result<PublisherRecord, OperationError> {
    set_enabled(call, "enable_publisher", id, true).await
}

async fn set_enabled(
    call: &OperationContext<'_>,
    verb: &'static str,
    id: &Label,
    enabled: bool,
) -> Result<PublisherRecord, OperationError> {
    check_right(call)?;
    let mut transaction = call.begin().await?;
    let before = lock_publisher(call, &mut transaction, id).await?;
    if before.enabled == enabled {
        return Ok(before);
    }
    // The database increments it too.
    let after = PublisherRecord { enabled, revision: before.revision + 1, ..before.clone() };
    transaction.put_publisher(&after).await?;
    call.record(&mut transaction, &entry(verb, &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}
