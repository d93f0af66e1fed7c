//! Events about credentials that expire, each written once in a fleet.

use jiff::{SignedDuration, Timestamp};

use crate::control::LiveSettings;
use crate::control::operations::{
    Caller, EXPIRED, EXPIRING, EventDraft, EventType, OperationContext, skip_deliveries_of_expired,
};
use crate::control::views::{AuditState, CredentialView};
use crate::credential::Label;
use crate::store::{EventSource, ExpiringCredential, NewEvent, Store, StoreError, expiry_event_id};

/// How long before its end a credential is reported.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Credentials that expired longer ago get no event: it was written then, or no process ran.
const EXPIRED_LATELY: SignedDuration = SignedDuration::from_hours(24);
const BATCH: u32 = 200;
/// Of one look.
const MAX_BATCHES: u32 = 50;
/// The source of these events; no publisher has this id.
const SOURCE: &str = "claviger";

/// Writes what is due and was not written before.
pub(super) async fn write(store: &Store, settings: &LiveSettings, now: Timestamp) -> Result<(), StoreError> {
    let caller = Caller::system();
    let call = OperationContext::new(store, &caller, now, settings.terms());
    let soon = now.checked_add(EXPIRES_SOON).unwrap_or(now);
    let lately = now.checked_sub(EXPIRED_LATELY).unwrap_or(now);
    write_within(&call, EXPIRING, (now, soon)).await?;
    write_within(&call, EXPIRED, (lately, now)).await
}

async fn write_within(
    call: &OperationContext<'_>,
    kind: EventType,
    window: (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let name = kind.to_string();
    for _ in 0..MAX_BATCHES {
        let found = call.store.expiring_without_event(window, (SOURCE, &name), BATCH).await?;
        for credential in &found {
            match write_event(call, kind, credential).await {
                // The others get their turn.
                Err(error @ StoreError::Inconsistent { .. }) => tracing::error!("{error}"),
                written => written?,
            }
        }
        if found.len() < BATCH as usize {
            break;
        }
    }
    Ok(())
}

/// In one transaction with what the end of a credential stops, so that each is done, and reported by mail, once.
async fn write_event(
    call: &OperationContext<'_>,
    kind: EventType,
    credential: &ExpiringCredential,
) -> Result<(), StoreError> {
    let Ok(source) = SOURCE.parse::<Label>() else { return Ok(()) };
    let mut transaction = call.store.begin(call.now).await?;
    let record = transaction.credential(credential.id.as_str()).await?;
    // It may have been extended or deleted since it was found.
    let Some(record) = record.filter(|record| record.expires_at == Some(credential.expires_at)) else { return Ok(()) };
    let data = EventDraft::credential_data(&record.id, &CredentialView::from(&record).audit_value());
    let of = (kind, record.account.clone());
    let draft = EventDraft::new(transaction.next_event_id(), of, Some(record.id.clone()), call.now, &data);
    // Another end is another event.
    let id = expiry_event_id(&kind.to_string(), &record.id, credential.expires_at);
    let event = NewEvent { source: Some(EventSource { publisher: &source, id: &id }), ..draft.event() };
    let inserted = transaction.insert_events(&[event]).await?;
    if kind == EXPIRED && inserted.iter().any(|event| event.is_new) {
        skip_deliveries_of_expired(call, &mut transaction, &record).await?;
    }
    transaction.commit().await
}
