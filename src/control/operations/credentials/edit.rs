use ipnet::IpNet;
use jiff::Timestamp;

use super::change::change;
use super::field_validation::{Given, deduplicated, email_list, networks};
use crate::control::Sentence;
use crate::control::operations::text_rules::{non_empty, trimmed};
use crate::control::operations::{Invalid, OperationContext, OperationError, Patch};
use crate::credential::{Label, RateLimit, Restriction, Restrictions};
use crate::store::{CredentialRecord, PreviousSecret, whole_millis};

/// Fields of a credential to change.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub name: Patch<String>,
    pub description: Patch<String>,
    pub contact_email: Patch<String>,
    pub contact_mobile: Patch<String>,
    pub developer_emails: Patch<Vec<String>>,
    /// Cannot be cleared where versions are configured.
    pub version: Patch<Label>,
    /// Cleared: unrestricted.
    pub scopes: Patch<Vec<Label>>,
    /// Cleared: unrestricted.
    pub addresses: Patch<Vec<IpNet>>,
    /// Cleared: never.
    pub expires_at: Patch<Timestamp>,
    /// Cleared: that of the settings.
    pub rate_limit: Patch<RateLimit>,
}

/// Changes fields of a credential, never its secret. Fields that keep their value are not validated again.
///
/// # Errors
/// A refusal, or [`Invalid`].
pub async fn edit(call: &OperationContext<'_>, id: &str, edit: Edit) -> Result<CredentialRecord, OperationError> {
    change(call, ("edit", id), |record| {
        let before = record.clone();
        let has_no_address = matches!(&edit.addresses, Patch::Set(addresses) if addresses.is_empty());
        edit.apply(record);
        let mut faults = faults(call, &before, record);
        if has_no_address {
            faults.add("addresses", Sentence::EmptyRestriction);
        }
        faults.into_result()?;
        bound_overlap(record);
        Ok(())
    })
    .await
}

impl Edit {
    /// The fields by which the credential may refuse requests afterwards that it admits now. A caller confirms these
    /// before the edit.
    pub fn narrowed_fields(&self, before: &CredentialRecord) -> Vec<Restriction> {
        Restrictions::from(before).narrowed_fields(&Restrictions::from(&self.applied_to(before)))
    }

    /// The credential as it is after the edit.
    pub fn applied_to(&self, before: &CredentialRecord) -> CredentialRecord {
        let mut after = before.clone();
        self.clone().apply(&mut after);
        after
    }

    fn apply(self, record: &mut CredentialRecord) {
        self.name.map(|name| trimmed(Some(name))).apply(&mut record.name);
        self.description.map(|text| non_empty(Some(text))).apply(&mut record.description);
        self.contact_email.map(|text| non_empty(Some(text))).apply(&mut record.contact_email);
        self.contact_mobile.map(|text| non_empty(Some(text))).apply(&mut record.contact_mobile);
        self.developer_emails.map(|emails| email_list(&emails)).apply(&mut record.developer_emails);
        self.version.map(Some).apply(&mut record.version);
        self.scopes.map(|scopes| Some(deduplicated(scopes))).apply(&mut record.scopes);
        self.addresses.map(|addresses| networks(&addresses)).apply(&mut record.addresses);
        self.expires_at.map(|end| Some(whole_millis(end))).apply(&mut record.expires_at);
        self.rate_limit.map(Some).apply(&mut record.rate_limit);
    }
}

fn faults(call: &OperationContext<'_>, before: &CredentialRecord, after: &CredentialRecord) -> Invalid {
    let mut faults = Given::changed(Some(before), after).faults(call);
    let has_versions = !call.terms.catalogs.versions.known.is_empty();
    if before.version.is_some() && after.version.is_none() && has_versions {
        faults.add("version", Sentence::VersionKept);
    }
    faults
}

/// A previous secret does not outlive its credential.
fn bound_overlap(record: &mut CredentialRecord) {
    let Some(end) = record.expires_at else { return };
    match &mut record.previous {
        Some(PreviousSecret::Token { ends_at, .. } | PreviousSecret::Password { ends_at, .. }) => {
            *ends_at = end.min(*ends_at);
        }
        None => {}
    }
}
