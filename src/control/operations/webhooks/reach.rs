//! Which webhooks a caller may see, and which of them they may change.

use crate::control::operations::credentials::holder;
use crate::control::operations::{AccountScope, NotFound, OperationContext, OperationError, OperationRefusal, Right};
use crate::credential::Label;
use crate::store::WebhookRecord;

/// Of a caller who sees some webhooks.
#[derive(Debug, Clone)]
pub(super) struct WebhookReach<'c> {
    pub(super) accounts: AccountScope<'c>,
    /// Members see those of their own key alone, which has this id.
    pub(super) credential: Option<Label>,
}

impl WebhookReach<'_> {
    pub(super) fn covers(&self, record: &WebhookRecord) -> bool {
        self.covers_credential(&record.account, &record.credential)
    }

    pub(super) fn covers_credential(&self, account: &Label, credential: &Label) -> bool {
        self.accounts.covers(account) && self.credential.as_ref().is_none_or(|own| own == credential)
    }
}

/// For reading.
///
/// # Errors
/// A refusal; [`NotFound`] where webhooks are not configured.
pub(super) async fn readable<'c>(call: &OperationContext<'c>) -> Result<WebhookReach<'c>, OperationError> {
    reach(call, Right::SeeWebhooks).await
}

/// For changes.
///
/// # Errors
/// As [`readable`].
pub(super) async fn manageable<'c>(call: &OperationContext<'c>) -> Result<WebhookReach<'c>, OperationError> {
    reach(call, Right::ManageWebhooks).await
}

async fn reach<'c>(call: &OperationContext<'c>, right: Right) -> Result<WebhookReach<'c>, OperationError> {
    if call.terms.webhooks.is_none() {
        return Err(OperationRefusal::from(NotFound("webhook")).into());
    }
    call.reach(right)?;
    // Members may not manage credentials, but have a key of their own.
    if !call.caller.may(Right::ManageCredentials) {
        let holder = holder(call).await?;
        return Ok(WebhookReach { accounts: AccountScope::Only(holder.account), credential: Some(holder.id) });
    }
    Ok(WebhookReach { accounts: call.reach_granted(right).await?, credential: None })
}
