//! Why the gate would refuse every request with a credential, whatever its secret.

use crate::control::operations::OperationContext;
use crate::store::CredentialRecord;

pub(super) const ACCESS_OFF: &str = "the account has API access switched off";

/// Why the gate refuses every request with this credential for its version.
pub(super) fn unserved_version(call: &OperationContext<'_>, record: &CredentialRecord) -> Option<&'static str> {
    let known = &call.terms.catalogs.versions.known;
    let Some(pin) = &record.version else {
        return (!known.is_empty()).then_some("it has no version; upgrade it first");
    };
    match known.iter().find(|version| version.name == *pin) {
        _ if known.is_empty() => None,
        None => Some("its version is not configured; upgrade it first"),
        Some(version) => version.is_retired(call.now).then_some("its version is retired; upgrade it first"),
    }
}
