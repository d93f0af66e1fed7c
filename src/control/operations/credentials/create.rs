//! A new credential.

use ipnet::IpNet;
use jiff::Timestamp;

use super::change::entry;
use super::fields::{Given, networks, newest, once_each};
use super::own_key::PREFIX;
use crate::control::operations::secrets::{NewSecret, NoSecret, PlainSecret, make};
use crate::control::operations::text_rules::{filled, trimmed};
use crate::control::operations::{Invalid, Once, OperationContext, Refusal, Right};
use crate::control::views::CredentialView;
use crate::credential::{Label, RateLimit};
use crate::store::{CredentialRecord, Store, StoreError, TakenNames, UniqueKey, whole_millis};

/// What it shall be.
#[derive(Debug)]
pub struct NewCredential {
    /// Made of the account's when there is none.
    pub id: Option<Label>,
    /// Whose it is.
    pub account: Label,
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// The person at the integrator.
    pub contact_email: Option<String>,
    /// Their mobile, as E.164.
    pub contact_mobile: Option<String>,
    /// What it is recognised by.
    pub secret: NewSecret,
    /// The newest in service when there is none.
    pub version: Option<Label>,
    /// What it may call; `None` means everything.
    pub scopes: Option<Vec<Label>>,
    /// Where it may be used from; empty means anywhere.
    pub addresses: Vec<IpNet>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used; `None` means as the settings say.
    pub rate_limit: Option<RateLimit>,
}

impl NewCredential {
    /// With nothing but what it needs: its id is made up, its version is the newest, and it has no bound.
    pub fn new(account: Label, secret: NewSecret) -> Self {
        Self {
            id: None,
            account,
            name: None,
            description: None,
            contact_email: None,
            contact_mobile: None,
            secret,
            version: None,
            scopes: None,
            addresses: Vec::new(),
            expires_at: None,
            rate_limit: None,
        }
    }

    /// Everything that is wrong with it, for whoever has found other faults already.
    pub fn faults(&self, call: &OperationContext<'_>) -> Invalid {
        let mut faults = Invalid::default();
        if let Some(fault) = self.id.as_ref().and_then(|id| fault_of_id(call, id)) {
            faults.add("id", fault);
        }
        let given = Given {
            name: self.name.as_deref().map(str::trim),
            description: self.description.as_deref(),
            contact_email: self.contact_email.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            contact_mobile: self.contact_mobile.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            version: self.version.as_ref(),
            scopes: self.scopes.as_deref(),
            addresses: &self.addresses,
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
        };
        faults.and(given.faults(call)).and(self.secret.faults())
    }

    /// Whether it could be written just now: what cannot be is not worth a hash.
    async fn look(&self, call: &OperationContext<'_>) -> Result<(), CreateError> {
        if call.store.account(self.account.as_str()).await?.is_none() {
            return Err(CreateError::UnknownAccount);
        }
        let username = match &self.secret {
            NewSecret::Token => None,
            NewSecret::Password { username, .. } => Some(username.as_str()),
        };
        names_are_free(call.store, self.id.as_ref(), username).await
    }
}

/// What has become of it.
#[derive(Debug)]
pub struct Created {
    /// As it is kept.
    pub record: CredentialRecord,
    /// Seen once.
    pub secret: PlainSecret,
}

/// Why there is no new credential.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Fields that cannot stay as they are.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Its account is not there.
    #[error("no account has this id")]
    UnknownAccount,
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

/// Creates a credential.
///
/// # Errors
/// Nothing has happened then.
pub async fn create(call: &OperationContext<'_>, new: NewCredential) -> Result<Once<Created>, CreateError> {
    call.reach_granted::<CreateError>(Right::ManageCredentials).await?.of(&new.account)?;
    if let Some(answer) = call.answered::<CreateError>().await? {
        return Ok(Once::Repeated(answer));
    }
    new.faults(call).into_result()?;
    if let Err(error) = new.look(call).await {
        // By the same call, a moment ago.
        return call.answered::<CreateError>().await?.map(Once::Repeated).ok_or(error);
    }
    let made = make(new.secret.fit()?, call.terms.format).await?;
    let id = new.id.unwrap_or_else(|| id_for(&new.account));
    let now = whole_millis(call.now);
    let record = CredentialRecord {
        name: trimmed(new.name),
        description: filled(new.description),
        contact_email: filled(new.contact_email),
        contact_mobile: filled(new.contact_mobile),
        hint: made.hint,
        version: new.version.or_else(|| newest(call.terms.catalogs.versions, now)),
        scopes: new.scopes.map(once_each),
        addresses: networks(&new.addresses),
        expires_at: new.expires_at.map(whole_millis),
        rate_limit: new.rate_limit,
        ..CredentialRecord::new(id, new.account, made.stored, now, &call.actor().id)
    };
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<CreateError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    transaction.add_credentials(std::slice::from_ref(&record)).await?;
    transaction.audit(call.actor(), &entry("create", &record, None, Some(&record))).await?;
    call.remember(&mut transaction, &CredentialView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(Created { record, secret: made.plain }))
}

/// What is wrong with an id that was chosen. Whoever is of an account takes none that another one could have, and is
/// not told which others have.
pub(super) fn fault_of_id(call: &OperationContext<'_>, id: &Label) -> Option<String> {
    if id.as_str().starts_with(PREFIX) {
        return Some(format!("must not begin with {PREFIX}, as users' own keys do"));
    }
    let account = call.caller.accounts().only()?;
    let rest = id.as_str().strip_prefix(account.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.is_none_or(str::is_empty).then(|| format!("must begin with {account}- and go on"))
}

/// Whether nobody has this id or this user name just now.
pub(super) async fn names_are_free(
    store: &Store,
    id: Option<&Label>,
    username: Option<&str>,
) -> Result<(), CreateError> {
    let ids = id.into_iter().map(Label::as_str).collect();
    if !store.ids_with_names(&TakenNames { ids, ..TakenNames::default() }).await?.is_empty() {
        return Err(CreateError::IdTaken);
    }
    let usernames = username.into_iter().collect();
    if !store.ids_with_names(&TakenNames { usernames, ..TakenNames::default() }).await?.is_empty() {
        return Err(CreateError::UsernameTaken);
    }
    Ok(())
}

/// Its account's, so that a log can be read, and something that no other one has.
pub(super) fn id_for(account: &Label) -> Label {
    let random: String = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(10).collect();
    let whole = format!("{account}-{random}");
    // Longer than a label may be where the account's is almost that.
    whole.parse().or_else(|_| random.parse()).unwrap_or_else(|_| account.clone())
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::CredentialId) => Self::IdTaken,
            StoreError::Taken(UniqueKey::CredentialUsername) => Self::UsernameTaken,
            StoreError::MissingReference => Self::UnknownAccount,
            other => Self::Store(other),
        }
    }
}
