//! A new account.

use super::change::entry;
use crate::control::operations::ids::{NoRandomness, made_id};
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{AccountScope, Invalid, Once, OperationContext, Refusal, Right};
use crate::control::views::AccountView;
use crate::credential::Label;
use crate::store::{AccountRecord, StoreError, UniqueKey, whole_millis};

/// In characters.
pub(super) const LONGEST_NAME: usize = 200;

/// What it shall be.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Made when there is none.
    pub id: Option<Label>,
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody has it.
    #[error("this id is taken")]
    IdTaken,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Creates an account. It is switched on, and has no access before that is granted; its members have no keys of
/// their own.
///
/// # Errors
/// Nothing has happened then.
pub async fn create_account(
    call: &OperationContext<'_>,
    new: NewAccount,
) -> Result<Once<AccountRecord>, CreateAccountError> {
    if call.reach(Right::GrantAccess)? != AccountScope::Every {
        return Err(Refusal::Forbidden.into());
    }
    if let Some(answer) = call.answered::<CreateAccountError>().await? {
        return Ok(Once::Repeated(answer));
    }
    if let Some(problem) = new.name.as_ref().and_then(|name| fault_of_line(name, LONGEST_NAME)) {
        return Err(Invalid::one("name", problem).into());
    }
    let record = AccountRecord {
        id: new.id.map_or_else(|| made_id("acc_"), Ok)?,
        name: new.name,
        granted: false,
        switched_on: true,
        members_allowed: false,
        created_at: whole_millis(call.now),
        revision: 1,
    };
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<CreateAccountError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    transaction.add_accounts(std::slice::from_ref(&record)).await?;
    transaction.audit(call.actor(), &entry("create_account", None, &record)).await?;
    call.remember(&mut transaction, &AccountView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(record))
}

impl From<StoreError> for CreateAccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::AccountId) => Self::IdTaken,
            other => Self::Store(other),
        }
    }
}
