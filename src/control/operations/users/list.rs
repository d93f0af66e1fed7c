use super::change::is_within;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Paging, Right};
use crate::credential::Label;
use crate::store::{Listing, UserFilter, UserRecord};

/// The users within the caller's reach, newest first.
///
/// # Errors
/// A refusal, or [`Invalid`](crate::control::operations::Invalid) for a cursor that is none.
pub async fn list_users(
    call: &OperationContext<'_>,
    filter: UserFilter<'_>,
    paging: Paging<'_>,
) -> Result<Listing<UserRecord>, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(account) = filter.account {
        reach.check(account)?;
    }
    let filter = UserFilter { account: filter.account.or(reach.only()), ..filter };
    let after = paging.cursor()?;
    Ok(call.store.users_after(filter, after.as_ref(), paging.page_size()).await?)
}

/// # Errors
/// [`NotFound`] for a user outside the caller's reach, too.
pub async fn show_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let found = call.store.user(id.as_str()).await?.filter(|user| is_within(reach, user));
    Ok(found.ok_or(OperationRefusal::from(NotFound("user")))?)
}
