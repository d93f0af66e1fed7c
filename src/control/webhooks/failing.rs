//! Webhooks that only fail: warnings, and the end.

use jiff::{SignedDuration, Timestamp};

use crate::control::LiveSettings;
use crate::control::operations::{Caller, OperationContext, notice_mails, webhook_entry};
use crate::control::views::FAILURES_UNTIL_OFF;
use crate::store::{Purpose, Store, StoreError, SwitchedOffWhy, WebhookRecord};

const DAY_HOURS: i64 = 24;
/// Days of failures after which the account is warned.
const WARNING_DAYS: [u32; 2] = [1, 3];
/// The first and the last failure are at least this far apart: one outage of the night is none of five days.
const MIN_SPREAD: SignedDuration = SignedDuration::from_hours(12);
const BATCH: u32 = 200;

/// Warns of webhooks that fail, and switches those off that have failed for five days. Returns how many.
pub(super) async fn look_after(store: &Store, settings: &LiveSettings, now: Timestamp) -> Result<u64, StoreError> {
    let caller = Caller::system();
    let call = OperationContext::new(store, &caller, now, settings.terms());
    let (mut after, mut switched_off) = (String::new(), 0);
    loop {
        let listing = store.webhooks_failing(&after, BATCH, now).await?;
        for record in &listing.records {
            // A stopped one is sent nothing: it neither fails nor recovers.
            if record.stop.is_none() {
                match look_at(&call, record).await {
                    Ok(is_off) => switched_off += u64::from(is_off),
                    // The others get their turn.
                    Err(error @ StoreError::Inconsistent { .. }) => tracing::error!("{error}"),
                    Err(error) => return Err(error),
                }
            }
        }
        match listing.end {
            Some(end) => after = end,
            None => return Ok(switched_off),
        }
    }
}

/// True where it was switched off.
async fn look_at(call: &OperationContext<'_>, record: &WebhookRecord) -> Result<bool, StoreError> {
    let Some(since) = record.failing_since else { return Ok(false) };
    let failing_for = call.now.duration_since(since);
    let spread = record.last_failure_at.map_or(SignedDuration::ZERO, |last| last.duration_since(since));
    if failing_for >= FAILURES_UNTIL_OFF && spread >= MIN_SPREAD {
        let mut transaction = call.store.begin(call.now).await?;
        // A success, an edit or a new start since the list was read.
        let present = transaction.webhook(record.id.as_str()).await?;
        if present.is_none_or(|present| present.failing_since != record.failing_since || present.stop.is_some()) {
            return Ok(false);
        }
        if !transaction.switch_off_webhook(record.id.as_str(), SwitchedOffWhy::Failures).await? {
            return Ok(false);
        }
        let after = transaction.webhook(record.id.as_str()).await?;
        let line = webhook_entry("switch_off_webhook", record, Some(record), after.as_ref());
        transaction.audit(call.actor(), &line).await?;
        notice_mails::webhook(call, &mut transaction, Purpose::WebhookStopped, record).await?;
        transaction.commit().await?;
        return Ok(true);
    }
    let days = failing_for.as_hours() / DAY_HOURS;
    let due = WARNING_DAYS.into_iter().filter(|day| i64::from(*day) <= days).max();
    if let Some(day) = due.filter(|day| *day > record.warned_days) {
        let mut transaction = call.store.begin(call.now).await?;
        if transaction.record_webhook_warning(record.id.as_str(), day).await? {
            notice_mails::webhook(call, &mut transaction, Purpose::WebhookFailing, record).await?;
            transaction.commit().await?;
        }
    }
    Ok(false)
}
