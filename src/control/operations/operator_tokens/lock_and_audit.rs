use crate::control::operations::{AccountScope, NotFound, OperationContext, OperationError, OperationRefusal};
use crate::control::views::{AuditState, OperatorTokenView};
use crate::credential::Label;
use crate::store::{AuditEntry, OperatorTokenRecord, Transaction};

/// Reads and locks an operator token, and checks the expected revision.
pub(super) async fn lock_operator_token(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    id: &Label,
) -> Result<OperatorTokenRecord, OperationError> {
    let found = transaction.operator_token(id.as_str()).await?;
    let found = found.filter(|token| reach.covers_owner(token.account.as_ref()));
    let token = found.ok_or(OperationRefusal::from(NotFound("operator token")))?;
    call.check_revision(token.revision)?;
    Ok(token)
}

pub(super) fn entry(
    verb: &'static str,
    of: &OperatorTokenRecord,
    before: Option<&OperatorTokenRecord>,
    after: Option<&OperatorTokenRecord>,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: of.account.as_ref().map(Label::to_string),
        target_kind: "operator_token",
        target: of.id.to_string(),
        before: before.map(|record| OperatorTokenView::from(record).audit_state()),
        after: after.map(|record| OperatorTokenView::from(record).audit_state()),
    }
}
