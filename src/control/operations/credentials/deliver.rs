//! Whether a secret is sent to the contact or shown to the caller, and the start of its way to the contact.

use jiff::{SignedDuration, Timestamp};

use super::change::CredentialConflict;
use crate::control::operations::{Invalid, OperationContext, OperationError};
use crate::store::{
    ActorKind, CredentialRecord, NewMessage, NewReveal, OldStops, Purpose, RevealRecord, Role, StoreError,
    SupersededBy, Transaction,
};

/// Text messages to one number in a day (UTC), over all credentials.
const MAX_TEXTS_TO_NUMBER: u32 = 10;
const MAX_TEXTS_IN_HOUR: u32 = 3;
/// Of one reveal.
const MAX_TEXTS: u32 = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY_SECONDS: i64 = 24 * 3600;
/// How long a text message with a code may wait to be sent.
const TEXT_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// How a secret gets to the person who is to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deliver {
    /// By a link in a mail to the contact, and a code in a text message. The caller never sees it.
    Send,
    /// In the response, once.
    Show,
}

/// When the next text message with a code is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextText {
    Now,
    At(Timestamp),
    /// The reveal has had all of its messages.
    Never,
}

/// Whether the caller may see the secret that an operation gives to a credential.
pub fn may_show_secret(call: &OperationContext<'_>) -> bool {
    call.terms.delivery.show_to_creator || !call.terms.delivery.is_on() || is_operator(call)
}

/// A token of the staff, or the shell: not a person of the console.
pub(super) fn is_operator(call: &OperationContext<'_>) -> bool {
    match call.actor().kind {
        ActorKind::Token => call.caller.role == Role::Staff,
        ActorKind::Shell | ActorKind::System => true,
        ActorKind::User | ActorKind::Link => false,
    }
}

/// Whether secrets can be sent.
pub fn may_send_secret(call: &OperationContext<'_>) -> bool {
    call.terms.delivery.is_on()
}

impl Deliver {
    /// As requested, or the way of the settings. The key of a user is shown: its user is no contact.
    pub(super) fn resolved(
        requested: Option<Self>,
        call: &OperationContext<'_>,
        is_own_key: bool,
    ) -> Result<Self, Invalid> {
        let delivery = call.terms.delivery;
        let is_shown = is_own_key || delivery.show_to_creator || !delivery.is_on();
        let by_default = if is_shown { Self::Show } else { Self::Send };
        match requested.unwrap_or(by_default) {
            Self::Send if is_own_key => Err(Invalid::one("deliver", "must be show: a user's own key has no contact")),
            Self::Send if !delivery.is_on() => Err(Invalid::one(
                "deliver",
                "must be show: secrets are sent only where delivery.mail and delivery.sms are set",
            )),
            Self::Show if !is_own_key && !may_show_secret(call) => Err(Invalid::one(
                "deliver",
                "must be send: by delivery.show_to_creator, only the contact sees the secret",
            )),
            way => Ok(way),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Show => "show",
        }
    }

    /// What an audit entry adds, where there is a choice.
    pub(super) fn audited(self, call: &OperationContext<'_>) -> Option<(&'static str, &'static str)> {
        call.terms.delivery.is_on().then_some(("deliver", self.as_str()))
    }
}

/// What is missing, or wrong, for a secret to be sent there.
pub(super) fn contact_faults(call: &OperationContext<'_>, email: Option<&str>, mobile: Option<&str>) -> Invalid {
    let mut faults = Invalid::default();
    for (field, text) in [("contact_email", email), ("contact_mobile", mobile)] {
        if text.is_none_or(str::is_empty) {
            faults.add(field, "is required: the secret is sent to the contact");
        }
    }
    if let Some(fault) = mobile.and_then(|mobile| country_fault(call, mobile)) {
        faults.add("contact_mobile", fault);
    }
    faults
}

/// What is wrong with the country of a mobile number.
pub(super) fn country_fault(call: &OperationContext<'_>, mobile: &str) -> Option<String> {
    let sms = call.terms.delivery.sms.as_ref().filter(|_| call.terms.delivery.is_on())?;
    let countries = sms.countries.as_deref().unwrap_or_default().join(" or ");
    (!sms.reaches(mobile)).then(|| format!("must begin with {countries}: no text messages go to other countries"))
}

/// Sends a new link and a code to the contact of a locked credential. Earlier links end. Returns the record as it is
/// then.
pub(super) async fn start_delivery(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    record: &CredentialRecord,
    (old_stops, by): (OldStops, SupersededBy),
) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
    let (email, mobile) = (record.contact_email.as_deref(), record.contact_mobile.as_deref());
    contact_faults(call, email, mobile).into_result()?;
    transaction.supersede_reveals(&[record.id.as_str()], by).await?;
    let lifetime = SignedDuration::try_from(call.terms.delivery.link).unwrap_or(HOUR);
    let (author, email) = (call.caller_key(), email.unwrap_or_default());
    let new = NewReveal {
        credential: &record.id,
        email,
        mobile: mobile.unwrap_or_default(),
        locale: None,
        created_by: &author,
        ends_at: call.now.checked_add(lifetime).unwrap_or(Timestamp::MAX),
        old_stops,
    };
    let id = transaction.add_reveal(&new).await?;
    let mail = NewMessage {
        purpose: Purpose::RevealLink,
        target: &id,
        recipient: email,
        locale: None,
        created_by: &author,
        ends_at: new.ends_at,
    };
    transaction.enqueue(&mail).await?;
    if let Some(reveal) = transaction.newest_reveal(record.id.as_str()).await? {
        queue_text(call, transaction, record, &reveal).await?;
    }
    Ok(transaction.credential(record.id.as_str()).await?.unwrap_or_else(|| record.clone()))
}

/// Queues a text message with a code for a reveal, within all bounds.
pub(super) async fn queue_text(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    record: &CredentialRecord,
    reveal: &RevealRecord,
) -> Result<(), OperationError<CredentialConflict>> {
    match next_text(reveal, call.now) {
        NextText::Now => {}
        NextText::At(next) => return Err(CredentialConflict::TextsUsedUp { next, wait: wait(call.now, next) }.into()),
        NextText::Never => return Err(CredentialConflict::TextsEnded.into()),
    }
    let daily = call.terms.delivery.sms.as_ref().map_or(0, |sms| sms.daily);
    let of_account = format!("account {}", record.account);
    if !count_text_to(transaction, &reveal.mobile).await? || !transaction.count_text_of_day(&of_account, daily).await? {
        let next = next_day(call.now);
        return Err(CredentialConflict::TextsUsedUp { next, wait: wait(call.now, next) }.into());
    }
    transaction.count_text(reveal, hour_is_over(reveal, call.now)).await?;
    // Minted later, their codes would replace the code of this one.
    transaction.cancel_texts(&reveal.id).await?;
    let ends_at = call.now.checked_add(TEXT_LIFETIME).unwrap_or(Timestamp::MAX).min(reveal.ends_at);
    let text = NewMessage {
        purpose: Purpose::RevealCode,
        target: &reveal.id,
        recipient: &reveal.mobile,
        locale: reveal.locale.as_deref(),
        created_by: &call.caller_key(),
        ends_at,
    };
    transaction.enqueue(&text).await?;
    Ok(())
}

/// Counts a text message to a number. False where it has had all of the day.
pub(in crate::control) async fn count_text_to(transaction: &mut Transaction, mobile: &str) -> Result<bool, StoreError> {
    transaction.count_text_of_day(&format!("to {mobile}"), MAX_TEXTS_TO_NUMBER).await
}

/// By the bounds of one reveal.
pub(super) fn next_text(reveal: &RevealRecord, now: Timestamp) -> NextText {
    if reveal.texts_in_all >= MAX_TEXTS {
        return NextText::Never;
    }
    match reveal.texts_since {
        Some(since) if reveal.texts_in_hour >= MAX_TEXTS_IN_HOUR && !hour_is_over(reveal, now) => {
            NextText::At(since.checked_add(HOUR).unwrap_or(Timestamp::MAX))
        }
        Some(_) | None => NextText::Now,
    }
}

fn hour_is_over(reveal: &RevealRecord, now: Timestamp) -> bool {
    reveal.texts_since.is_none_or(|since| since.checked_add(HOUR).is_ok_and(|end| end <= now))
}

/// In seconds, at least one.
fn wait(now: Timestamp, next: Timestamp) -> u32 {
    u32::try_from(next.duration_since(now).as_secs().saturating_add(1)).unwrap_or(u32::MAX)
}

/// Midnight, UTC.
fn next_day(now: Timestamp) -> Timestamp {
    let seconds = (now.as_second().div_euclid(DAY_SECONDS) + 1) * DAY_SECONDS;
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
