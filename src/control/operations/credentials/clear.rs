use super::change::change;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::{CredentialRecord, DeliveryProgress};

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
    // A link that waits would bring a new one, and one that has ended could be sent again.
    let is_open = |delivery: &DeliveryProgress| {
        let is_over = delivery.reveal.superseded.is_some_and(|(_, by)| by.is_of_secret());
        delivery.reveal.revealed_at.is_none() && !is_over
    };
    if record.delivery.as_deref().is_some_and(is_open) {
        record.delivery = None;
    }
}
