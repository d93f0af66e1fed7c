use jiff::SignedDuration;

use crate::control::operations::{OperationContext, OperationError, Right};
use crate::store::ExpiringCredential;

/// How long before its end a credential expires soon.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The first `limit` enabled credentials within the caller's reach that expire within 14 days, the next one first.
///
/// # Errors
/// A refusal, or a store that does not answer.
pub async fn list_expiring(call: &OperationContext<'_>, limit: u32) -> Result<Vec<ExpiringCredential>, OperationError> {
    let account = call.reach_granted(Right::ManageCredentials).await?.only();
    let until = call.now.checked_add(EXPIRES_SOON).unwrap_or(call.now);
    Ok(call.store.expiring_credentials(account, (call.now, until), limit).await?)
}
