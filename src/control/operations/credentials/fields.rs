//! Validation of the fields of a credential: one response names every fault.

use ipnet::IpNet;
use jiff::Timestamp;

use crate::control::operations::contact_validation::{email_fault, mobile_fault};
use crate::control::operations::text_rules::{description_fault, name_fault};
use crate::control::operations::{Invalid, OperationContext};
use crate::credential::{Label, RateLimit, Version, VersionCatalog};

pub const MAX_SCOPES: usize = 100;
pub const MAX_ADDRESSES: usize = 200;
/// Prefix of the id of an own key; the id of the user follows.
pub(super) const OWN_KEY_PREFIX: &str = "own-";

/// An emptied list must neither lift a restriction nor shut a credential out by accident.
pub(in crate::control) const EMPTY_LIST: &str =
    "must not be empty; leave it out, or remove it with null, to lift the restriction";

/// Fields of a new credential, or those that change.
#[derive(Debug, Default)]
pub(super) struct Given<'g> {
    pub(super) name: Option<&'g str>,
    pub(super) description: Option<&'g str>,
    pub(super) contact_email: Option<&'g str>,
    pub(super) contact_mobile: Option<&'g str>,
    pub(super) version: Option<&'g Label>,
    pub(super) scopes: Option<&'g [Label]>,
    pub(super) addresses: &'g [IpNet],
    pub(super) expires_at: Option<Timestamp>,
    pub(super) rate_limit: Option<RateLimit>,
}

impl Given<'_> {
    pub(super) fn faults(&self, call: &OperationContext<'_>) -> Invalid {
        let mut faults = Invalid::default();
        let texts = [
            ("name", self.name.and_then(name_fault)),
            ("description", self.description.and_then(description_fault)),
            ("contact_email", self.contact_email.and_then(email_fault)),
            ("contact_mobile", self.contact_mobile.and_then(mobile_fault)),
        ];
        for (field, fault) in texts {
            fault.into_iter().for_each(|fault| faults.add(field, fault));
        }
        if let Some(fault) = self.version.and_then(|version| version_fault(call, version)) {
            faults.add("version", fault);
        }
        if self.scopes.is_some_and(<[Label]>::is_empty) {
            faults.add("scopes", EMPTY_LIST);
        }
        let known = call.terms.catalogs.scopes;
        for scope in self.scopes.unwrap_or_default().iter().filter(|scope| !known.contains(scope.as_str())) {
            faults.add("scopes", format!("name {scope}, which is not a configured scope"));
        }
        if self.addresses.len() > MAX_ADDRESSES {
            faults.add("addresses", format!("are more than {MAX_ADDRESSES}"));
        }
        if self.expires_at.is_some_and(|end| end <= call.now) {
            faults.add("expires_at", "must be in the future");
        }
        if self.rate_limit.is_some_and(|rate| !rate.is_countable()) {
            faults.add("rate_limit", "would take more than a hundred years to refill");
        }
        faults
    }
}

/// What is wrong with a version that a credential is to be pinned to.
fn version_fault(call: &OperationContext<'_>, name: &Label) -> Option<String> {
    let versions = call.terms.catalogs.versions;
    let Some(version) = versions.known.iter().find(|version| version.name == *name) else {
        return Some(format!("must be a configured version, and {name} is not"));
    };
    version.is_retired(call.now).then(|| format!("must be in service, and {name} is retired"))
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

/// Networks with their host bits cleared.
pub(super) fn networks(addresses: &[IpNet]) -> Vec<IpNet> {
    deduplicated(addresses.iter().map(IpNet::trunc).collect())
}
