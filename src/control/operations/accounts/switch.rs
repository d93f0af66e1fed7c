//! The owner's switch: API access of an account on or off.

use super::change::change;
use crate::control::operations::{OperationContext, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccountRecord, StoreError};

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
pub async fn switch_account(
    call: &OperationContext<'_>,
    account: &Label,
    on: bool,
) -> Result<AccountRecord, SwitchAccountError> {
    change(
        call,
        Right::SwitchAccess,
        (if on { "switch_account_on" } else { "switch_account_off" }, account),
        |record| {
            if on && !record.granted {
                return Err(SwitchAccountError::NotGranted);
            }
            record.switched_on = on;
            Ok(())
        },
    )
    .await
}
