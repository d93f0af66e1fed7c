use super::change::change;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Changes the display name of an account; its id stays.
///
/// # Errors
/// A refusal, or [`Invalid`].
pub async fn rename_account(
    call: &OperationContext<'_>,
    account: &Label,
    name: Option<String>,
) -> Result<AccountRecord, OperationError> {
    let problem = name.as_deref().and_then(name_fault);
    change(call, Right::GrantAccess, ("rename_account", account), |record| {
        if let Some(problem) = problem {
            return Err(Invalid::one("name", problem).into());
        }
        record.name = name;
        Ok(())
    })
    .await
}
