use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::config::Delivery;
use crate::control::operations::Invalid;
use crate::control::operations::contact_validation::email_fault;
use crate::store::{Actor, ActorKind, AuditEntry, NewMessage, Purpose, Store, StoreError};

/// How long the mail is worth sending.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// A user gets one mail in this time, however often it is asked for, in seconds.
const INTERVAL: i64 = 5 * 60;
/// To one user, and for one network.
const MAX_MAILS_IN_HOUR: u32 = 3;
const HOURS_OF_DAY: i64 = 24;

/// Checks an e-mail address by its form alone, which tells nothing about users.
///
/// # Errors
/// [`Invalid`] for text that is no e-mail address.
pub fn check_email(email: &str) -> Result<(), Invalid> {
    email_fault(email).map_or(Ok(()), |problem| Err(Invalid::one("email", problem)))
}

/// Queues a mail by which an enabled user with this e-mail address chooses a new password. Callers do not wait for it,
/// and learn nothing of it: the answer does not tell who is a user.
///
/// # Errors
/// A store that does not answer.
pub async fn request_new_password(
    store: &Store,
    delivery: &Delivery,
    now: Timestamp,
    (email, address): (&str, Option<String>),
) -> Result<(), StoreError> {
    if delivery.mail.is_none() || email_fault(email).is_some() {
        return Ok(());
    }
    let Some(user) = store.user_by_email(email).await?.filter(|user| user.enabled) else { return Ok(()) };
    let mut transaction = store.begin(now).await?;
    let recipient = transaction.recipient(user.id.as_str()).await?;
    let message = NewMessage {
        purpose: Purpose::LostPassword,
        target: user.id.as_str(),
        recipient: &user.email,
        locale: recipient.as_ref().and_then(|recipient| recipient.locale.as_deref()),
        created_by: "system:claviger",
        ends_at: now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX),
    };
    let occasion = now.as_second().div_euclid(INTERVAL).to_string();
    if !transaction.enqueue_once(&message, &occasion).await? {
        return Ok(());
    }
    let hour = now.as_second().div_euclid(3600).rem_euclid(HOURS_OF_DAY);
    let network = address.as_deref().and_then(network_of);
    for scope in [Some(user.id.to_string()), network].into_iter().flatten() {
        let scope = format!("password {hour} {scope}");
        if !transaction.count_message_of_day(&scope, MAX_MAILS_IN_HOUR).await? {
            return Ok(());
        }
    }
    let actor = Actor { kind: ActorKind::System, id: "claviger".into(), request_id: None, address };
    let entry = AuditEntry {
        verb: "request_new_password",
        account: user.account.as_ref().map(ToString::to_string),
        target_kind: "user",
        target: user.id.to_string(),
        before: None,
        after: None,
    };
    transaction.audit(&actor, &entry).await?;
    transaction.commit().await
}

/// Of a client: as a rule one household or company has an IPv4 address or an IPv6 network of 64 bits.
fn network_of(address: &str) -> Option<String> {
    let address = address.parse::<IpAddr>().ok()?.to_canonical();
    let bits = if address.is_ipv4() { 32 } else { 64 };
    Some(ipnet::IpNet::new(address, bits).ok()?.trunc().to_string())
}
