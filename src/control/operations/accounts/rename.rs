//! What an account is called.

use super::change::{ChangeAccountError, change};
use super::create::LONGEST_NAME;
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, OperationContext, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Gives an account another name, or none. Its id stays.
///
/// # Errors
/// Nothing has happened then.
pub async fn rename_account(
    call: &OperationContext<'_>,
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
