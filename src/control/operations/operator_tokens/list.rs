use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Paging, Right};
use crate::credential::Label;
use crate::store::{Listing, OperatorTokenRecord};

/// The operator tokens within the caller's reach, or those of one account, newest first.
///
/// # Errors
/// A refusal, or [`Invalid`](crate::control::operations::Invalid) for a cursor that is none.
pub async fn list_operator_tokens(
    call: &OperationContext<'_>,
    account: Option<&Label>,
    paging: Paging<'_>,
) -> Result<Listing<OperatorTokenRecord>, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(account) = account {
        reach.check(account)?;
    }
    let after = paging.cursor()?;
    Ok(call.store.operator_tokens_after(account.or(reach.only()), after.as_ref(), paging.page_size()).await?)
}

/// # Errors
/// [`NotFound`] for a token outside the caller's reach, too.
pub async fn show_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let found = call.store.operator_token(id.as_str()).await?;
    let found = found.filter(|token| reach.covers_owner(token.account.as_ref()));
    Ok(found.ok_or(OperationRefusal::from(NotFound("operator token")))?)
}
