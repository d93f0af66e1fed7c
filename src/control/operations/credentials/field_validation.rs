//! Validation of the fields of a credential: one response names every fault.

use ipnet::IpNet;
use jiff::Timestamp;

use super::delivery_choice::country_fault;
use crate::control::Sentence;
use crate::control::operations::contact_validation::{email_fault, mobile_fault};
use crate::control::operations::text_rules::{description_fault, name_fault};
use crate::control::operations::{Invalid, OperationContext};
use crate::credential::{Label, RateLimit, Version, VersionCatalog};
use crate::store::CredentialRecord;

pub const MAX_SCOPES: usize = 100;
pub const MAX_ADDRESSES: usize = 200;
pub const MAX_DEVELOPER_EMAILS: usize = 5;
/// Prefix of the id of an own key; the id of the user follows.
pub(super) const OWN_KEY_PREFIX: &str = "own-";

/// Fields of a new credential, or those that change.
#[derive(Debug, Default)]
pub(super) struct Given<'g> {
    pub(super) name: Option<&'g str>,
    pub(super) description: Option<&'g str>,
    pub(super) contact_email: Option<&'g str>,
    pub(super) contact_mobile: Option<&'g str>,
    /// `None` where they do not change.
    pub(super) developer_emails: Option<&'g [String]>,
    pub(super) disabled_reason: Option<&'g str>,
    pub(super) version: Option<&'g Label>,
    pub(super) scopes: Option<&'g [Label]>,
    /// `None` where it is unrestricted, or does not change.
    pub(super) addresses: Option<&'g [IpNet]>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) rate_limit: Option<RateLimit>,
}

impl<'g> Given<'g> {
    /// What differs from the record before; everything of a new one.
    pub(super) fn changed(before: Option<&CredentialRecord>, after: &'g CredentialRecord) -> Self {
        let text =
            |field: fn(&CredentialRecord) -> &Option<String>| changed_field(before, after, field).map(String::as_str);
        let has_addresses = !after.addresses.is_empty();
        let keeps_emails = before.is_some_and(|before| before.developer_emails == after.developer_emails);
        let keeps_addresses = before.is_some_and(|before| before.addresses == after.addresses);
        Self {
            name: text(|record| &record.name),
            description: text(|record| &record.description),
            contact_email: text(|record| &record.contact_email),
            contact_mobile: text(|record| &record.contact_mobile),
            developer_emails: (!keeps_emails).then_some(after.developer_emails.as_slice()),
            disabled_reason: text(|record| &record.disabled_reason),
            version: changed_field(before, after, |record| &record.version),
            scopes: changed_field(before, after, |record| &record.scopes).map(Vec::as_slice),
            addresses: (has_addresses && !keeps_addresses).then_some(after.addresses.as_slice()),
            expires_at: changed_field(before, after, |record| &record.expires_at).copied(),
            rate_limit: changed_field(before, after, |record| &record.rate_limit).copied(),
        }
    }

    pub(super) fn faults(&self, call: &OperationContext<'_>) -> Invalid {
        let mut faults = self.text_faults();
        if let Some(fault) = self.version.and_then(|version| version_fault(call, version)) {
            faults.add("version", fault);
        }
        let known = call.terms.catalogs.scopes;
        for scope in self.scopes.unwrap_or_default().iter().filter(|scope| !known.contains(scope.as_str())) {
            faults.add("scopes", Sentence::ScopeUnknown { scope: scope.as_str().into() });
        }
        if let Some(fault) = self.contact_mobile.and_then(|mobile| country_fault(call, mobile)) {
            let country = Invalid::one("contact_mobile", fault);
            faults = Invalid(country.beside(&faults).0.into_iter().chain(faults.0).collect());
        }
        faults = faults.and(self.list_faults());
        for (field, is_empty) in [
            ("scopes", self.scopes.is_some_and(<[Label]>::is_empty)),
            ("addresses", self.addresses.is_some_and(<[IpNet]>::is_empty)),
        ] {
            if is_empty {
                // It must neither lift a restriction nor shut a credential out by accident.
                faults.add(field, Sentence::EmptyRestriction);
            }
        }
        if self.expires_at.is_some_and(|end| end <= call.now) {
            faults.add("expires_at", Sentence::NotInFuture);
        }
        if self.rate_limit.is_some_and(|rate| !rate.is_countable()) {
            faults.add("rate_limit", Sentence::RateUncountable);
        }
        faults
    }

    /// The faults of texts.
    pub(super) fn text_faults(&self) -> Invalid {
        let mut faults = Invalid::default();
        let texts = [
            ("name", self.name.and_then(name_fault)),
            ("description", self.description.and_then(description_fault)),
            ("contact_email", self.contact_email.and_then(email_fault)),
            ("contact_mobile", self.contact_mobile.and_then(mobile_fault)),
            ("disabled_reason", self.disabled_reason.and_then(description_fault)),
        ];
        for (field, fault) in texts {
            fault.into_iter().for_each(|fault| faults.add(field, fault));
        }
        for (index, email) in self.developer_emails.unwrap_or_default().iter().enumerate() {
            if let Some(fault) = email_fault(email) {
                let fault = Sentence::DeveloperEmail { number: (index + 1).into(), fault: fault.into() };
                faults.add("developer_emails", fault);
            }
        }
        faults
    }

    /// The faults of lists that are too long.
    pub(super) fn list_faults(&self) -> Invalid {
        let mut faults = Invalid::default();
        for (field, count, max) in [
            ("scopes", self.scopes.map_or(0, <[Label]>::len), MAX_SCOPES),
            ("addresses", self.addresses.map_or(0, <[IpNet]>::len), MAX_ADDRESSES),
            ("developer_emails", self.developer_emails.map_or(0, <[String]>::len), MAX_DEVELOPER_EMAILS),
        ] {
            if count > max {
                faults.add(field, Sentence::TooMany { max: max.into() });
            }
        }
        faults
    }
}

fn changed_field<'g, T: PartialEq>(
    before: Option<&CredentialRecord>,
    after: &'g CredentialRecord,
    field: impl Fn(&CredentialRecord) -> &Option<T>,
) -> Option<&'g T> {
    let is_kept = before.is_some_and(|before| field(before) == field(after));
    field(after).as_ref().filter(|_| !is_kept)
}

/// What is wrong with a version that a credential is to be pinned to.
fn version_fault(call: &OperationContext<'_>, name: &Label) -> Option<Sentence> {
    let versions = call.terms.catalogs.versions;
    let Some(version) = versions.known.iter().find(|version| version.name == *name) else {
        let known: Vec<&str> = versions.known.iter().map(|version| version.name.as_str()).collect();
        let known = match known.as_slice() {
            [] => Sentence::VersionsNone,
            known => Sentence::VersionsKnown { names: known.join(", ").into() },
        };
        return Some(Sentence::VersionUnknown { name: name.as_str().into(), known: known.into() });
    };
    version.is_retired(call.now).then(|| Sentence::VersionRetired { name: name.as_str().into() })
}

/// What is wrong with an id that a caller chooses for a credential.
pub(super) fn reserved_id_fault(id: &Label) -> Option<Sentence> {
    let is_reserved = id.as_str().starts_with(OWN_KEY_PREFIX);
    is_reserved.then(|| Sentence::IdReserved { prefix: OWN_KEY_PREFIX.into() })
}

/// The version of new credentials: the newest in service.
pub(super) fn newest(versions: &VersionCatalog, now: Timestamp) -> Option<Label> {
    let in_service = |version: &&Version| !version.is_retired(now);
    versions.known.iter().rev().find(in_service).or(versions.known.last()).map(|version| version.name.clone())
}

pub(super) fn deduplicated<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// Trimmed, each once: the domain, and in practice the rest too, does not depend on case.
pub(super) fn email_list(emails: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(emails.len());
    for email in emails.iter().map(|email| email.trim()) {
        if !kept.iter().any(|other| other.eq_ignore_ascii_case(email)) {
            kept.push(email.to_owned());
        }
    }
    kept
}

/// Networks with their host bits cleared.
pub(super) fn networks(addresses: &[IpNet]) -> Vec<IpNet> {
    deduplicated(addresses.iter().map(IpNet::trunc).collect())
}
