//! What all changes of one operator token have in common.

use crate::control::operations::{AccountScope, NotFound, OperationContext, Refusal};
use crate::control::views::{AuditState, OperatorTokenView};
use crate::credential::Label;
use crate::store::{AuditEntry, OperatorTokenRecord, StoreError, Transaction};

/// Why an operator token is as before.
#[derive(Debug, thiserror::Error)]
pub enum ChangeOperatorTokenError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The operator token, kept from being changed by others, as the caller has seen it.
pub(super) async fn find(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    transaction: &mut Transaction,
    id: &Label,
) -> Result<OperatorTokenRecord, ChangeOperatorTokenError> {
    let found = transaction.operator_token(id.as_str()).await?;
    let found = found.filter(|token| reach.covers_all_of(token.account.as_ref()));
    let token = found.ok_or(Refusal::from(NotFound("operator token")))?;
    call.expects(token.revision)?;
    Ok(token)
}

/// A line of the audit about an operator token.
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
