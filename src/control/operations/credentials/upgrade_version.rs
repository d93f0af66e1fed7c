use super::change::change;
use super::fields::{Given, newest};
use crate::control::operations::{Invalid, OperationContext, OperationError};
use crate::credential::Label;
use crate::store::CredentialRecord;

/// Pins a credential to a newer version, or with `None` to the newest in service. [`edit`](super::edit::edit) can pin it
/// to an older one.
///
/// # Errors
/// A refusal, or [`Invalid`] for a version that is not configured, retired or not newer.
pub async fn upgrade_version(
    call: &OperationContext<'_>,
    id: &str,
    to: Option<&Label>,
) -> Result<CredentialRecord, OperationError> {
    let versions = call.terms.catalogs.versions;
    change(call, ("upgrade_version", id), |record| {
        let to = to.cloned().or_else(|| newest(versions, call.now));
        let Some(to) = to else {
            return Err(Invalid::one("version", "cannot be upgraded: no version is configured").into());
        };
        Given { version: Some(&to), ..Given::default() }.faults(call).into_result()?;
        // A version that is no longer configured ranks below all others.
        let has = record.version.as_ref().filter(|has| versions.rank(has.as_str()) >= versions.rank(to.as_str()));
        if let Some(has) = has {
            return Err(Invalid::one("version", format!("must be newer than its current version {has}")).into());
        }
        record.version = Some(to);
        Ok(())
    })
    .await
}
