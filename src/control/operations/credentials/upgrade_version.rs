use super::change::change;
use super::field_validation::{Given, newest};
use crate::control::Sentence;
use crate::control::operations::{Invalid, OperationContext, OperationError};
use crate::credential::Label;
use crate::store::CredentialRecord;

/// The field that a request for an older version lacks. Faults of the version itself come first.
pub const ALLOW_OLDER: &str = "allow_older";

/// Which version to pin a credential to.
#[derive(Debug, Clone, Default)]
pub struct UpgradeVersion {
    /// The newest in service when `None`.
    pub to: Option<Label>,
    /// Permits a version older than the current one, which takes newer parts of the API away from its callers.
    pub allow_older: bool,
}

/// Pins a credential to another version.
///
/// # Errors
/// A refusal, or [`Invalid`] for a version that is not configured, retired, the current one, or older without
/// [`UpgradeVersion::allow_older`].
pub async fn upgrade_version(
    call: &OperationContext<'_>,
    id: &str,
    how: &UpgradeVersion,
) -> Result<CredentialRecord, OperationError> {
    let versions = call.terms.catalogs.versions;
    change(call, ("upgrade_version", id), |record| {
        let to = how.to.clone().or_else(|| newest(versions, call.now));
        let Some(to) = to else {
            return Err(Invalid::one("version", Sentence::VersionNotUpgradable).into());
        };
        Given { version: Some(&to), ..Given::default() }.faults(call).into_result()?;
        // A version that is no longer configured ranks below all others.
        let rank = |version: &Label| versions.rank(version.as_str());
        if let Some(current) = &record.version {
            if rank(current) == rank(&to) {
                return Err(
                    Invalid::one("version", Sentence::VersionIsCurrent { version: current.as_str().into() }).into()
                );
            }
            if rank(current) > rank(&to) && !how.allow_older {
                let problem = Sentence::VersionOlder { to: to.as_str().into(), current: current.as_str().into() };
                return Err(Invalid::one(ALLOW_OLDER, problem).into());
            }
        }
        record.version = Some(to);
        Ok(())
    })
    .await
}
