//! What all changes of one user have in common.

use crate::control::operations::{AccountScope, Invalid, NoRandomness, NotFound, OperationContext, Refusal};
use crate::control::views::{AuditState, UserView};
use crate::credential::Label;
use crate::store::{AuditEntry, EnabledUser, StoreError, Transaction, UniqueKey, UserRecord};

/// Why a user is as before.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUserError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not to what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody has it.
    #[error("somebody else has this e-mail address")]
    EmailTaken,
    /// They would be locked out by themselves.
    #[error("nobody can disable themselves")]
    Oneself,
    /// Nobody could give access to anybody any more.
    #[error("this is the last of the staff who can sign in")]
    LastStaff,
    /// Nobody of the account could look after it any more.
    #[error("this is the last owner of the account who can sign in; only the provider can do this")]
    LastOwner,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Writes a user who was changed, and puts down what they were and are. Nothing is written when nothing has changed;
/// false then.
pub(super) async fn write(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    verb: &'static str,
    before: &UserRecord,
    after: &mut UserRecord,
) -> Result<bool, StoreError> {
    if after == before {
        return Ok(false);
    }
    // As the database counts it.
    after.revision += 1;
    transaction.put_user(after).await?;
    transaction.audit(call.actor(), &entry(verb, after, Some(before), Some(after))).await?;
    Ok(true)
}

/// The user, kept from being changed by others, as the caller has seen them.
pub(super) async fn find(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    id: &Label,
) -> Result<UserRecord, ChangeUserError> {
    let found = transaction.user(id.as_str()).await?.filter(|user| is_within(reach, user));
    let user = found.ok_or(Refusal::from(NotFound("user")))?;
    call.expects(user.revision)?;
    Ok(user)
}

/// Whether there is still somebody who looks after the account when this one is no owner any more. Not asked of the
/// provider, who can make another.
pub(super) async fn check_owners(
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    user: &UserRecord,
) -> Result<(), ChangeUserError> {
    let (Some(_), Some(account)) = (reach.only(), &user.account) else { return Ok(()) };
    let owners = transaction.enabled_owners(account).await?;
    if is_last(user, &owners) { Err(ChangeUserError::LastOwner) } else { Ok(()) }
}

/// True for one of these whom none of the others replaces: somebody who cannot sign in is no replacement for somebody
/// who can.
pub(super) fn is_last(user: &UserRecord, of: &[EnabledUser]) -> bool {
    let is_one = of.iter().any(|one| one.id == user.id.as_str());
    let mut others = of.iter().filter(|other| other.id != user.id.as_str());
    is_one && !others.any(|other| other.has_password || user.password_hash.is_none())
}

/// True for those of an account that the caller reaches; of no account are only staff.
pub(super) fn is_within(reach: AccountScope<'_>, user: &UserRecord) -> bool {
    reach.covers_all_of(user.account.as_ref())
}

/// A line of the audit about a user.
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

impl From<StoreError> for ChangeUserError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::UserEmail) => Self::EmailTaken,
            other => Self::Store(other),
        }
    }
}
