//! Why the gate would refuse every request with a credential, whatever its secret.

use crate::control::Sentence;
use crate::control::operations::OperationContext;
use crate::store::CredentialRecord;

/// Why the gate refuses every request with this credential for its version.
pub(super) fn unserved_version(call: &OperationContext<'_>, record: &CredentialRecord) -> Option<Sentence> {
    let known = &call.terms.catalogs.versions.known;
    let Some(pin) = &record.version else {
        return (!known.is_empty()).then_some(Sentence::VersionMissing);
    };
    match known.iter().find(|version| version.name == *pin) {
        _ if known.is_empty() => None,
        None => Some(Sentence::VersionNotConfigured),
        Some(version) => version.is_retired(call.now).then_some(Sentence::VersionIsRetired),
    }
}
