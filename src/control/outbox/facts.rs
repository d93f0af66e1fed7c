//! What a notice is about, read when it is sent.

use jiff::Timestamp;

use super::reset_overlap::OldKey;
use crate::control::views::FAILURES_UNTIL_OFF;
use crate::store::{ClaimedMessage, CredentialRecord, Purpose, Store, StoreError, SwitchedOffWhy};

/// What the text of a notice names.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Name or id of the account.
    pub(super) account: String,
    /// Who did it; `None`: this installation, or its operator.
    pub(super) person: Option<String>,
    /// The credential as people know it.
    pub(super) credential: String,
    /// Of a declined request.
    pub(super) reason: String,
    /// Of the expiry, or the showing.
    pub(super) moment: Option<Timestamp>,
    /// Address that a secret was shown to.
    pub(super) address: Option<String>,
    /// Of a reset whose new key is sent.
    pub(super) old_key: Option<OldKey>,
    /// Of a webhook: its receiver has answered 410.
    pub(super) is_gone: bool,
    /// Path of the page in the console, from its base.
    pub(super) path: String,
}

/// `None` when what the message is about is gone, or what it announces has become untrue.
///
/// # Errors
/// A store that does not answer.
pub(super) async fn facts(
    store: &Store,
    message: &ClaimedMessage,
    now: Timestamp,
) -> Result<Option<Facts>, StoreError> {
    let facts = match message.purpose {
        // Their minting has read all there is to say.
        Purpose::RevealLink | Purpose::RevealCode => Some(Facts::default()),
        Purpose::Invitation | Purpose::LostPassword => of_user(store, message).await?,
        Purpose::AccessAsked | Purpose::AccessApproved | Purpose::AccessDeclined | Purpose::RequestWithdrawn => {
            of_request(store, message).await?
        }
        Purpose::AccessWithdrawn => {
            let account = store.account(&message.target).await?.filter(|account| !account.granted);
            account.map(|account| Facts {
                account: account.name.unwrap_or_else(|| account.id.to_string()),
                path: "/access".into(),
                ..Facts::default()
            })
        }
        Purpose::SecretShown => match store.shown_reveal(&message.target).await? {
            None => None,
            Some(shown) => of_credential(store, &shown.credential).await?.map(|facts| Facts {
                moment: Some(shown.shown_at),
                address: shown.shown_from,
                ..facts
            }),
        },
        Purpose::SecretReset => {
            let old_key = store.credential(&message.target).await?.and_then(|record| OldKey::of_newest(&record, now));
            of_credential(store, &message.target).await?.map(|facts| Facts { old_key, ..facts })
        }
        Purpose::AccountWebhooksHalted => store.account(&message.target).await?.map(|account| Facts {
            account: account.name.unwrap_or_else(|| account.id.to_string()),
            path: "/webhooks".into(),
            ..Facts::default()
        }),
        Purpose::ContactChanged | Purpose::WebhooksHalted => of_credential(store, &message.target).await?,
        Purpose::ExpiringIn14Days | Purpose::ExpiringIn3Days | Purpose::Expired => {
            let is_past = message.purpose == Purpose::Expired;
            let is_true = |facts: &Facts| facts.moment.is_some_and(|end| (end <= now) == is_past);
            of_credential(store, &message.target).await?.filter(is_true)
        }
        Purpose::WebhookFailing | Purpose::WebhookStopped => of_webhook(store, message, now).await?,
    };
    let Some(facts) = facts else { return Ok(None) };
    Ok(Some(Facts { person: person(store, &message.created_by).await?, ..facts }))
}

/// When the key stops that the one behind the link of this message replaces.
pub(super) async fn old_key(
    store: &Store,
    message: &ClaimedMessage,
    now: Timestamp,
) -> Result<Option<OldKey>, StoreError> {
    let Some(reveal) = store.reveal(&message.target).await? else { return Ok(None) };
    let record = store.credential(reveal.credential.as_str()).await?;
    Ok(record.and_then(|record| OldKey::of(&record, &reveal, now)))
}

async fn of_user(store: &Store, message: &ClaimedMessage) -> Result<Option<Facts>, StoreError> {
    let Some(user) = store.user(&message.target).await? else { return Ok(None) };
    let account = match &user.account {
        Some(id) => account_name(store, id.as_str()).await?,
        None => String::new(),
    };
    Ok(Some(Facts { account, ..Facts::default() }))
}

async fn of_request(store: &Store, message: &ClaimedMessage) -> Result<Option<Facts>, StoreError> {
    let Some(request) = store.access_request(&message.target).await? else { return Ok(None) };
    let is_for_staff = matches!(message.purpose, Purpose::AccessAsked | Purpose::RequestWithdrawn);
    Ok(Some(Facts {
        account: account_name(store, request.account.as_str()).await?,
        reason: request.reason.unwrap_or_default(),
        path: match message.purpose {
            // The first of perhaps several.
            Purpose::AccessAsked => "/requests".into(),
            _ if is_for_staff => format!("/requests/{}", request.id),
            _ => "/access".into(),
        },
        ..Facts::default()
    }))
}

async fn of_credential(store: &Store, id: &str) -> Result<Option<Facts>, StoreError> {
    let Some(credential) = store.credential(id).await? else { return Ok(None) };
    Ok(Some(Facts {
        account: account_name(store, credential.account.as_str()).await?,
        credential: label(&credential),
        moment: credential.expires_at,
        path: format!("/credentials/{}", credential.id),
        ..Facts::default()
    }))
}

/// A warning that has become untrue is not sent.
async fn of_webhook(store: &Store, message: &ClaimedMessage, now: Timestamp) -> Result<Option<Facts>, StoreError> {
    let Some(webhook) = store.webhook(&message.target, now).await? else { return Ok(None) };
    if message.purpose == Purpose::WebhookFailing && webhook.failing_since.is_none() {
        return Ok(None);
    }
    let facts = of_credential(store, webhook.credential.as_str()).await?;
    Ok(facts.map(|facts| Facts {
        moment: webhook.failing_since.and_then(|since| since.checked_add(FAILURES_UNTIL_OFF).ok()),
        is_gone: webhook.switched_off.is_some_and(|off| off.why == SwitchedOffWhy::Gone),
        path: format!("/webhooks/{}", webhook.id),
        ..facts
    }))
}

fn label(credential: &CredentialRecord) -> String {
    credential.name.clone().unwrap_or_else(|| credential.id.to_string())
}

async fn account_name(store: &Store, id: &str) -> Result<String, StoreError> {
    Ok(store.account(id).await?.and_then(|account| account.name).unwrap_or_else(|| id.to_owned()))
}

/// The name of an actor, written `KIND:ID`.
pub(super) async fn person(store: &Store, actor: &str) -> Result<Option<String>, StoreError> {
    match actor.split_once(':') {
        Some(("user", id)) => {
            let found = store.user_names(&[id]).await?.pop();
            Ok(found.map(|(_, name, email)| name.unwrap_or(email)))
        }
        Some(("token", id)) => Ok(store.operator_token(id).await?.map(|token| token.name)),
        _ => Ok(None),
    }
}
