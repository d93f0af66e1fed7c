use super::change::change;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::CredentialRecord;

/// Removes the secret and the previous one: the credential is refused until it is reset. Basic credentials keep their
/// user name.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn clear(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, OperationError> {
    change(call, ("clear", id), |record| {
        clear_secret(record);
        Ok(())
    })
    .await
}

pub(super) fn clear_secret(record: &mut CredentialRecord) {
    record.secret = record.secret.cleared();
    record.previous = None;
    record.hint = None;
    record.handed_over_at = None;
    // A link that waits would bring a new one.
    record.delivery = None;
}
