//! Text messages with a code: within their limits they are queued.

use jiff::{SignedDuration, Timestamp};

use super::change::CredentialConflict;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::{CredentialRecord, NewMessage, Purpose, RevealRecord, StoreError, Transaction};

/// Text messages to one number in a day (UTC), over all credentials.
const MAX_TEXTS_TO_NUMBER: u32 = 10;
const MAX_TEXTS_IN_HOUR: u32 = 3;
/// Of one reveal.
const MAX_TEXTS: u32 = 10;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY_SECONDS: i64 = 24 * 3600;
/// How long a text message with a code may wait to be sent.
const TEXT_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// When the next text message with a code is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextText {
    Now,
    At(Timestamp),
    /// The reveal has had all of its messages.
    Never,
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
    if !count_text_to(transaction, &reveal.mobile).await?
        || !transaction.count_message_of_day(&of_account, daily).await?
    {
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
    transaction.count_message_of_day(&format!("to {mobile}"), MAX_TEXTS_TO_NUMBER).await
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
