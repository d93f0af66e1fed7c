use ipnet::IpNet;
use jiff::Timestamp;

use super::change::{CredentialConflict, entry, with_way};
use super::delivery_choice::{Deliver, contact_faults};
use super::field_validation::{Given, deduplicated, email_list, networks, newest, reserved_id_fault};
use super::start_delivery::start_delivery;
use crate::control::Sentence;
use crate::control::operations::secrets::{NewSecret, PlainSecret, create_secret};
use crate::control::operations::text_rules::{non_empty, trimmed};
use crate::control::operations::{Invalid, OperationContext, OperationError, Outcome, Right};
use crate::control::views::CredentialView;
use crate::credential::{Label, RateLimit};
use crate::store::{CredentialRecord, OldStops, Store, StoreError, SupersededBy, TakenNames, UniqueKey, whole_millis};

#[derive(Debug)]
pub struct NewCredential {
    /// Generated from that of the account when `None`.
    pub id: Option<Label>,
    pub account: Label,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Contact at the integrator.
    pub contact_email: Option<String>,
    /// Mobile number of the contact (E.164).
    pub contact_mobile: Option<String>,
    /// Further addresses that receive notices, at most [`MAX_DEVELOPER_EMAILS`](super::MAX_DEVELOPER_EMAILS).
    pub developer_emails: Vec<String>,
    pub secret: NewSecret,
    /// By default as the settings have it.
    pub deliver: Option<Deliver>,
    /// The newest version in service when `None`.
    pub version: Option<Label>,
    /// Unrestricted when `None`.
    pub scopes: Option<Vec<Label>>,
    /// Unrestricted when `None`.
    pub addresses: Option<Vec<IpNet>>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
    /// That of the settings when `None`.
    pub rate_limit: Option<RateLimit>,
}

impl NewCredential {
    pub fn new(account: Label, secret: NewSecret) -> Self {
        Self {
            id: None,
            account,
            name: None,
            description: None,
            contact_email: None,
            contact_mobile: None,
            developer_emails: Vec::new(),
            secret,
            deliver: None,
            version: None,
            scopes: None,
            addresses: None,
            expires_at: None,
            rate_limit: None,
        }
    }

    pub fn faults(&self, call: &OperationContext<'_>) -> Invalid {
        let mut faults = Invalid::default();
        if let Some(fault) = self.id.as_ref().and_then(|id| id_fault(call, id)) {
            faults.add("id", fault);
        }
        let developer_emails = email_list(&self.developer_emails);
        let given = Given {
            name: self.name.as_deref().map(str::trim),
            description: self.description.as_deref(),
            contact_email: self.contact_email.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            contact_mobile: self.contact_mobile.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            developer_emails: Some(&developer_emails),
            version: self.version.as_ref(),
            scopes: self.scopes.as_deref(),
            addresses: self.addresses.as_deref(),
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
            ..Given::default()
        };
        let (email, mobile) = (given.contact_email, given.contact_mobile);
        let mut faults = faults.and(given.faults(call)).and(self.secret.faults());
        match Deliver::resolved(self.deliver, call, false) {
            Err(invalid) => faults = faults.and(invalid),
            Ok(Deliver::Show) => {}
            Ok(Deliver::Send) => {
                if matches!(&self.secret, NewSecret::Password { chosen: Some(_), .. }) {
                    faults.add("password", Sentence::PasswordOfContact);
                }
                let contact = contact_faults(call, email, mobile).beside(&faults);
                faults = faults.and(contact);
            }
        }
        faults
    }

    /// Checks account, id and user name before the slow hash; the transaction checks them again.
    async fn check_store(&self, call: &OperationContext<'_>) -> Result<(), OperationError<CredentialConflict>> {
        if call.store.account(self.account.as_str()).await?.is_none() {
            return Err(unknown_account().into());
        }
        let username = match &self.secret {
            NewSecret::Token => None,
            NewSecret::Password { username, .. } => Some(username.as_str()),
        };
        check_names(call.store, self.id.as_ref(), username).await
    }
}

#[derive(Debug)]
pub struct Created {
    pub record: CredentialRecord,
    /// Revealed once.
    pub secret: PlainSecret,
}

/// Creates a credential.
///
/// # Errors
/// A refusal; [`Invalid`], also for an account that does not exist; [`CredentialConflict`]; [`OperationError::Secret`].
pub async fn create(
    call: &OperationContext<'_>,
    new: NewCredential,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    call.reach_granted(Right::ManageCredentials).await?.check(&new.account)?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    new.faults(call).into_result()?;
    if let Err(error) = new.check_store(call).await {
        // A parallel request with the same key may have created it.
        return call.stored_response().await?.map(Outcome::Replayed).ok_or(error);
    }
    let way = Deliver::resolved(new.deliver, call, false)?;
    let created = match way {
        Deliver::Show => create_secret(call, new.secret.validated()?).await?,
        Deliver::Send => new.secret.validated()?.without_secret(),
    };
    let id = new.id.unwrap_or_else(|| generated_id(&new.account));
    let now = whole_millis(call.now);
    let record = CredentialRecord {
        name: trimmed(new.name),
        description: non_empty(new.description),
        contact_email: non_empty(new.contact_email),
        contact_mobile: non_empty(new.contact_mobile),
        developer_emails: email_list(&new.developer_emails),
        hint: created.hint,
        version: new.version.or_else(|| newest(call.terms.catalogs.versions, now)),
        scopes: new.scopes.map(deduplicated),
        addresses: networks(&new.addresses.unwrap_or_default()),
        expires_at: new.expires_at.map(whole_millis),
        rate_limit: new.rate_limit,
        ..CredentialRecord::new(id, new.account, created.stored, now, &call.actor().id)
    };
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    transaction.add_credentials(std::slice::from_ref(&record)).await.map_err(insert_error)?;
    let line = with_way(entry("create", &record, None, Some(&record)), way.audited(call));
    call.record(&mut transaction, &line).await?;
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

/// What is wrong with a chosen id. A caller of an account chooses ids under that of the account only: so it neither takes
/// an id that another account could have, nor learns which ids others have.
pub(super) fn id_fault(call: &OperationContext<'_>, id: &Label) -> Option<Sentence> {
    if let Some(fault) = reserved_id_fault(id) {
        return Some(fault);
    }
    let account = call.caller.accounts().only()?;
    let rest = id.as_str().strip_prefix(account.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.is_none_or(str::is_empty).then(|| Sentence::IdOfOtherAccount { account: account.as_str().into() })
}

pub(super) async fn check_names(
    store: &Store,
    id: Option<&Label>,
    username: Option<&str>,
) -> Result<(), OperationError<CredentialConflict>> {
    let ids = id.into_iter().map(Label::as_str).collect();
    if !store.ids_with_names(&TakenNames { ids, ..TakenNames::default() }).await?.is_empty() {
        return Err(CredentialConflict::IdTaken.into());
    }
    let usernames = username.into_iter().collect();
    if !store.ids_with_names(&TakenNames { usernames, ..TakenNames::default() }).await?.is_empty() {
        return Err(CredentialConflict::UsernameTaken.into());
    }
    Ok(())
}

/// The id of the account, for readable logs, and random characters.
pub(super) fn generated_id(account: &Label) -> Label {
    let random: String = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(10).collect();
    let whole = format!("{account}-{random}");
    // The whole is too long for a label where the id of the account almost fills one.
    whole.parse().or_else(|_| random.parse()).unwrap_or_else(|_| account.clone())
}

pub(super) fn insert_error(error: StoreError) -> OperationError<CredentialConflict> {
    match error {
        StoreError::Taken(UniqueKey::CredentialId) => CredentialConflict::IdTaken.into(),
        StoreError::Taken(UniqueKey::CredentialUsername) => CredentialConflict::UsernameTaken.into(),
        StoreError::MissingReference => unknown_account().into(),
        other => other.into(),
    }
}

fn unknown_account() -> Invalid {
    Invalid::one("account", Sentence::NoAccount)
}
