//! A new user, and the link with which they choose a password.

use super::change::entry;
use super::delegation::{check_grant, fault_of_account};
use super::email::check_email;
use super::setup_link::{NewSetupLink, add_link};
use super::whole_millis;
use crate::control::operations::ids::made_id;
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, NoRandomness, Once, OperationContext, Refusal, Right};
use crate::control::views::UserView;
use crate::credential::Label;
use crate::store::{Role, StoreError, UniqueKey, UserRecord};

/// In characters.
pub(super) const LONGEST_NAME: usize = 200;

/// Who it shall be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they may do.
    pub role: Role,
    /// Whose; of staff none.
    pub account: Option<Label>,
    /// What they sign in with.
    pub email: String,
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
}

/// Who it has become.
#[derive(Debug)]
pub struct CreatedUser {
    /// As they are kept.
    pub record: UserRecord,
    /// Seen once.
    pub link: NewSetupLink,
}

/// Why there is no new user.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The account is not there.
    #[error("no account has this id")]
    UnknownAccount,
    /// Somebody has it.
    #[error("somebody else has this e-mail address")]
    EmailTaken,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Creates a user, who has no password before they have used the link.
///
/// # Errors
/// Nothing has happened then.
pub async fn create_user(call: &OperationContext<'_>, new: NewUser) -> Result<Once<CreatedUser>, CreateUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let account_fault = fault_of_account(new.role, new.account.as_ref());
    if account_fault.is_none() || new.role == Role::Staff {
        check_grant(reach, new.role, new.account.as_ref())?;
    }
    if let Some(answer) = call.answered::<CreateUserError>().await? {
        return Ok(Once::Repeated(answer));
    }
    let mut invalid = Invalid::default();
    if let Some(problem) = account_fault {
        invalid.add("account", problem);
    }
    check_email(&new.email, &mut invalid);
    if let Some(problem) = new.name.as_ref().and_then(|name| fault_of_line(name, LONGEST_NAME)) {
        invalid.add("name", problem);
    }
    invalid.into_result()?;
    let record = UserRecord {
        id: made_id("usr_")?,
        account: new.account,
        email: new.email,
        name: new.name,
        role: new.role,
        password_hash: None,
        enabled: true,
        created_at: whole_millis(call.now),
        revision: 1,
    };
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<CreateUserError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    transaction.add_user(&record).await?;
    let link = add_link(call, &mut transaction, Some(&record.id)).await??;
    transaction.audit(call.actor(), &entry("create_user", &record, None, Some(&record))).await?;
    call.remember(&mut transaction, &UserView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(CreatedUser { record, link }))
}

impl From<StoreError> for CreateUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::UserEmail) => Self::EmailTaken,
            StoreError::MissingReference => Self::UnknownAccount,
            other => Self::Store(other),
        }
    }
}
