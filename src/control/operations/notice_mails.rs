//! Mails about a change, queued in its transaction. Where mail is not set, nothing is queued. The person who makes a
//! change gets none about it.

use jiff::{SignedDuration, Timestamp};

use super::OperationContext;
use crate::credential::Label;
use crate::store::{
    ActorKind, CredentialRecord, MailRecipient, NewMessage, Purpose, RecordSecret, Role, SkipScope, StoreError,
    Transaction, UserRecord, WebhookRecord, WebhookStop,
};

/// How long a notice is worth sending.
const LIFETIME: SignedDuration = SignedDuration::from_hours(72);
/// Notices to one address in a day (UTC): a change back and forth sends no flood of mails.
const MAX_NOTICES_TO_ADDRESS: u32 = 30;
/// Between two mails to one of the staff about new requests.
const REQUESTS_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// To a new user, who chooses a password by the link in it.
pub(super) async fn invitation(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    user: &UserRecord,
) -> Result<(), StoreError> {
    let recipient = MailRecipient { id: user.id.to_string(), email: user.email.clone(), locale: None };
    queue(call, transaction, Purpose::Invitation, user.id.as_str(), vec![recipient]).await
}

/// To all staff: an account asks for access, or takes its request back.
pub(super) async fn to_staff(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    purpose: Purpose,
    request: &Label,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let staff = transaction.recipients(Role::Staff, None).await?;
    queue(call, transaction, purpose, request.as_str(), staff).await
}

/// To the owners of an account, and to the user who made the request.
pub(super) async fn to_account(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (purpose, target): (Purpose, &Label),
    account: &Label,
    requester: Option<&str>,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let mut people = transaction.recipients(Role::Owner, Some(account.as_str())).await?;
    if let Some(user) = requester.filter(|user| !people.iter().any(|person| person.id == *user)) {
        people.extend(transaction.recipient(user).await?);
    }
    queue(call, transaction, purpose, target.as_str(), people).await
}

/// A secret that was shown: to the user who had it sent, or to the owners of the account.
pub async fn shown(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    reveal: &str,
    (account, created_by): (&Label, Option<&str>),
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let creator = match created_by.and_then(|actor| actor.strip_prefix("user:")) {
        Some(user) => transaction.recipient(user).await?,
        None => None,
    };
    let people = match creator {
        Some(creator) => vec![creator],
        None => transaction.recipients(Role::Owner, Some(account.as_str())).await?,
    };
    queue(call, transaction, Purpose::SecretShown, reveal, people).await
}

/// What the contact of a credential learns of its change: that the secret was replaced, and that another one is the
/// contact now.
pub(super) async fn credential_changed(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    before: &CredentialRecord,
    after: &CredentialRecord,
) -> Result<(), StoreError> {
    changed(call, transaction, (before, after), true).await
}

/// The same for an import, which may replace thousands of secrets: owners do not get a mail for each.
pub(super) async fn credential_imported(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    before: &CredentialRecord,
    after: &CredentialRecord,
) -> Result<(), StoreError> {
    changed(call, transaction, (before, after), false).await
}

/// `owners_instead`: of the account, where the credential itself names no address.
async fn changed(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (before, after): (&CredentialRecord, &CredentialRecord),
    owners_instead: bool,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let is_same = |former: &str| {
        let has_mobile = before.contact_mobile.is_none() || before.contact_mobile == after.contact_mobile;
        has_mobile && after.contact_email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(former))
    };
    if let Some(former) = before.contact_email.as_deref().filter(|former| !is_same(former)) {
        queue(call, transaction, Purpose::ContactChanged, after.id.as_str(), vec![outsider(former)]).await?;
    }
    let has_secret = match &after.secret {
        RecordSecret::Token(digest) => digest.is_some(),
        RecordSecret::Password { hash, .. } => hash.is_some(),
    };
    if after.secret != before.secret && has_secret {
        let mut people: Vec<_> = after.contact_email.as_deref().map(outsider).into_iter().collect();
        people.extend(after.developer_emails.iter().map(|email| outsider(email)));
        if let Some(owner) = &after.owner {
            people.extend(transaction.recipient(owner.as_str()).await?);
        }
        if people.is_empty() && owners_instead {
            people = transaction.recipients(Role::Owner, Some(after.account.as_str())).await?;
        }
        queue(call, transaction, Purpose::SecretReset, after.id.as_str(), people).await?;
    }
    let Some(why) = WebhookStop::of_change(before, after) else { return Ok(()) };
    webhooks_halted(call, transaction, (SkipScope::Credential(after.id.as_str()), why), &after.account).await
}

/// A reset whose new secret is sent: to developers and owners. The contact has the link.
pub(super) async fn reset_sent(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    record: &CredentialRecord,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let contact = record.contact_email.as_deref().unwrap_or_default();
    let mut people = transaction.recipients(Role::Owner, Some(record.account.as_str())).await?;
    people.extend(record.developer_emails.iter().map(|email| outsider(email)));
    people.retain(|person| !person.email.eq_ignore_ascii_case(contact));
    queue(call, transaction, Purpose::SecretReset, record.id.as_str(), people).await
}

/// A webhook that fails, or was stopped: to the user whose key it belongs to, or the contact of its credential, and to the
/// owners of the account.
pub async fn webhook(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    purpose: Purpose,
    webhook: &WebhookRecord,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let mut people = transaction.recipients(Role::Owner, Some(webhook.account.as_str())).await?;
    let contact = transaction.credential_contact(webhook.credential.as_str()).await?;
    match contact.owner {
        Some(owner) => people.extend(transaction.recipient(&owner).await?),
        None => people.extend(contact.email.as_deref().map(outsider)),
    }
    queue(call, transaction, purpose, webhook.id.as_str(), people).await
}

/// Webhooks that stop with their credential, its user or its account: to the user whose key it is, or the contact of the
/// credential, and to the owners of the account. Of all that stop with an account, each person gets one mail.
pub(super) async fn webhooks_halted(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    stop: (SkipScope<'_>, WebhookStop),
    account: &Label,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() || call.terms.webhooks.is_none() {
        return Ok(());
    }
    let notices = halted_notices(transaction, stop, account).await?;
    queue_all(call, transaction, notices).await
}

/// The same for accounts that have lost their access.
pub(super) async fn webhooks_of_accounts_halted(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    accounts: &[Label],
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let mut notices = Vec::new();
    for account in accounts {
        let stop = (SkipScope::Account(account.as_str()), WebhookStop::AccessOff);
        notices.extend(halted_notices(transaction, stop, account).await?);
    }
    queue_all(call, transaction, notices).await
}

async fn halted_notices(
    transaction: &mut Transaction,
    (scope, why): (SkipScope<'_>, WebhookStop),
    account: &Label,
) -> Result<Vec<Notice>, StoreError> {
    let credentials = transaction.credentials_of_halted_webhooks(scope, why).await?;
    if credentials.is_empty() {
        return Ok(Vec::new());
    }
    let owners = transaction.recipients(Role::Owner, Some(account.as_str())).await?;
    let is_of_account = matches!(scope, SkipScope::Account(_) | SkipScope::Members(_));
    let (mut notices, mut reported) = (Vec::new(), Vec::new());
    if is_of_account {
        reported.extend(owners.iter().map(|owner| owner.email.to_ascii_lowercase()));
        notices.extend(to_each(Purpose::AccountWebhooksHalted, account.as_str(), owners.clone()));
    }
    for credential in &credentials {
        let contact = transaction.credential_contact(credential).await?;
        let mut people = match contact.owner {
            Some(owner) => transaction.recipient(&owner).await?.into_iter().collect(),
            None => contact.email.as_deref().map(outsider).into_iter().collect::<Vec<_>>(),
        };
        if is_of_account {
            people.retain(|person| !reported.contains(&person.email.to_ascii_lowercase()));
            reported.extend(people.iter().map(|person| person.email.to_ascii_lowercase()));
        } else {
            people.extend(owners.iter().cloned());
        }
        notices.extend(to_each(Purpose::WebhooksHalted, credential, people));
    }
    Ok(notices)
}

/// A person who is no user.
fn outsider(email: &str) -> MailRecipient {
    MailRecipient { id: String::new(), email: email.to_owned(), locale: None }
}

async fn queue(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    purpose: Purpose,
    target: &str,
    people: Vec<MailRecipient>,
) -> Result<(), StoreError> {
    queue_all(call, transaction, to_each(purpose, target, people).collect()).await
}

struct Notice {
    purpose: Purpose,
    target: String,
    to: MailRecipient,
}

fn to_each(purpose: Purpose, target: &str, people: Vec<MailRecipient>) -> impl Iterator<Item = Notice> {
    people.into_iter().map(move |to| Notice { purpose, target: target.to_owned(), to })
}

async fn queue_all(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    mut notices: Vec<Notice>,
) -> Result<(), StoreError> {
    if call.terms.delivery.mail.is_none() {
        return Ok(());
    }
    let own = (call.actor().kind == ActorKind::User).then_some(call.actor().id.as_str());
    notices.retain(|notice| own != Some(notice.to.id.as_str()));
    let mut queued: Vec<(String, Purpose, String)> = Vec::new();
    let created_by = call.caller_key();
    // In one order, so that no two transactions wait for each other's counts.
    notices.sort_by_cached_key(|notice| notice.to.email.to_ascii_lowercase());
    for Notice { purpose, target, to: person } in notices {
        let address = person.email.to_ascii_lowercase();
        let notice = (address.clone(), purpose, target.clone());
        if queued.contains(&notice) {
            continue;
        }
        let first_at = match purpose {
            Purpose::AccessAsked => first_about_requests(call, transaction, &person.email).await?,
            _ => Some(call.now),
        };
        let Some(first_at) = first_at else { continue };
        if !transaction.count_message_of_day(&format!("mail {address}"), MAX_NOTICES_TO_ADDRESS).await? {
            tracing::warn!(
                purpose = purpose.as_str(),
                target = target.as_str(),
                "an address has had all notices of the day; one is not sent"
            );
            continue;
        }
        queued.push(notice);
        let message = NewMessage {
            purpose,
            target: &target,
            recipient: &person.email,
            locale: person.locale.as_deref(),
            created_by: &created_by,
            ends_at: call.now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX),
        };
        transaction.enqueue_at(&message, first_at).await?;
    }
    Ok(())
}

/// When a mail about new requests may go to one of the staff; `None` where one waits for that already, and its page shows
/// this request as well.
async fn first_about_requests(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    recipient: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let since = call.now.checked_sub(REQUESTS_INTERVAL * 2).unwrap_or(Timestamp::MIN);
    let newest = transaction.newest_first_attempt(Purpose::AccessAsked, recipient, since).await?;
    let Some(newest) = newest else { return Ok(Some(call.now)) };
    let next = newest.checked_add(REQUESTS_INTERVAL).unwrap_or(Timestamp::MAX).max(call.now);
    Ok((newest <= call.now).then_some(next))
}
