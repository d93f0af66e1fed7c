use super::change::{CredentialConflict, entry, lock_credential, read_credential, with_way};
use super::create::{Created, check_names, generated_id, id_fault, insert_error};
use super::delivery_choice::{Deliver, contact_faults};
use super::field_validation::Given;
use super::start_delivery::start_delivery;
use crate::control::Sentence;
use crate::control::operations::secrets::{NewSecret, create_secret};
use crate::control::operations::text_rules::{name_fault, trimmed};
use crate::control::operations::{Invalid, OperationContext, OperationError, Outcome, Right};
use crate::control::views::{AuditState, CredentialView};
use crate::credential::{Label, PlainPassword};
use crate::store::{AuditEntry, CredentialRecord, OldStops, RecordSecret, SupersededBy, whole_millis};

/// What differs from the original.
#[derive(Debug, Default)]
pub struct Duplicate {
    /// Generated from that of the account when `None`.
    pub id: Option<Label>,
    /// That of the original when `None`.
    pub name: Option<String>,
    /// Required for Basic credentials, whose user names are unique.
    pub username: Option<String>,
    /// Password of Basic credentials; generated when `None`.
    pub chosen: Option<PlainPassword>,
    /// By default as the settings have it.
    pub deliver: Option<Deliver>,
}

/// Creates a credential with the rights and settings of another and a secret of its own. The duplicate of a disabled
/// credential is disabled.
///
/// # Errors
/// A refusal; [`Invalid`], also for rights of the original that a new credential could not have;
/// [`CredentialConflict`]; [`OperationError::Secret`].
pub async fn duplicate(
    call: &OperationContext<'_>,
    id: &str,
    how: Duplicate,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let original = read_credential(call, reach, id).await?;
    if original.owner.is_some() {
        return Err(CredentialConflict::OwnKeyDuplicate.into());
    }
    let way = Deliver::resolved(how.deliver, call, false)?;
    let mut faults = how.faults(call, &original);
    if way == Deliver::Send {
        if how.chosen.is_some() {
            faults.add("password", Sentence::PasswordOfContact);
        }
        let (email, mobile) = (original.contact_email.as_deref(), original.contact_mobile.as_deref());
        faults = faults.and(contact_faults(call, email, mobile));
    }
    let secret = match original.secret {
        RecordSecret::Token(_) => NewSecret::Token,
        RecordSecret::Password { .. } => {
            NewSecret::Password { username: how.username.unwrap_or_default(), chosen: how.chosen }
        }
    };
    faults.into_result()?;
    secret.faults().into_result()?;
    call.check_revision(original.revision)?;
    let username = match &secret {
        NewSecret::Token => None,
        NewSecret::Password { username, .. } => Some(username.as_str()),
    };
    if let Err(error) = check_names(call.store, how.id.as_ref(), username).await {
        // A parallel request with the same key may have created it.
        return call.stored_response().await?.map(Outcome::Replayed).ok_or(error);
    }
    let created = match way {
        Deliver::Show => create_secret(call, secret.validated()?).await?,
        Deliver::Send => secret.validated()?.without_secret(),
    };
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let first = lock_credential(&mut transaction, reach, id).await?;
    call.check_revision(first.revision)?;
    if first.owner.is_some() {
        return Err(CredentialConflict::OwnKeyDuplicate.into());
    }
    let stored = created.stored;
    if std::mem::discriminant(&stored) != std::mem::discriminant(&first.secret) {
        return Err(CredentialConflict::Changed.into());
    }
    inherited_rights(&first).faults(call).into_result()?;
    let new_id = how.id.unwrap_or_else(|| generated_id(&first.account));
    let (now, actor) = (whole_millis(call.now), call.actor());
    let record = CredentialRecord {
        id: new_id,
        name: trimmed(how.name).or_else(|| first.name.clone()),
        secret: stored,
        previous: None,
        hint: created.hint,
        created_at: now,
        created_by: actor.id.clone(),
        secret_made_at: now,
        handed_over_at: None,
        last_used_at: None,
        last_used_from: None,
        recent_addresses: 0,
        delivery: None,
        revision: 1,
        ..first.clone()
    };
    transaction.add_credentials(std::slice::from_ref(&record)).await.map_err(insert_error)?;
    let mut after = CredentialView::from(&record).audit_value();
    after["duplicate_of"] = first.id.as_str().into();
    let line = AuditEntry { after: Some(after.to_string()), ..entry("duplicate", &record, None, None) };
    call.record_as(&mut transaction, actor, &with_way(line, way.audited(call))).await?;
    let record = match way {
        Deliver::Show => record,
        Deliver::Send => {
            start_delivery(call, &mut transaction, &record, (OldStops::NoSecret, SupersededBy::Reset)).await?
        }
    };
    call.store_response(&mut transaction, &CredentialView::at(&record, call.now)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(Created { record, secret: created.plain }))
}

impl Duplicate {
    fn faults(&self, call: &OperationContext<'_>, of: &CredentialRecord) -> Invalid {
        let mut faults = Invalid::default();
        if let Some(fault) = self.id.as_ref().and_then(|id| id_fault(call, id)) {
            faults.add("id", fault);
        }
        if let Some(fault) = self.name.as_deref().and_then(|name| name_fault(name.trim())) {
            faults.add("name", fault);
        }
        match (of.username(), &self.username) {
            (None, Some(_)) => faults.add("username", Sentence::UsernameOfToken),
            (Some(_), None) => faults.add("username", Sentence::UsernameMissing),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if of.username().is_none() && self.chosen.is_some() {
            faults.add("password", Sentence::PasswordOfToken);
        }
        faults
    }
}

/// What the duplicate takes over and a new credential could not have.
fn inherited_rights(first: &CredentialRecord) -> Given<'_> {
    Given {
        version: first.version.as_ref(),
        scopes: first.scopes.as_deref(),
        expires_at: first.expires_at,
        ..Given::default()
    }
}
