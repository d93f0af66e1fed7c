//! Looking at accounts.

use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, NotFound, OperationContext, Paging, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccountFilter, AccountRecord, Listing, StoreError};

const LONGEST_PART: usize = 200;

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadAccountError {
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

/// The accounts that there are, in the order of their ids: of somebody of an account, their own alone.
///
/// # Errors
/// When the caller may see none, or nothing can be read.
pub async fn list_accounts(
    call: &OperationContext<'_>,
    mut filter: AccountFilter,
    paging: Paging<'_>,
) -> Result<Listing<AccountRecord>, ReadAccountError> {
    let reach = call.reach(Right::SeeAccount)?;
    if let Some(problem) = filter.part.as_ref().and_then(|part| fault_of_line(part, LONGEST_PART)) {
        return Err(Invalid::one("part", problem).into());
    }
    match (&filter.only, reach.only()) {
        (Some(wanted), _) => reach.of(wanted)?,
        (None, own) => filter.only = own.cloned(),
    }
    Ok(call.store.accounts_after(paging.after.unwrap_or_default(), &filter, paging.most()).await?)
}

/// One of them.
///
/// # Errors
/// When there is none that the caller may see, or nothing can be read.
pub async fn show_account(call: &OperationContext<'_>, account: &Label) -> Result<AccountRecord, ReadAccountError> {
    call.reach(Right::SeeAccount)?.of(account)?;
    let found = call.store.account(account.as_str()).await?;
    Ok(found.ok_or(Refusal::from(NotFound("account")))?)
}
