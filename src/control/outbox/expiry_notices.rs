//! Notices about credentials that expire, each sent once in a fleet.

use jiff::{SignedDuration, Timestamp};

use crate::store::{ExpiryNotice, NewMessage, Purpose, Store, StoreError};

const DAY: i64 = 24 * 3600;
/// How long a notice about the past is worth sending.
const LIFETIME: SignedDuration = SignedDuration::from_secs(3 * DAY);
/// Credentials of one look at the index, and of one transaction.
const BATCH: u32 = 500;

/// Days before the end, from and until, and the notice of that time.
const NOTICES: [(i64, i64, Purpose); 3] =
    [(3, 14, Purpose::ExpiringIn14Days), (0, 3, Purpose::ExpiringIn3Days), (-1, 0, Purpose::Expired)];

/// Queues what is due and was not queued before; how many.
pub(super) async fn announce(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut queued = 0;
    for (from, until, purpose) in NOTICES {
        let days = |days: i64| now.checked_add(SignedDuration::from_secs(days * DAY)).unwrap_or(now);
        let mut after = None;
        loop {
            let window = (days(from), days(until));
            let found = store.expiry_notices(window, (until, purpose), after.as_ref(), BATCH).await?;
            queued += queue(store, &found, purpose, now).await?;
            match found.last() {
                Some(last) if found.len() == BATCH as usize => after = Some((last.expires_at, last.id.clone())),
                _ => break,
            }
        }
    }
    Ok(queued)
}

async fn queue(store: &Store, notices: &[ExpiryNotice], purpose: Purpose, now: Timestamp) -> Result<u64, StoreError> {
    if notices.iter().all(|notice| notice.recipients.is_empty()) {
        return Ok(0);
    }
    let mut transaction = store.begin(now).await?;
    let mut queued = 0;
    for notice in notices {
        // Another end is another occasion.
        let occasion = notice.expires_at.as_millisecond().to_string();
        for recipient in &notice.recipients {
            let message = NewMessage {
                purpose,
                target: notice.id.as_str(),
                recipient: &recipient.email,
                locale: recipient.locale.as_deref(),
                created_by: "system:claviger",
                ends_at: now.checked_add(LIFETIME).unwrap_or(now),
            };
            queued += u64::from(transaction.enqueue_once(&message, &occasion).await?);
        }
    }
    transaction.commit().await?;
    Ok(queued)
}
