//! A user's own key: switched on, made anew and switched off by nobody but them. There is one, known by its id.

use jiff::{SignedDuration, Timestamp};

use super::change::{apply, entry};
use super::clear::cleared;
use super::create::Created;
use super::fields::newest;
use super::reset::renew;
use crate::control::operations::secrets::{Made, NewSecret, NoSecret, make};
use crate::control::operations::{Invalid, NotFound, Once, OperationContext, Refusal, Right};
use crate::control::views::CredentialView;
use crate::credential::Label;
use crate::store::{CredentialRecord, Role, StoreError, Transaction, UniqueKey, whole_millis};

/// How its id begins; the user's follows.
pub(super) const PREFIX: &str = "own-";

/// Why a user's own key is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OwnKeyError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is one.
    #[error("your key is switched on already; regenerate it to get a new secret")]
    AlreadyOn,
    /// Something else has its id.
    #[error("another credential has the id of your key: {0}")]
    IdTaken(Label),
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] NoSecret),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose key it is.
pub(super) struct Holder<'c> {
    pub(super) user: &'c Label,
    pub(super) account: &'c Label,
    id: Label,
}

/// The caller's own key. `None` before it was switched on for the first time; switched off, it is cleared.
///
/// # Errors
/// When the caller cannot have one.
pub async fn own_key(call: &OperationContext<'_>) -> Result<Option<CredentialRecord>, OwnKeyError> {
    let holder = holder::<OwnKeyError>(call).await?;
    let found = call.store.credential(holder.id.as_str()).await?;
    Ok(found.filter(|record| holder.has(record)))
}

/// Makes the caller's own key, of the newest version, or gives it a new secret after it was switched off or cleared.
///
/// # Errors
/// Nothing has happened then.
pub async fn switch_on_own_key(call: &OperationContext<'_>) -> Result<Once<Created>, OwnKeyError> {
    renewed(call, "switch_on_own_key").await
}

/// Gives the caller's own key a new secret; the one before is dead at once.
///
/// # Errors
/// Nothing has happened then.
pub async fn regenerate_own_key(call: &OperationContext<'_>) -> Result<Once<Created>, OwnKeyError> {
    renewed(call, "regenerate_own_key").await
}

/// Ends the secret of the caller's own key. What hangs on the key stays, and waits for the next secret.
///
/// # Errors
/// Nothing has happened then.
pub async fn switch_off_own_key(call: &OperationContext<'_>) -> Result<CredentialRecord, OwnKeyError> {
    let holder = holder::<OwnKeyError>(call).await?;
    let mut transaction = call.begin().await??;
    let before = holder.find(&mut transaction).await?.ok_or(Refusal::from(NotFound("own key")))?;
    let work = |record: &mut CredentialRecord| {
        cleared(record);
        Ok(())
    };
    let after = apply::<OwnKeyError>(call, &mut transaction, "switch_off_own_key", before, work).await?;
    transaction.commit().await?;
    Ok(after)
}

async fn renewed(call: &OperationContext<'_>, verb: &'static str) -> Result<Once<Created>, OwnKeyError> {
    let holder = holder::<OwnKeyError>(call).await?;
    if let Some(answer) = call.answered::<OwnKeyError>().await? {
        return Ok(Once::Repeated(answer));
    }
    let fit = NewSecret::Token.fit().map_err(|_: Invalid| NoSecret::Machine)?;
    let made = make(fit, call.terms.format).await?;
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<OwnKeyError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    let switches_on = verb == "switch_on_own_key";
    let record = match holder.find(&mut transaction).await? {
        Some(before) if switches_on && !before.secret.is_cleared() => return Err(OwnKeyError::AlreadyOn),
        Some(before) => {
            let work = |record: &mut CredentialRecord| {
                renew(record, &made, SignedDuration::ZERO, call.now);
                Ok(())
            };
            apply::<OwnKeyError>(call, &mut transaction, verb, before, work).await?
        }
        None if switches_on => holder.add(call, &mut transaction, verb, &made).await?,
        None => return Err(Refusal::from(NotFound("own key")).into()),
    };
    call.remember(&mut transaction, &CredentialView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(Created { record, secret: made.plain }))
}

/// The caller, if they are somebody who may have a key of their own.
pub(super) async fn holder<'c, E: From<Refusal> + From<StoreError>>(
    call: &OperationContext<'c>,
) -> Result<Holder<'c>, E> {
    let reach = call.reach(Right::OwnKey)?;
    // Operator tokens and the shell are nobody.
    let (Some(account), Some(user)) = (reach.only(), &call.caller.user) else { return Err(Refusal::Forbidden.into()) };
    let known = call.store.account(account.as_str()).await?.filter(|account| account.granted);
    let known = known.ok_or(Refusal::AccessNotGranted)?;
    if call.caller.role == Role::Member && !known.members_allowed {
        return Err(Refusal::MembersNotAllowed.into());
    }
    let id = format!("{PREFIX}{user}").parse().map_err(|_| Refusal::Forbidden)?;
    Ok(Holder { user, account, id })
}

impl Holder<'_> {
    fn has(&self, record: &CredentialRecord) -> bool {
        record.owner.as_ref() == Some(self.user) && record.account == *self.account
    }

    async fn find(&self, transaction: &mut Transaction) -> Result<Option<CredentialRecord>, OwnKeyError> {
        match transaction.credential(self.id.as_str()).await? {
            Some(other) if !self.has(&other) => Err(OwnKeyError::IdTaken(self.id.clone())),
            found => Ok(found),
        }
    }

    async fn add(
        &self,
        call: &OperationContext<'_>,
        transaction: &mut Transaction,
        verb: &'static str,
        made: &Made,
    ) -> Result<CredentialRecord, OwnKeyError> {
        let (id, account, now): (_, _, Timestamp) = (self.id.clone(), self.account.clone(), whole_millis(call.now));
        let record = CredentialRecord {
            owner: Some(self.user.clone()),
            hint: made.hint.clone(),
            version: newest(call.terms.catalogs.versions, now),
            ..CredentialRecord::new(id, account, made.stored.clone(), now, &call.actor().id)
        };
        let added = transaction.add_credentials(std::slice::from_ref(&record)).await;
        added.map_err(|error| match error {
            // By the same user, a moment ago.
            StoreError::Taken(UniqueKey::CredentialId) => OwnKeyError::AlreadyOn,
            other => other.into(),
        })?;
        transaction.audit(call.actor(), &entry(verb, &record, None, Some(&record))).await?;
        Ok(record)
    }
}
