//! A new operator token.

use jiff::Timestamp;

use super::change::entry;
use super::whole_millis;
use crate::control::operations::ids::made_id;
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::users::{check_grant, fault_of_account};
use crate::control::operations::{Invalid, NoRandomness, Once, OperationContext, Refusal, Right};
use crate::control::views::OperatorTokenView;
use crate::credential::{Label, PlainToken, TokenFormat};
use crate::store::{ActorKind, OperatorTokenRecord, Role, StoreError};

/// In characters.
const LONGEST_NAME: usize = 200;

/// What it shall be.
#[derive(Debug, Clone)]
pub struct NewOperatorToken {
    /// For people; 1 to 200 characters.
    pub name: String,
    /// What it may do; no script is a member.
    pub role: Role,
    /// Whose; of staff none.
    pub account: Option<Label>,
    /// Worth nothing from this moment on.
    pub expires_at: Option<Timestamp>,
}

/// What has become of it.
#[derive(Debug)]
pub struct CreatedOperatorToken {
    /// As it is kept.
    pub record: OperatorTokenRecord,
    /// Seen once.
    pub token: PlainToken,
}

/// Why there is no new operator token.
#[derive(Debug, thiserror::Error)]
pub enum CreateOperatorTokenError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The account is not there.
    #[error("no account has this id")]
    UnknownAccount,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Creates an operator token. One that is made by a token does not outlive it.
///
/// # Errors
/// Nothing has happened then.
pub async fn create_operator_token(
    call: &OperationContext<'_>,
    new: NewOperatorToken,
) -> Result<Once<CreatedOperatorToken>, CreateOperatorTokenError> {
    let reach = call.reach(Right::ManageUsers)?;
    let account_fault = fault_of_account(new.role, new.account.as_ref());
    if account_fault.is_none() || new.role == Role::Staff {
        check_grant(reach, new.role, new.account.as_ref())?;
    }
    if let Some(answer) = call.answered::<CreateOperatorTokenError>().await? {
        return Ok(Once::Repeated(answer));
    }
    check(&new, account_fault, call.now)?;
    let token = TokenFormat::operator().mint().map_err(|_| NoRandomness)?;
    let mut record = OperatorTokenRecord {
        id: made_id("opt_")?,
        name: new.name,
        digest: token.digest(),
        role: new.role,
        account: new.account,
        enabled: true,
        expires_at: new.expires_at.map(whole_millis),
        created_at: whole_millis(call.now),
        created_by: call.actor().id.clone(),
        last_used_at: None,
        revision: 1,
    };
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<CreateOperatorTokenError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    if call.actor().kind == ActorKind::Token {
        let maker = transaction.operator_token_for_share(&call.actor().id).await?.ok_or(Refusal::Revoked)?;
        record.expires_at = within_life(maker.expires_at, record.expires_at)?;
    }
    transaction.add_operator_token(&record).await?;
    transaction.audit(call.actor(), &entry("create_operator_token", &record, None, Some(&record))).await?;
    call.remember(&mut transaction, &OperatorTokenView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(CreatedOperatorToken { record, token }))
}

fn check(new: &NewOperatorToken, account_fault: Option<&str>, now: Timestamp) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    if new.role == Role::Member {
        invalid.add("role", "must be staff, owner or implementer");
    }
    if let Some(problem) = account_fault {
        invalid.add("account", problem);
    }
    if let Some(problem) = fault_of_line(&new.name, LONGEST_NAME) {
        invalid.add("name", problem);
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        invalid.add("expires_at", "must be in the future");
    }
    invalid.into_result()
}

/// The end of a token that is made by one with this end: no later, and the same when nothing is said.
fn within_life(of: Option<Timestamp>, wanted: Option<Timestamp>) -> Result<Option<Timestamp>, Invalid> {
    match (of, wanted) {
        (Some(end), Some(later)) if later > end => {
            Err(Invalid::one("expires_at", format!("must not be after {end}, when the token that makes it expires")))
        }
        (of, wanted) => Ok(wanted.or(of)),
    }
}

impl From<StoreError> for CreateOperatorTokenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::MissingReference => Self::UnknownAccount,
            other => Self::Store(other),
        }
    }
}
