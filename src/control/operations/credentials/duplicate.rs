//! Another credential with the rights and settings of one that there is, and a secret of its own.

use super::change::{entry, found, seen};
use super::create::{CreateError, Created, fault_of_id, id_for, names_are_free};
use super::fields::Given;
use crate::control::operations::secrets::{NewSecret, NoSecret, make};
use crate::control::operations::text_rules::{name_fault, trimmed};
use crate::control::operations::{Invalid, Once, OperationContext, Refusal, Right};
use crate::control::views::{AuditState, CredentialView};
use crate::credential::{Label, PlainPassword};
use crate::store::{AuditEntry, CredentialRecord, RecordSecret, StoreError, whole_millis};

/// In what the second one is different.
#[derive(Debug, Default)]
pub struct Duplicate {
    /// Made of the account's when there is none.
    pub id: Option<Label>,
    /// The same when there is none.
    pub name: Option<String>,
    /// Of a Basic pair: another user name, which it needs.
    pub username: Option<String>,
    /// Of a Basic pair: its password, if it is not to be made.
    pub chosen: Option<PlainPassword>,
}

/// Why there is no second one.
#[derive(Debug, thiserror::Error)]
pub enum DuplicateError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Fields that cannot be so, of the first one too.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A user has one.
    #[error("this is a user's own key, of which there is one")]
    OwnKey,
    /// It is another kind of secret by now.
    #[error("somebody has changed it meanwhile; look at it again")]
    Changed,
    /// Somebody has it.
    #[error("this id is taken")]
    IdTaken,
    /// Somebody has it.
    #[error("this user name is taken")]
    UsernameTaken,
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] NoSecret),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Makes a second credential like this one. One that is switched off is so in its duplicate, too.
///
/// # Errors
/// Nothing has happened then.
pub async fn duplicate(call: &OperationContext<'_>, id: &str, how: Duplicate) -> Result<Once<Created>, DuplicateError> {
    let reach = call.reach_granted::<DuplicateError>(Right::ManageCredentials).await?;
    if let Some(answer) = call.answered::<DuplicateError>().await? {
        return Ok(Once::Repeated(answer));
    }
    let known = seen::<DuplicateError>(call, reach, id).await?;
    if known.owner.is_some() {
        return Err(DuplicateError::OwnKey);
    }
    let faults = how.faults(call, &known);
    let secret = match known.secret {
        RecordSecret::Token(_) => NewSecret::Token,
        RecordSecret::Password { .. } => {
            NewSecret::Password { username: how.username.unwrap_or_default(), chosen: how.chosen }
        }
    };
    faults.into_result()?;
    secret.faults().into_result()?;
    call.expects(known.revision)?;
    let username = match &secret {
        NewSecret::Token => None,
        NewSecret::Password { username, .. } => Some(username.as_str()),
    };
    if let Err(error) = names_are_free(call.store, how.id.as_ref(), username).await {
        // By the same call, a moment ago.
        return call.answered::<DuplicateError>().await?.map(Once::Repeated).ok_or(error.into());
    }
    let made = make(secret.fit()?, call.terms.format).await?;
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<DuplicateError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    let first = found::<DuplicateError>(&mut transaction, reach, id).await?;
    call.expects(first.revision)?;
    if first.owner.is_some() {
        return Err(DuplicateError::OwnKey);
    }
    let stored = RecordSecret::from(made.stored);
    if std::mem::discriminant(&stored) != std::mem::discriminant(&first.secret) {
        return Err(DuplicateError::Changed);
    }
    rights(&first).faults(call).into_result()?;
    let new_id = how.id.unwrap_or_else(|| id_for(&first.account));
    let (now, actor) = (whole_millis(call.now), call.actor());
    let record = CredentialRecord {
        id: new_id,
        name: trimmed(how.name).or_else(|| first.name.clone()),
        secret: stored,
        previous: None,
        hint: made.hint,
        created_at: now,
        created_by: actor.id.clone(),
        secret_made_at: now,
        handed_over_at: None,
        last_used_at: None,
        last_used_from: None,
        recent_addresses: 0,
        revision: 1,
        ..first.clone()
    };
    transaction.add_credentials(std::slice::from_ref(&record)).await?;
    let mut after = CredentialView::from(&record).audit_value();
    after["duplicate_of"] = first.id.as_str().into();
    let line = AuditEntry { after: Some(after.to_string()), ..entry("duplicate", &record, None, None) };
    transaction.audit(actor, &line).await?;
    call.remember(&mut transaction, &CredentialView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(Created { record, secret: made.plain }))
}

impl Duplicate {
    fn faults(&self, call: &OperationContext<'_>, of: &CredentialRecord) -> Invalid {
        let mut faults = Invalid::default();
        if let Some(fault) = self.id.as_ref().and_then(|id| fault_of_id(call, id)) {
            faults.add("id", fault);
        }
        if let Some(fault) = self.name.as_deref().and_then(|name| name_fault(name.trim())) {
            faults.add("name", fault);
        }
        match (of.username(), &self.username) {
            (None, Some(_)) => faults.add("username", "must be left out: a token has none"),
            (Some(_), None) => faults.add("username", "is missing: a second pair has one of its own"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if of.username().is_none() && self.chosen.is_some() {
            faults.add("password", "must be left out: a token is made");
        }
        faults
    }
}

/// What the second one takes over, and a new one could not have.
fn rights(first: &CredentialRecord) -> Given<'_> {
    Given {
        version: first.version.as_ref(),
        scopes: first.scopes.as_deref(),
        expires_at: first.expires_at,
        ..Given::default()
    }
}

impl From<StoreError> for DuplicateError {
    fn from(error: StoreError) -> Self {
        CreateError::from(error).into()
    }
}

impl From<CreateError> for DuplicateError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::IdTaken => Self::IdTaken,
            CreateError::UsernameTaken => Self::UsernameTaken,
            CreateError::Store(error) => Self::Store(error),
            _ => Self::Store(StoreError::MissingReference),
        }
    }
}
