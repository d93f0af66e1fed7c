use super::change::{AccountConflict, entry};
use crate::control::operations::ids::new_id;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{
    AccountScope, Invalid, OperationContext, OperationError, OperationRefusal, Outcome, Right,
};
use crate::control::views::AccountView;
use crate::credential::Label;
use crate::store::{AccountRecord, StoreError, UniqueKey, whole_millis};

#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Generated when `None`.
    pub id: Option<Label>,
    /// 1 to [`MAX_NAME_LENGTH`](crate::control::operations::MAX_NAME_LENGTH) characters.
    pub name: Option<String>,
}

/// Creates an account. Its API access is switched on, and takes effect once it is granted; its members may not have
/// keys of their own.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] for all but staff; [`Invalid`]; [`AccountConflict::IdTaken`].
pub async fn create_account(
    call: &OperationContext<'_>,
    new: NewAccount,
) -> Result<Outcome<AccountRecord>, OperationError<AccountConflict>> {
    if call.reach(Right::GrantAccess)? != AccountScope::Every {
        return Err(OperationRefusal::forbidden(&[Right::GrantAccess]).into());
    }
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    if let Some(problem) = new.name.as_deref().and_then(name_fault) {
        return Err(Invalid::one("name", problem).into());
    }
    let record = AccountRecord {
        id: new.id.map_or_else(|| new_id("acc_"), Ok)?,
        name: new.name,
        granted: false,
        switched_on: true,
        members_allowed: false,
        created_at: whole_millis(call.now),
        revision: 1,
    };
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    transaction.add_accounts(std::slice::from_ref(&record)).await.map_err(|error| match error {
        StoreError::Taken(UniqueKey::AccountId) => AccountConflict::IdTaken.into(),
        other => OperationError::from(other),
    })?;
    call.record(&mut transaction, &entry("create_account", None, &record)).await?;
    call.store_response(&mut transaction, &AccountView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(record))
}
