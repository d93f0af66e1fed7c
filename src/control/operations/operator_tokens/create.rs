use jiff::Timestamp;

use super::lock_and_audit::entry;
use crate::control::Sentence;
use crate::control::operations::ids::new_id;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::users::{account_fault, check_grant};
use crate::control::operations::{
    Invalid, NoSecret, OperationContext, OperationError, OperationRefusal, Outcome, Right,
};
use crate::control::views::OperatorTokenView;
use crate::credential::{Label, PlainToken, TokenFormat};
use crate::store::{ActorKind, OperatorTokenRecord, Role, StoreError, whole_millis};

#[derive(Debug, Clone)]
pub struct NewOperatorToken {
    /// 1 to [`MAX_NAME_LENGTH`](crate::control::operations::MAX_NAME_LENGTH) characters.
    pub name: String,
    /// Any but [`Role::Member`].
    pub role: Role,
    /// `None` for staff.
    pub account: Option<Label>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug)]
pub struct CreatedOperatorToken {
    pub record: OperatorTokenRecord,
    /// Revealed once.
    pub token: PlainToken,
}

/// Creates an operator token. One that an operator token creates expires no later than its creator.
///
/// # Errors
/// A [`OperationRefusal`] for a role or account that the caller may not give; [`Invalid`], also for an account that does not
/// exist.
pub async fn create_operator_token(
    call: &OperationContext<'_>,
    new: NewOperatorToken,
) -> Result<Outcome<CreatedOperatorToken>, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let account_fault = account_fault(new.role, new.account.as_ref());
    if account_fault.is_none() || new.role == Role::Staff {
        check_grant(reach, new.role, new.account.as_ref())?;
    }
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    check(&new, account_fault, call.now)?;
    let token = TokenFormat::operator().mint().map_err(|_| NoSecret::Machine)?;
    let mut record = OperatorTokenRecord {
        id: new_id("opt_")?,
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
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    if call.actor().kind == ActorKind::Token {
        let creator = transaction.operator_token_for_share(&call.actor().id).await?.ok_or(OperationRefusal::Revoked)?;
        record.expires_at = bounded_expiry(creator.expires_at, record.expires_at)?;
    }
    transaction.add_operator_token(&record).await.map_err(|error| match error {
        StoreError::MissingReference => Invalid::one("account", Sentence::NoAccount).into(),
        other => OperationError::from(other),
    })?;
    transaction.audit(call.actor(), &entry("create_operator_token", &record, None, Some(&record))).await?;
    call.store_response(&mut transaction, &OperatorTokenView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(CreatedOperatorToken { record, token }))
}

fn check(new: &NewOperatorToken, account_fault: Option<Sentence>, now: Timestamp) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    if new.role == Role::Member {
        invalid.add("role", Sentence::RoleOfToken);
    }
    if let Some(problem) = account_fault {
        invalid.add("account", problem);
    }
    if let Some(problem) = name_fault(&new.name) {
        invalid.add("name", problem);
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        invalid.add("expires_at", Sentence::NotInFuture);
    }
    invalid.into_result()
}

/// The requested expiry, or that of the creator where none is requested.
fn bounded_expiry(creator: Option<Timestamp>, requested: Option<Timestamp>) -> Result<Option<Timestamp>, Invalid> {
    match (creator, requested) {
        (Some(end), Some(later)) if later > end => {
            Err(Invalid::one("expires_at", Sentence::ExpiryOfCreator { end: end.into() }))
        }
        (creator, requested) => Ok(requested.or(creator)),
    }
}
