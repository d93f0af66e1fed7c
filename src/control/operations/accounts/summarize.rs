use jiff::Timestamp;

use super::show_account;
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::{CredentialFilter, PeopleCounts, StateCounts};

/// What belongs to an account, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSummary {
    pub people: PeopleCounts,
    pub credentials: StateCounts,
    /// Of any of its credentials, to a few seconds.
    pub last_used_at: Option<Timestamp>,
}

/// Counts users and credentials of an account, granted or not.
///
/// # Errors
/// A refusal, or a store that does not answer.
pub async fn summarize_account(call: &OperationContext<'_>, account: &Label) -> Result<AccountSummary, OperationError> {
    call.reach(Right::ManageCredentials)?;
    let account = show_account(call, account).await?;
    let filter = CredentialFilter { account: Some(account.id.clone()), ..CredentialFilter::default() };
    Ok(AccountSummary {
        people: call.store.count_people(&account.id).await?,
        credentials: call.store.count_credentials(&filter, call.now).await?,
        last_used_at: call.store.last_use_of(&account.id).await?,
    })
}
