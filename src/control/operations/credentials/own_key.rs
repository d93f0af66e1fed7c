use jiff::{SignedDuration, Timestamp};

use super::change::{CredentialConflict, apply, entry};
use super::clear::clear_secret;
use super::create::Created;
use super::field_validation::{OWN_KEY_PREFIX, newest};
use super::refusal_reasons::unserved_version;
use super::reset::replace_secret;
use crate::control::Sentence;
use crate::control::operations::secrets::{CreatedSecret, NewSecret, create_secret};
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Outcome, Right};
use crate::control::views::CredentialView;
use crate::credential::Label;
use crate::store::{CredentialRecord, Role, StoreError, Transaction, UniqueKey, whole_millis};

/// A user who may have a key of their own.
pub(in crate::control::operations) struct Holder<'c> {
    pub(in crate::control::operations) user: &'c Label,
    pub(in crate::control::operations) account: &'c Label,
    pub(in crate::control::operations) id: Label,
    has_access: bool,
}

/// The caller's own key: `None` before they have enabled one, cleared after they have disabled it.
///
/// # Errors
/// A refusal for callers that cannot have one.
pub async fn own_key(
    call: &OperationContext<'_>,
) -> Result<Option<CredentialRecord>, OperationError<CredentialConflict>> {
    let holder = holder(call).await?;
    let found = call.store.credential(holder.id.as_str()).await?;
    Ok(found.filter(|record| holder.has(record)))
}

/// Why a new secret of the caller's own key, as it is now, would not be created: only others can change that.
///
/// # Errors
/// A refusal for callers that cannot have one.
pub async fn own_key_obstacle(
    call: &OperationContext<'_>,
    key: Option<&CredentialRecord>,
) -> Result<Option<CredentialConflict>, OperationError<CredentialConflict>> {
    Ok(holder(call).await?.check_new_secret(call, key).err())
}

/// Creates the caller's own key, pinned to the newest version, or gives a cleared one a new secret.
///
/// # Errors
/// A refusal; [`CredentialConflict::OwnKeyEnabled`]; [`CredentialConflict::OwnKeyDisabled`];
/// [`CredentialConflict::OwnKeyExpired`]; [`CredentialConflict::OwnKeyUnusable`]; [`CredentialConflict::OwnKeyIdTaken`].
pub async fn enable_own_key(
    call: &OperationContext<'_>,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    create_secret_for(call, "switch_on_own_key").await
}

/// Gives the caller's own key a new secret; the previous one is refused at once.
///
/// # Errors
/// A refusal; [`CredentialConflict::OwnKeyDisabled`]; [`CredentialConflict::OwnKeyExpired`];
/// [`CredentialConflict::OwnKeyUnusable`]; [`CredentialConflict::OwnKeyIdTaken`].
pub async fn regenerate_own_key(
    call: &OperationContext<'_>,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    create_secret_for(call, "regenerate_own_key").await
}

/// Clears the caller's own key; its settings stay for the next secret.
///
/// # Errors
/// A refusal; [`CredentialConflict::OwnKeyIdTaken`].
pub async fn disable_own_key(
    call: &OperationContext<'_>,
) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
    let holder = holder(call).await?;
    let mut transaction = call.begin().await?;
    let before = holder.find(&mut transaction).await?.ok_or(OperationRefusal::from(NotFound("own key")))?;
    let after = apply::<CredentialConflict>(call, &mut transaction, "switch_off_own_key", before, |record| {
        clear_secret(record);
        Ok(())
    })
    .await?;
    transaction.commit().await?;
    Ok(after)
}

async fn create_secret_for(
    call: &OperationContext<'_>,
    verb: &'static str,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    let holder = holder(call).await?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let created = create_secret(call, NewSecret::Token.validated()?).await?;
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let enables = verb == "switch_on_own_key";
    let found = holder.find(&mut transaction).await?;
    if found.is_none() && !enables {
        return Err(OperationRefusal::from(NotFound("own key")).into());
    }
    holder.check_new_secret(call, found.as_ref())?;
    if enables && found.as_ref().is_some_and(|key| !key.secret.is_cleared()) {
        return Err(CredentialConflict::OwnKeyEnabled.into());
    }
    let record = match found {
        Some(before) => {
            let work = |record: &mut CredentialRecord| {
                replace_secret(record, &created, SignedDuration::ZERO, call.now);
                Ok(())
            };
            apply::<CredentialConflict>(call, &mut transaction, verb, before, work).await?
        }
        None => holder.add(call, &mut transaction, verb, &created).await?,
    };
    call.store_response(&mut transaction, &CredentialView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(Created { record, secret: created.plain }))
}

/// The caller, if they are a user who may have a key of their own.
pub(in crate::control::operations) async fn holder<'c>(
    call: &OperationContext<'c>,
) -> Result<Holder<'c>, OperationError> {
    let reach = call.reach(Right::OwnKey)?;
    // Operator tokens and the shell are no users.
    let (Some(account), Some(user)) = (reach.only(), &call.caller.user) else {
        return Err(OperationRefusal::for_no_role().into());
    };
    let account_record = call.store.account(account.as_str()).await?.filter(|account| account.granted);
    let account_record = account_record.ok_or(OperationRefusal::AccessNotGranted)?;
    if call.caller.role == Role::Member && !account_record.members_allowed {
        return Err(OperationRefusal::MembersNotAllowed.into());
    }
    let id = format!("{OWN_KEY_PREFIX}{user}").parse().map_err(|_| OperationRefusal::for_no_role())?;
    Ok(Holder { user, account, id, has_access: account_record.has_access() })
}

impl Holder<'_> {
    fn has(&self, record: &CredentialRecord) -> bool {
        record.owner.as_ref() == Some(self.user) && record.account == *self.account
    }

    /// A new secret that would be refused is not created.
    fn check_new_secret(
        &self,
        call: &OperationContext<'_>,
        key: Option<&CredentialRecord>,
    ) -> Result<(), CredentialConflict> {
        match key {
            Some(key) if !key.enabled => return Err(CredentialConflict::OwnKeyDisabled(key.disabled_reason.clone())),
            Some(CredentialRecord { expires_at: Some(end), .. }) if *end <= call.now => {
                return Err(CredentialConflict::OwnKeyExpired(*end));
            }
            Some(_) | None => {}
        }
        let version = || key.and_then(|key| unserved_version(call, key));
        let reason = (!self.has_access).then_some(Sentence::AccessOff).or_else(version);
        reason.map_or(Ok(()), |reason| Err(CredentialConflict::OwnKeyUnusable(reason)))
    }

    async fn find(
        &self,
        transaction: &mut Transaction,
    ) -> Result<Option<CredentialRecord>, OperationError<CredentialConflict>> {
        match transaction.credential(self.id.as_str()).await? {
            Some(other) if !self.has(&other) => Err(CredentialConflict::OwnKeyIdTaken(self.id.clone()).into()),
            found => Ok(found),
        }
    }

    async fn add(
        &self,
        call: &OperationContext<'_>,
        transaction: &mut Transaction,
        verb: &'static str,
        created: &CreatedSecret,
    ) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
        let (id, account, now): (_, _, Timestamp) = (self.id.clone(), self.account.clone(), whole_millis(call.now));
        let record = CredentialRecord {
            owner: Some(self.user.clone()),
            hint: created.hint.clone(),
            version: newest(call.terms.catalogs.versions, now),
            ..CredentialRecord::new(id, account, created.stored.clone(), now, &call.actor().id)
        };
        let added = transaction.add_credentials(std::slice::from_ref(&record)).await;
        added.map_err(|error| match error {
            // A parallel request of the same user has created it.
            StoreError::Taken(UniqueKey::CredentialId) => CredentialConflict::OwnKeyEnabled.into(),
            other => OperationError::from(other),
        })?;
        call.record(transaction, &entry(verb, &record, None, Some(&record))).await?;
        Ok(record)
    }
}
