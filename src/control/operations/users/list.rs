//! Looking at users.

use super::change::is_within;
use crate::control::operations::{Invalid, NotFound, OperationContext, Paging, Refusal, Right};
use crate::credential::Label;
use crate::store::{Cursor, InvalidCursor, Listing, StoreError, UserFilter, UserRecord};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadUserError {
    /// Not to this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not by what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The users that the caller looks after, the newest first.
///
/// # Errors
/// When they look after none, or nothing can be read.
pub async fn list_users(
    call: &OperationContext<'_>,
    filter: UserFilter<'_>,
    paging: Paging<'_>,
) -> Result<Listing<UserRecord>, ReadUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(account) = filter.account {
        reach.of(account)?;
    }
    let filter = UserFilter { account: filter.account.or(reach.only()), ..filter };
    let after = place_in(paging)?;
    Ok(call.store.users_after(filter, after.as_ref(), paging.most()).await?)
}

/// One of them.
///
/// # Errors
/// When there is none that the caller may see, or nothing can be read.
pub async fn show_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, ReadUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let found = call.store.user(id.as_str()).await?.filter(|user| is_within(reach, user));
    Ok(found.ok_or(Refusal::from(NotFound("user")))?)
}

/// Where the page begins, for lists that are the newest first.
pub(in crate::control::operations) fn place_in(paging: Paging<'_>) -> Result<Option<Cursor>, Invalid> {
    paging.after.map(str::parse).transpose().map_err(|error: InvalidCursor| Invalid::one("after", error.to_string()))
}
