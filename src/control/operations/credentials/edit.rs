//! Changing what a credential is called, who looks after it and what it may do; never its secret.

use ipnet::IpNet;
use jiff::Timestamp;

use super::change::change;
use super::fields::{Given, networks, once_each};
use crate::control::operations::text_rules::{filled, trimmed};
use crate::control::operations::{Invalid, OperationContext, Refusal};
use crate::credential::{Label, RateLimit};
use crate::store::{CredentialRecord, PreviousSecret, StoreError, whole_millis};

/// What is said of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays.
    #[default]
    Nothing,
    /// It goes (`null`).
    Gone,
    /// It is this from now on.
    Now(T),
}

/// What shall be different.
#[derive(Debug, Default)]
pub struct Edit {
    /// For people.
    pub name: Patch<String>,
    /// For people.
    pub description: Patch<String>,
    /// The person at the integrator.
    pub contact_email: Patch<String>,
    /// Their mobile, as E.164.
    pub contact_mobile: Patch<String>,
    /// The API version it is pinned to.
    pub version: Patch<Label>,
    /// What it may call; gone, everything.
    pub scopes: Patch<Vec<Label>>,
    /// Where it may be used from; gone, anywhere.
    pub addresses: Patch<Vec<IpNet>>,
    /// Refused from this moment on; gone, never.
    pub expires_at: Patch<Timestamp>,
    /// How often it may be used; gone, as the settings say.
    pub rate_limit: Patch<RateLimit>,
}

/// Why it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Fields that cannot be so.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes what is said. What stays as it is need not be what a new one could be.
///
/// # Errors
/// Nothing has happened then.
pub async fn edit(call: &OperationContext<'_>, id: &str, edit: Edit) -> Result<CredentialRecord, EditError> {
    change(call, ("edit", id), |record| {
        let before = record.clone();
        edit.make(record);
        faults(call, &before, record).into_result()?;
        end_with_it(record);
        Ok(())
    })
    .await
}

impl Edit {
    fn make(self, record: &mut CredentialRecord) {
        self.name.map(|name| trimmed(Some(name))).change(&mut record.name);
        self.description.map(|text| filled(Some(text))).change(&mut record.description);
        self.contact_email.map(|text| filled(Some(text))).change(&mut record.contact_email);
        self.contact_mobile.map(|text| filled(Some(text))).change(&mut record.contact_mobile);
        self.version.map(Some).change(&mut record.version);
        self.scopes.map(|scopes| Some(once_each(scopes))).change(&mut record.scopes);
        self.addresses.map(|addresses| networks(&addresses)).change(&mut record.addresses);
        self.expires_at.map(|end| Some(whole_millis(end))).change(&mut record.expires_at);
        self.rate_limit.map(Some).change(&mut record.rate_limit);
    }
}

fn faults(call: &OperationContext<'_>, before: &CredentialRecord, after: &CredentialRecord) -> Invalid {
    let given = Given {
        name: changed(&before.name, &after.name).as_deref(),
        description: changed(&before.description, &after.description).as_deref(),
        contact_email: changed(&before.contact_email, &after.contact_email).as_deref(),
        contact_mobile: changed(&before.contact_mobile, &after.contact_mobile).as_deref(),
        version: changed(&before.version, &after.version).as_ref(),
        scopes: changed(&before.scopes, &after.scopes).as_deref(),
        addresses: if before.addresses == after.addresses { &[] } else { &after.addresses },
        expires_at: *changed(&before.expires_at, &after.expires_at),
        rate_limit: *changed(&before.rate_limit, &after.rate_limit),
    };
    let mut faults = given.faults(call);
    let has_versions = !call.terms.catalogs.versions.known.is_empty();
    if before.version.is_some() && after.version.is_none() && has_versions {
        faults.add("version", "must not be taken away, as there are versions");
    }
    faults
}

/// What it is now, if it was something else.
fn changed<'r, T: PartialEq>(before: &Option<T>, after: &'r Option<T>) -> &'r Option<T> {
    if before == after { &None } else { after }
}

/// A secret from before a reset does not outlive its credential.
fn end_with_it(record: &mut CredentialRecord) {
    let Some(end) = record.expires_at else { return };
    match &mut record.previous {
        Some(PreviousSecret::Token { ends_at, .. } | PreviousSecret::Password { ends_at, .. }) => {
            *ends_at = end.min(*ends_at);
        }
        None => {}
    }
}

impl<T> Patch<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Nothing => Patch::Nothing,
            Self::Gone => Patch::Gone,
            Self::Now(value) => Patch::Now(make(value)),
        }
    }
}

impl<T: Default> Patch<T> {
    fn change(self, place: &mut T) {
        match self {
            Self::Nothing => {}
            Self::Gone => *place = T::default(),
            Self::Now(value) => *place = value,
        }
    }
}

impl<T> From<Option<Option<T>>> for Patch<T> {
    /// As a field that is left out, is `null` or has a value.
    fn from(field: Option<Option<T>>) -> Self {
        match field {
            None => Self::Nothing,
            Some(None) => Self::Gone,
            Some(Some(value)) => Self::Now(value),
        }
    }
}
