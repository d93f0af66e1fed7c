//! Looking at requests: staff at all of them, an owner at those of the account.

use crate::control::operations::{AccountScope, NotFound, OperationContext, Paging, ReadAccountError, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccessRequestRecord, Listing};

/// The requests that there are: those that wait for a decision the oldest first, all others the newest first.
///
/// # Errors
/// When the caller may see none, or nothing can be read.
pub async fn list_access_requests(
    call: &OperationContext<'_>,
    mut filter: AccessRequestFilter,
    paging: Paging<'_>,
) -> Result<Listing<AccessRequestRecord>, ReadAccountError> {
    let reach = reach(call)?;
    match (&filter.account, reach.only()) {
        (Some(wanted), _) => reach.of(wanted)?,
        (None, own) => filter.account = own.cloned(),
    }
    Ok(call.store.access_requests_after(paging.after, &filter, paging.most()).await?)
}

/// One of them.
///
/// # Errors
/// When there is none that the caller may see, or nothing can be read.
pub async fn show_access_request(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<AccessRequestRecord, ReadAccountError> {
    let reach = reach(call)?;
    let unknown = Refusal::from(NotFound("access request"));
    let id: Label = id.parse().map_err(|_| unknown.clone())?;
    let found = call.store.access_request(id.as_str()).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(unknown)?)
}

/// Whoever asks or decides.
fn reach<'c>(call: &OperationContext<'c>) -> Result<AccountScope<'c>, Refusal> {
    call.reach(Right::GrantAccess).or_else(|_| call.reach(Right::AskForAccess))
}
