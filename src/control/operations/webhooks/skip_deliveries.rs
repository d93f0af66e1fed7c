use crate::control::operations::{OperationContext, notice_mails};
use crate::credential::Label;
use crate::store::{
    AccountRecord, CredentialRecord, Role, SkipScope, StoreError, Transaction, UserRecord, WebhookStop,
};

/// Skips the waiting deliveries of webhooks that a change stops, and resets their failures.
async fn skip_deliveries(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (scope, why): (SkipScope<'_>, WebhookStop),
) -> Result<(), StoreError> {
    if call.terms.webhooks.is_none() {
        return Ok(());
    }
    transaction.lock_webhooks(scope).await?;
    transaction.forget_webhook_failures(scope).await?;
    transaction.skip_waiting(scope, why).await?;
    Ok(())
}

/// Those of a credential that was disabled or cleared.
pub(in crate::control::operations) async fn skip_deliveries_of_credential(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    before: &CredentialRecord,
    after: &CredentialRecord,
) -> Result<(), StoreError> {
    let Some(why) = WebhookStop::of_change(before, after) else { return Ok(()) };
    skip_deliveries(call, transaction, (SkipScope::Credential(after.id.as_str()), why)).await
}

/// Those of a credential that has expired.
pub async fn skip_deliveries_of_expired(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    credential: &CredentialRecord,
) -> Result<(), StoreError> {
    let stop = (SkipScope::Credential(credential.id.as_str()), WebhookStop::CredentialExpired);
    skip_deliveries(call, transaction, stop).await?;
    notice_mails::webhooks_halted(call, transaction, stop, &credential.account).await
}

/// Those of an account whose API access ended, or of its members when they may have no keys any more.
pub(in crate::control::operations) async fn skip_deliveries_of_account(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    before: &AccountRecord,
    after: &AccountRecord,
) -> Result<(), StoreError> {
    let id = after.id.as_str();
    if before.has_access() && !after.has_access() {
        let stop = (SkipScope::Account(id), WebhookStop::AccessOff);
        skip_deliveries(call, transaction, stop).await?;
        notice_mails::webhooks_halted(call, transaction, stop, &after.id).await?;
    }
    if before.members_allowed && !after.members_allowed {
        let stop = (SkipScope::Members(id), WebhookStop::MembersNotAllowed);
        skip_deliveries(call, transaction, stop).await?;
        notice_mails::webhooks_halted(call, transaction, stop, &after.id).await?;
    }
    Ok(())
}

/// Those of the own key of a user who was disabled, or became a member where members may have no keys.
pub(in crate::control::operations) async fn skip_deliveries_of_user(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    before: &UserRecord,
    after: &UserRecord,
) -> Result<(), StoreError> {
    let Some(account) = &after.account else { return Ok(()) };
    let is_disabled = before.enabled && !after.enabled;
    let is_new_member = before.role != Role::Member && after.role == Role::Member;
    let why = if is_disabled {
        WebhookStop::OwnerDisabled
    } else if is_new_member && !are_members_allowed(transaction, account).await? {
        WebhookStop::MembersNotAllowed
    } else {
        return Ok(());
    };
    let stop = (SkipScope::Owner(after.id.as_str()), why);
    skip_deliveries(call, transaction, stop).await?;
    notice_mails::webhooks_halted(call, transaction, stop, account).await
}

/// Locked, so that a change of the policy sees the new member, or this one the change.
async fn are_members_allowed(transaction: &mut Transaction, account: &Label) -> Result<bool, StoreError> {
    let account = transaction.account_for_share(account.as_str()).await?;
    Ok(account.is_some_and(|account| account.members_allowed))
}
