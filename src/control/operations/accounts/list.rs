use crate::control::operations::text_rules::{MAX_NAME_LENGTH, line_fault};
use crate::control::operations::{
    Invalid, NotFound, OperationContext, OperationError, OperationRefusal, Paging, Right,
};
use crate::credential::Label;
use crate::store::{AccountFilter, AccountRecord, Listing};

/// The accounts within the caller's reach, in order of their ids.
///
/// # Errors
/// A refusal, or [`Invalid`] for an unfit search text.
pub async fn list_accounts(
    call: &OperationContext<'_>,
    mut filter: AccountFilter,
    paging: Paging<'_>,
) -> Result<Listing<AccountRecord>, OperationError> {
    let reach = call.reach(Right::SeeAccount)?;
    if let Some(problem) = filter.part.as_ref().and_then(|part| line_fault(part, MAX_NAME_LENGTH)) {
        return Err(Invalid::one("part", problem).into());
    }
    match (&filter.only, reach.only()) {
        (Some(wanted), _) => reach.check(wanted)?,
        (None, own) => filter.only = own.cloned(),
    }
    Ok(call.store.accounts_after(paging.after.unwrap_or_default(), &filter, paging.page_size()).await?)
}

/// # Errors
/// [`NotFound`] for an account outside the caller's reach, too.
pub async fn show_account(call: &OperationContext<'_>, account: &Label) -> Result<AccountRecord, OperationError> {
    call.reach(Right::SeeAccount)?.check(account)?;
    let found = call.store.account(account.as_str()).await?;
    Ok(found.ok_or(OperationRefusal::from(NotFound("account")))?)
}
