use jiff::Timestamp;

use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::{AccessRequestFilter, RequestState};

/// How an access request stands, without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestStatus {
    pub state: RequestState,
    /// When it came into this state.
    pub since: Timestamp,
}

/// The status of the account's newest access request, for everyone who may see the account.
///
/// # Errors
/// [`NotFound`](crate::control::operations::NotFound) for an account outside the caller's reach.
pub async fn newest_request_status(
    call: &OperationContext<'_>,
    account: &Label,
) -> Result<Option<RequestStatus>, OperationError> {
    call.reach(Right::SeeAccount)?.check(account)?;
    let filter = AccessRequestFilter { account: Some(account.clone()), state: None };
    let newest = call.store.access_requests_after(None, &filter, 1).await?.records.into_iter().next();
    Ok(newest
        .map(|request| RequestStatus { state: request.state, since: request.decided_at.unwrap_or(request.created_at) }))
}
