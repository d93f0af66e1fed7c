//! The owner's switch: API access of an account on or off.

use jiff::Timestamp;

use super::facts::account_for_audit;
use crate::credential::Label;
use crate::store::{AccountRecord, Actor, AuditEntry, Store, StoreError};

/// Why it stands as it stood.
#[derive(Debug, thiserror::Error)]
pub enum SwitchAccountError {
    /// No such account.
    #[error("no account has this id")]
    NotFound,
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
pub async fn switch_account(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    account: &Label,
    on: bool,
) -> Result<AccountRecord, SwitchAccountError> {
    let mut transaction = store.begin(now).await?;
    let before = transaction.account(account.as_str()).await?.ok_or(SwitchAccountError::NotFound)?;
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
    transaction.audit(actor, &entry).await?;
    transaction.commit().await?;
    Ok(after)
}
