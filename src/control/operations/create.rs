//! A new credential.

use ipnet::IpNet;
use jiff::Timestamp;

use super::change::{entry, whole_millis};
use super::secrets::{NewSecret, PlainSecret, SecretError, make};
use super::{Call, Refusal, Right};
use crate::credential::{Label, RateLimit, VersionCatalog};
use crate::source::formats::Catalogs;
use crate::store::{CredentialRecord, StoreError};

/// What it shall be.
#[derive(Debug)]
pub struct NewCredential {
    /// Made of the account's when there is none.
    pub id: Option<Label>,
    /// Whose it is.
    pub account: Label,
    /// Of which user, for a key of their own.
    pub owner: Option<Label>,
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
    /// The newest when there is none.
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
            owner: None,
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
    /// Its account is not there.
    #[error("no account has this id")]
    UnknownAccount,
    /// Its account, or its user.
    #[error("its account or its user does not exist")]
    UnknownOwner,
    /// Somebody has it.
    #[error("this id is taken")]
    IdTaken,
    /// Somebody has it.
    #[error("this user name is taken")]
    UsernameTaken,
    /// A text that cannot be kept.
    #[error("{field} {problem}")]
    Unfit {
        /// Which.
        field: &'static str,
        /// Why.
        problem: &'static str,
    },
    /// No such version.
    #[error("{0} is not a configured version")]
    UnknownVersion(Label),
    /// No such scope.
    #[error("{0} is not a configured scope")]
    UnknownScope(Label),
    /// It would never be let through.
    #[error("it would have expired already")]
    Expired,
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Creates a credential.
///
/// # Errors
/// Nothing has happened then.
pub async fn create(call: &Call<'_>, new: NewCredential) -> Result<Created, CreateError> {
    call.reach(Right::ManageCredentials)?.of(&new.account)?;
    let (catalogs, now) = (call.terms.catalogs, call.now);
    check(&new, now, catalogs)?;
    let version = new.version.or_else(|| newest(catalogs.versions));
    let made = make(new.secret, call.terms.format).await?;
    let id = new.id.unwrap_or_else(|| id_for(&new.account));
    let record = CredentialRecord {
        owner: new.owner,
        name: new.name,
        description: new.description,
        contact_email: new.contact_email,
        contact_mobile: new.contact_mobile,
        hint: made.hint,
        version,
        scopes: new.scopes.map(once_each),
        addresses: once_each(new.addresses.iter().map(IpNet::trunc).collect()),
        expires_at: new.expires_at.map(whole_millis),
        rate_limit: new.rate_limit,
        ..CredentialRecord::new(id, new.account, made.stored, whole_millis(now), &call.actor().id)
    };
    let mut transaction = call.store.begin(now).await?;
    if transaction.account(record.account.as_str()).await?.is_none() {
        return Err(CreateError::UnknownAccount);
    }
    transaction.add_credentials(std::slice::from_ref(&record)).await?;
    transaction.audit(call.actor(), &entry("create", &record, None, Some(&record))).await?;
    transaction.commit().await?;
    Ok(Created { record, secret: made.plain })
}

fn check(new: &NewCredential, now: Timestamp, catalogs: Catalogs) -> Result<(), CreateError> {
    let texts = [("name", &new.name), ("description", &new.description), ("contact_email", &new.contact_email)];
    for (field, text) in texts {
        let is_line_end = |letter: char| field == "description" && matches!(letter, '\n' | '\r' | '\t');
        if text.as_ref().is_some_and(|text| text.chars().any(|letter| letter.is_control() && !is_line_end(letter))) {
            return Err(CreateError::Unfit { field, problem: "holds control characters" });
        }
    }
    if new.contact_mobile.as_deref().is_some_and(|number| !is_e164(number)) {
        let problem = "must be a + and up to 15 digits, such as +441632960961 (E.164)";
        return Err(CreateError::Unfit { field: "contact_mobile", problem });
    }
    if let Some(version) = new.version.as_ref().filter(|version| catalogs.versions.rank(version.as_str()).is_none()) {
        return Err(CreateError::UnknownVersion(version.clone()));
    }
    let mut scopes = new.scopes.iter().flatten();
    if let Some(scope) = scopes.find(|scope| !catalogs.scopes.contains(scope.as_str())) {
        return Err(CreateError::UnknownScope(scope.clone()));
    }
    if new.rate_limit.is_some_and(|rate| !rate.is_countable()) {
        let problem = "would take more than a hundred years to be whole again";
        return Err(CreateError::Unfit { field: "rate_limit", problem });
    }
    if new.expires_at.is_some_and(|end| end <= now) { Err(CreateError::Expired) } else { Ok(()) }
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0')
}

fn newest(versions: &VersionCatalog) -> Option<Label> {
    versions.known.last().map(|version| version.name.clone())
}

fn once_each<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// Its account's, so that a log can be read, and something that no other one has.
fn id_for(account: &Label) -> Label {
    let random: String = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(10).collect();
    let whole = format!("{account}-{random}");
    // Longer than a label may be where the account's is almost that.
    whole.parse().or_else(|_| random.parse()).unwrap_or_else(|_| account.clone())
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken("the id") => Self::IdTaken,
            StoreError::Taken("the user name") => Self::UsernameTaken,
            StoreError::Dangling => Self::UnknownOwner,
            other => Self::Store(other),
        }
    }
}
