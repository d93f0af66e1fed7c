//! The owner's switch: API access of an account on or off.

use super::facts::account_for_audit;
use super::{Call, NotFound, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccountRecord, AuditEntry, StoreError};

/// Why it stands as it stood.
#[derive(Debug, thiserror::Error)]
pub enum SwitchAccountError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The provider has not let it use the API, or not any more.
    #[error("API access has not been granted to this account")]
    NotGranted,
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches the API access of an account on or off: off, every credential of it is refused.
///
/// # Errors
/// Nothing has happened then.
pub async fn switch_account(call: &Call<'_>, account: &Label, on: bool) -> Result<AccountRecord, SwitchAccountError> {
    call.reach(Right::SwitchAccess)?.of(account)?;
    let mut transaction = call.store.begin(call.now).await?;
    let before = transaction.account(account.as_str()).await?.ok_or(Refusal::from(NotFound("account")))?;
    call.expects(before.revision)?;
    if on && !before.granted {
        return Err(SwitchAccountError::NotGranted);
    }
    if before.switched_on == on {
        return Ok(before);
    }
    let after = AccountRecord { switched_on: on, revision: before.revision + 1, ..before.clone() };
    transaction.put_account(&after).await?;
    let entry = AuditEntry {
        verb: "switch_account",
        account: Some(account.to_string()),
        target_kind: "account",
        target: account.to_string(),
        before: Some(account_for_audit(&before)),
        after: Some(account_for_audit(&after)),
    };
    transaction.audit(call.actor(), &entry).await?;
    transaction.commit().await?;
    Ok(after)
}
