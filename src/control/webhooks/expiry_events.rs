//! Events about credentials that expire, each written once in a fleet.

use jiff::{SignedDuration, Timestamp};

use crate::control::LiveSettings;
use crate::control::operations::{Caller, EXPIRED, EXPIRING, EventDraft, EventType, OperationContext, halt_of_expired};
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
    let (store, now) = (call.store, call.now);
    let name = kind.to_string();
    for _ in 0..MAX_BATCHES {
        let mut found = store.expiring_without_event(window, (SOURCE, &name), BATCH).await?;
        // Locked in this order.
        found.sort_by(|one, other| one.id.cmp(&other.id));
        if kind == EXPIRED {
            halt(call, &found).await?;
        }
        write_batch(store, kind, &found, now).await?;
        if found.len() < BATCH as usize {
            break;
        }
    }
    Ok(())
}

/// Each in its own transaction, which locks the webhooks of one credential alone.
async fn halt(call: &OperationContext<'_>, expired: &[ExpiringCredential]) -> Result<(), StoreError> {
    for credential in expired {
        let mut transaction = call.store.begin(call.now).await?;
        halt_of_expired(call, &mut transaction, credential).await?;
        transaction.commit().await?;
    }
    Ok(())
}

async fn write_batch(
    store: &Store,
    kind: EventType,
    found: &[ExpiringCredential],
    now: Timestamp,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let Ok(source) = SOURCE.parse::<Label>() else { return Ok(()) };
    let mut transaction = store.begin(now).await?;
    let (mut drafts, mut ids) = (Vec::new(), Vec::new());
    for credential in found {
        let Some(record) = transaction.credential(credential.id.as_str()).await? else { continue };
        let state = CredentialView::from(&record).audit_value();
        let data = EventDraft::credential_data(&record.id, &state);
        let of = (kind, record.account.clone());
        drafts.push(EventDraft::new(transaction.next_event_id(), of, Some(record.id.clone()), now, &data));
        // Another end is another event.
        ids.push(expiry_event_id(&kind.to_string(), &record.id, credential.expires_at));
    }
    let events: Vec<NewEvent<'_>> = drafts
        .iter()
        .zip(&ids)
        .map(|(draft, id)| NewEvent { source: Some(EventSource { publisher: &source, id }), ..draft.event() })
        .collect();
    transaction.insert_events(&events).await?;
    transaction.commit().await
}
