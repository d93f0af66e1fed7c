//! What an account is called.

use super::change::{ChangeAccountError, change};
use super::create::LONGEST_NAME;
use crate::control::operations::texts::fault_of_line;
use crate::control::operations::{Call, Invalid, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Gives an account another name, or none. Its id stays.
///
/// # Errors
/// Nothing has happened then.
pub async fn rename_account(
    call: &Call<'_>,
    account: &Label,
    name: Option<String>,
) -> Result<AccountRecord, ChangeAccountError> {
    let problem = name.as_ref().and_then(|name| fault_of_line(name, LONGEST_NAME));
    change(call, Right::GrantAccess, ("rename_account", account), |record| {
        if let Some(problem) = problem {
            return Err(Invalid::one("name", problem).into());
        }
        record.name = name;
        Ok(())
    })
    .await
}
