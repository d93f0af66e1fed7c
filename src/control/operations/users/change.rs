use crate::control::Sentence;
use crate::control::operations::webhooks::skip_deliveries_of_user;
use crate::control::operations::{
    AccountScope, NotFound, OperationContext, OperationError, OperationReason, OperationRefusal,
};
use crate::control::views::{AuditState, UserView};
use crate::credential::Label;
use crate::store::{AuditEntry, EnabledUser, StoreError, Transaction, UniqueKey, UserRecord};

/// Conflict with other users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum UserConflict {
    EmailTaken,
    Oneself,
    /// Without staff no access could be granted.
    LastStaff,
    LastOwner,
}

impl OperationReason for UserConflict {}

impl From<&UserConflict> for Sentence {
    fn from(conflict: &UserConflict) -> Self {
        match conflict {
            UserConflict::EmailTaken => Self::EmailTaken,
            UserConflict::Oneself => Self::Oneself,
            UserConflict::LastStaff => Self::LastStaff,
            UserConflict::LastOwner => Self::LastOwner,
        }
    }
}

/// A write of a user that failed because of their e-mail address.
pub(super) fn email_conflict<E: From<UserConflict> + From<StoreError>>(error: StoreError) -> E {
    match error {
        StoreError::Taken(UniqueKey::UserEmail) => UserConflict::EmailTaken.into(),
        other => other.into(),
    }
}

/// Writes a changed user and its audit entry; false, and nothing written, when nothing has changed.
pub(super) async fn write(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    verb: &'static str,
    before: &UserRecord,
    after: &mut UserRecord,
) -> Result<bool, OperationError<UserConflict>> {
    if after == before {
        return Ok(false);
    }
    // The database increments it too.
    after.revision += 1;
    transaction.put_user(after).await.map_err(email_conflict::<OperationError<_>>)?;
    skip_deliveries_of_user(call, transaction, before, after).await?;
    transaction.audit(call.actor(), &entry(verb, after, Some(before), Some(after))).await?;
    Ok(true)
}

/// Reads and locks a user, and checks the expected revision.
pub(super) async fn lock_user(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    id: &Label,
) -> Result<UserRecord, OperationError> {
    let found = transaction.user(id.as_str()).await?.filter(|user| is_within(reach, user));
    let user = found.ok_or(OperationRefusal::from(NotFound("user")))?;
    call.check_revision(user.revision)?;
    Ok(user)
}

/// Refuses to take the last owner from an account. Staff may, since they can create another.
pub(super) async fn check_owners(
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    user: &UserRecord,
) -> Result<(), OperationError<UserConflict>> {
    let (Some(_), Some(account)) = (reach.only(), &user.account) else { return Ok(()) };
    let owners = transaction.enabled_owners(account).await?;
    if is_last(user, &owners) { Err(UserConflict::LastOwner.into()) } else { Ok(()) }
}

/// True if `user` is among `users` and no other can replace them. A user with a password can be replaced only by one
/// with a password.
pub(super) fn is_last(user: &UserRecord, users: &[EnabledUser]) -> bool {
    let is_one = users.iter().any(|one| one.id == user.id.as_str());
    let mut others = users.iter().filter(|other| other.id != user.id.as_str());
    is_one && !others.any(|other| other.has_password || user.password_hash.is_none())
}

/// Staff, who belong to no account, are within [`AccountScope::Every`] only.
pub(super) fn is_within(reach: AccountScope<'_>, user: &UserRecord) -> bool {
    reach.covers_owner(user.account.as_ref())
}

pub(in crate::control::operations) fn entry(
    verb: &'static str,
    of: &UserRecord,
    before: Option<&UserRecord>,
    after: Option<&UserRecord>,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: of.account.as_ref().map(Label::to_string),
        target_kind: "user",
        target: of.id.to_string(),
        before: before.map(|record| UserView::from(record).audit_state()),
        after: after.map(|record| UserView::from(record).audit_state()),
    }
}
