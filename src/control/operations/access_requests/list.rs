use crate::control::operations::{
    AccountScope, NotFound, OperationContext, OperationError, OperationRefusal, Paging, Right,
};
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccessRequestRecord, Listing};

/// The requests within the caller's reach: pending ones oldest first, all others newest first.
///
/// # Errors
/// A refusal, or a store that does not answer.
pub async fn list_access_requests(
    call: &OperationContext<'_>,
    mut filter: AccessRequestFilter,
    paging: Paging<'_>,
) -> Result<Listing<AccessRequestRecord>, OperationError> {
    let reach = reach(call)?;
    match (&filter.account, reach.only()) {
        (Some(wanted), _) => reach.check(wanted)?,
        (None, own) => filter.account = own.cloned(),
    }
    Ok(call.store.access_requests_after(paging.after, &filter, paging.page_size()).await?)
}

/// # Errors
/// [`NotFound`] for a request outside the caller's reach, too.
pub async fn show_access_request(call: &OperationContext<'_>, id: &str) -> Result<AccessRequestRecord, OperationError> {
    let reach = reach(call)?;
    let not_found = OperationRefusal::from(NotFound("access request"));
    let id: Label = id.parse().map_err(|_| not_found.clone())?;
    let found = call.store.access_request(id.as_str()).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(not_found)?)
}

/// Callers that may decide requests or create them.
fn reach<'c>(call: &OperationContext<'c>) -> Result<AccountScope<'c>, OperationRefusal> {
    let rights = [Right::GrantAccess, Right::AskForAccess];
    call.reach(rights[0]).or_else(|_| call.reach(rights[1])).map_err(|_| OperationRefusal::forbidden(&rights))
}
