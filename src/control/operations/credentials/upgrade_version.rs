//! Pinning a credential to a newer version of the API.

use super::change::change;
use super::fields::{Given, newest};
use crate::control::operations::{Invalid, OperationContext, Refusal};
use crate::credential::Label;
use crate::store::{CredentialRecord, StoreError};

/// Why it has the version it had.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeVersionError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not a version, not in service, or not newer.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pins a credential to a newer version; to the newest in service when none is named. An edit can pin it to an
/// older one.
///
/// # Errors
/// Nothing has happened then.
pub async fn upgrade_version(
    call: &OperationContext<'_>,
    id: &str,
    to: Option<&Label>,
) -> Result<CredentialRecord, UpgradeVersionError> {
    let versions = call.terms.catalogs.versions;
    change(call, ("upgrade_version", id), |record| {
        let to = to.cloned().or_else(|| newest(versions, call.now));
        let Some(to) = to else { return Err(Invalid::one("version", "cannot be upgraded: none is configured").into()) };
        Given { version: Some(&to), ..Given::default() }.faults(call).into_result()?;
        // One that is not known any more is older than all.
        let has = record.version.as_ref().filter(|has| versions.rank(has.as_str()) >= versions.rank(to.as_str()));
        if let Some(has) = has {
            return Err(Invalid::one("version", format!("must be newer than {has}, which it has")).into());
        }
        record.version = Some(to);
        Ok(())
    })
    .await
}
