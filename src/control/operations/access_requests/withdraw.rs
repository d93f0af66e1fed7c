//! An account does not want access any more, before anybody has decided.

use super::entry;
use crate::control::operations::{NotFound, OperationContext, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccessRequestRecord, RequestState, StoreError, whole_millis};

/// Why the request is as it was.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawRequestError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It does not wait for a decision.
    #[error("this request is {} already", .0.as_str())]
    NotPending(RequestState),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Withdraws a request.
///
/// # Errors
/// Nothing has happened then.
pub async fn withdraw_request(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<AccessRequestRecord, WithdrawRequestError> {
    let reach = call.reach(Right::AskForAccess)?;
    let unknown = Refusal::from(NotFound("access request"));
    let id: Label = id.parse().map_err(|_| unknown.clone())?;
    let mut transaction = call.begin().await??;
    let found = transaction.access_requests(&[id.as_str()]).await?.pop().filter(|record| reach.covers(&record.account));
    let before = found.ok_or(unknown)?;
    call.expects(before.revision)?;
    if before.state != RequestState::Pending {
        return Err(WithdrawRequestError::NotPending(before.state));
    }
    let after = AccessRequestRecord {
        state: RequestState::Withdrawn,
        decided_by: Some(call.actor().id.clone()),
        decided_at: Some(whole_millis(call.now)),
        revision: before.revision + 1,
        ..before.clone()
    };
    transaction.put_access_requests(std::slice::from_ref(&after)).await?;
    transaction.audit(call.actor(), &entry("withdraw_request", Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(after)
}
