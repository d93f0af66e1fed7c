//! Looking at operator tokens.

use crate::control::operations::users::place_in;
use crate::control::operations::{Invalid, NotFound, OperationContext, Paging, Refusal, Right};
use crate::credential::Label;
use crate::store::{Listing, OperatorTokenRecord, StoreError};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadOperatorTokenError {
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

/// The operator tokens that the caller looks after, the newest first; with an account, only its own.
///
/// # Errors
/// When they look after none, or nothing can be read.
pub async fn list_operator_tokens(
    call: &OperationContext<'_>,
    account: Option<&Label>,
    paging: Paging<'_>,
) -> Result<Listing<OperatorTokenRecord>, ReadOperatorTokenError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(account) = account {
        reach.of(account)?;
    }
    let after = place_in(paging)?;
    Ok(call.store.operator_tokens_after(account.or(reach.only()), after.as_ref(), paging.most()).await?)
}

/// One of them.
///
/// # Errors
/// When there is none that the caller may see, or nothing can be read.
pub async fn show_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, ReadOperatorTokenError> {
    let reach = call.reach(Right::ManageUsers)?;
    let found = call.store.operator_token(id.as_str()).await?;
    let found = found.filter(|token| reach.covers_all_of(token.account.as_ref()));
    Ok(found.ok_or(Refusal::from(NotFound("operator token")))?)
}
