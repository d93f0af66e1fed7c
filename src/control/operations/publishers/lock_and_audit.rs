use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Right};
use crate::control::views::{AuditState, PublisherView};
use crate::credential::Label;
use crate::store::{AuditEntry, PublisherRecord, Transaction};

/// Reads and locks a publisher, and checks the expected revision.
pub(super) async fn lock_publisher(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    id: &Label,
) -> Result<PublisherRecord, OperationError> {
    let found = transaction.publisher(id.as_str()).await?;
    let publisher = found.ok_or(OperationRefusal::from(NotFound("publisher")))?;
    call.check_revision(publisher.revision)?;
    Ok(publisher)
}

/// # Errors
/// [`OperationRefusal::Forbidden`]; [`NotFound`] where webhooks are not configured.
pub(super) fn check_right(call: &OperationContext<'_>) -> Result<(), OperationRefusal> {
    call.reach(Right::ManagePublishers)?;
    if call.terms.webhooks.is_none() {
        return Err(NotFound("publisher").into());
    }
    Ok(())
}

pub(super) fn entry(
    verb: &'static str,
    of: &PublisherRecord,
    before: Option<&PublisherRecord>,
    after: Option<&PublisherRecord>,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: of.account.as_ref().map(Label::to_string),
        target_kind: "publisher",
        target: of.id.to_string(),
        before: before.map(|record| PublisherView::from(record).audit_state()),
        after: after.map(|record| PublisherView::from(record).audit_state()),
    }
}
