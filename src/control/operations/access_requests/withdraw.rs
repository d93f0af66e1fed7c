use super::{AccessRequestConflict, entry};
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Right, notice_mails};
use crate::credential::Label;
use crate::store::{AccessRequestRecord, Purpose, RequestState, whole_millis};

/// Withdraws a pending request on behalf of the account.
///
/// # Errors
/// A refusal, or [`AccessRequestConflict::NotPending`].
pub async fn withdraw_request(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<AccessRequestRecord, OperationError<AccessRequestConflict>> {
    let reach = call.reach(Right::AskForAccess)?;
    let not_found = OperationRefusal::from(NotFound("access request"));
    let id: Label = id.parse().map_err(|_| not_found.clone())?;
    let mut transaction = call.begin().await?;
    let found = transaction.access_requests(&[id.as_str()]).await?.pop().filter(|record| reach.covers(&record.account));
    let before = found.ok_or(not_found)?;
    call.check_revision(before.revision)?;
    if before.state != RequestState::Pending {
        return Err(AccessRequestConflict::NotPending(before.state).into());
    }
    let after = AccessRequestRecord {
        state: RequestState::Withdrawn,
        decided_by: Some(call.actor().id.clone()),
        decided_at: Some(whole_millis(call.now)),
        revision: before.revision + 1,
        ..before.clone()
    };
    transaction.put_access_requests(std::slice::from_ref(&after)).await?;
    notice_mails::to_staff(call, &mut transaction, Purpose::RequestWithdrawn, &after.id).await?;
    call.record(&mut transaction, &entry("withdraw_request", Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(after)
}
