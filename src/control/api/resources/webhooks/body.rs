use serde::Serialize;
use utoipa::ToSchema;

use crate::control::api::call::ApiCall;
use crate::control::api::response::{Resource, replayed};
use crate::control::operations::{CreatedWebhook, NewWebhookSecret, Outcome, Right};
use crate::control::views::WebhookView;
use crate::control::web::problem::Problem;
use crate::store::WebhookRecord;

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookWithSecret {
    webhook: WebhookView,
    /// Verifies signatures (Standard Webhooks), shown once; null where the response repeats an earlier one.
    secret: Option<String>,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

impl WebhookWithSecret {
    pub(super) fn created(outcome: Outcome<CreatedWebhook>) -> Result<Self, Problem> {
        match outcome {
            Outcome::Fresh(created) => Ok(Self::fresh(&created.record, &created.secret)),
            Outcome::Replayed(stored) => Ok(Self { webhook: replayed(stored)?, secret: None, repeated: true }),
        }
    }

    pub(super) fn renewed(outcome: Outcome<NewWebhookSecret>) -> Result<Self, Problem> {
        match outcome {
            Outcome::Fresh(renewed) => Ok(Self::fresh(&renewed.record, &renewed.secret)),
            Outcome::Replayed(stored) => Ok(Self { webhook: replayed(stored)?, secret: None, repeated: true }),
        }
    }

    fn fresh(record: &WebhookRecord, secret: &str) -> Self {
        Self { webhook: WebhookView::from(record), secret: Some(secret.to_owned()), repeated: false }
    }
}

/// As this caller may see it: staff sees the host alone of where it leads.
pub(super) fn view(call: &ApiCall, record: &WebhookRecord) -> WebhookView {
    if call.caller().may(Right::ManageWebhooks) { WebhookView::from(record) } else { WebhookView::without_path(record) }
}

impl Resource for WebhookWithSecret {
    const COLLECTION: &'static str = WebhookView::COLLECTION;

    fn id(&self) -> &str {
        self.webhook.id()
    }

    fn revision(&self) -> i64 {
        self.webhook.revision()
    }

    fn is_replayed(&self) -> bool {
        self.repeated
    }
}
