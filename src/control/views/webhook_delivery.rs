use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::{AttemptRecord, DeliveryDetail, DeliveryRecord};

/// The delivery of an event to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryView {
    /// Sent as webhook-id, the same for every attempt and replay.
    pub id: String,
    pub webhook: String,
    /// Id of the event.
    pub event: String,
    /// Entity and operation.
    #[schema(example = "contact.created")]
    #[serde(rename = "type")]
    pub kind: String,
    /// waiting, delivered, failed (after ten attempts), skipped (the webhook was stopped) or dropped (too many waited).
    pub state: String,
    /// Why it was skipped or dropped.
    pub why: Option<String>,
    /// Number of attempts so far.
    pub attempts: u32,
    /// When the next attempt is due.
    #[schema(format = "date-time")]
    pub next_at: Option<String>,
    /// HTTP status of the newest attempt; null where there was no answer.
    pub last_status: Option<u16>,
    /// Why the newest attempt failed.
    pub last_error: Option<String>,
    #[schema(format = "date-time")]
    pub done_at: Option<String>,
    /// The event tests the webhook.
    pub is_test: bool,
    #[schema(format = "date-time")]
    pub created_at: String,
}

/// A delivery with what was sent, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookDeliveryDetail)]
pub struct WebhookDeliveryDetailView {
    pub delivery: WebhookDeliveryView,
    /// What was sent; null for staff, and once the event is deleted.
    pub body: Option<String>,
    pub attempts: Vec<WebhookAttemptView>,
}

/// One request, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct WebhookAttemptView {
    /// From 1.
    pub number: u32,
    #[schema(format = "date-time")]
    pub at: String,
    pub status: Option<u16>,
    /// How long it took.
    pub milliseconds: u32,
    pub error: Option<String>,
    /// The first KiB of the answer as text; null for staff, and where the address is not public.
    pub excerpt: Option<String>,
}

impl From<&DeliveryRecord> for WebhookDeliveryView {
    fn from(record: &DeliveryRecord) -> Self {
        Self {
            id: record.id.to_string(),
            webhook: record.webhook.to_string(),
            event: record.event_id.to_string(),
            kind: record.event_type.clone(),
            state: record.state.as_str().to_owned(),
            why: record.why.map(|why| why.as_str().to_owned()),
            attempts: record.attempts,
            next_at: record.next_at.map(|at| at.to_string()),
            last_status: record.last_status,
            last_error: record.last_error.clone(),
            done_at: record.done_at.map(|at| at.to_string()),
            is_test: record.is_test,
            created_at: record.created_at.to_string(),
        }
    }
}

impl From<&DeliveryDetail> for WebhookDeliveryDetailView {
    fn from(detail: &DeliveryDetail) -> Self {
        let attempt = |(number, record): &(u32, AttemptRecord)| WebhookAttemptView {
            number: *number,
            at: record.at.to_string(),
            status: record.status,
            milliseconds: record.millis,
            error: record.error.clone(),
            excerpt: record.excerpt.clone(),
        };
        Self {
            delivery: WebhookDeliveryView::from(&detail.delivery),
            body: detail.body.clone(),
            attempts: detail.attempts.iter().map(attempt).collect(),
        }
    }
}
