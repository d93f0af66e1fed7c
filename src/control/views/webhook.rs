use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AuditState;
use crate::control::operations::explanation;
use crate::store::{ListedWebhook, WebhookRecord};

/// From the first failure on, until a webhook that only fails is switched off.
pub(in crate::control) const FAILURES_UNTIL_OFF: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookView {
    /// Unique, and never used again.
    #[schema(example = "wh_0a1b2c3d4e5f6g7h8i9j")]
    pub id: String,
    pub account: String,
    /// The credential that it belongs to, and stops with.
    pub credential: String,
    /// Where events are sent. Staff sees the host alone: a path may be a secret of the receiver.
    pub url: String,
    /// What it receives events about; * for anything.
    pub entity: String,
    /// What has happened to that; * for anything.
    pub operation: String,
    /// console, or rest_hook for one that a program subscribed with the API key itself.
    pub kind: String,
    /// active, failing, paused, switched_off (after days of failures, or because the receiver answered 410) or stopped
    /// (by its credential or account).
    pub state: String,
    /// Why nothing is sent; null while events are sent.
    pub stopped: Option<String>,
    /// The first failure since the last success.
    #[schema(format = "date-time")]
    pub failing_since: Option<String>,
    /// When it is switched off unless a delivery succeeds before.
    #[schema(format = "date-time")]
    pub switches_off_at: Option<String>,
    #[schema(format = "date-time")]
    pub switched_off_at: Option<String>,
    /// failures, or gone where the receiver answered 410.
    pub switched_off_why: Option<String>,
    #[schema(format = "date-time")]
    pub last_success_at: Option<String>,
    #[schema(format = "date-time")]
    pub last_failure_at: Option<String>,
    /// Until then, the previous secret signs as well.
    #[schema(format = "date-time")]
    pub previous_secret_ends_at: Option<String>,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Kind and id of the caller that created it.
    pub created_by: String,
    /// Number of changes; the ETag.
    pub revision: i64,
    /// When the newest delivery was created; only in lists.
    #[serde(default)]
    #[schema(format = "date-time")]
    pub last_delivery_at: Option<String>,
}

impl AuditState for WebhookView {
    const USAGE_FIELDS: &'static [&'static str] =
        &["state", "stopped", "switches_off_at", "last_success_at", "last_failure_at", "last_delivery_at"];
}

impl WebhookView {
    /// With the host alone of where it leads, for staff and for the audit.
    pub fn without_path(record: &WebhookRecord) -> Self {
        let view = Self::from(record);
        let end = view.url.find("://").and_then(|scheme| {
            let host = scheme + 3;
            view.url[host..].find(['/', '?']).map(|path| host + path)
        });
        match end {
            Some(end) => Self { url: format!("{}/…", &view.url[..end]), ..view },
            None => view,
        }
    }
}

impl From<&WebhookRecord> for WebhookView {
    fn from(record: &WebhookRecord) -> Self {
        let text = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        let switches_off = record.failing_since.filter(|_| record.switched_off.is_none());
        Self {
            id: record.id.to_string(),
            account: record.account.to_string(),
            credential: record.credential.to_string(),
            url: record.url.clone(),
            entity: record.entity.clone(),
            operation: record.operation.clone(),
            kind: record.kind.as_str().to_owned(),
            state: record.state().as_str().to_owned(),
            stopped: record.stop.map(|stop| explanation(stop).to_string()),
            failing_since: text(record.failing_since),
            switches_off_at: text(switches_off.and_then(|since| since.checked_add(FAILURES_UNTIL_OFF).ok())),
            switched_off_at: text(record.switched_off.map(|off| off.at)),
            switched_off_why: record.switched_off.map(|off| off.why.as_str().to_owned()),
            last_success_at: text(record.last_success_at),
            last_failure_at: text(record.last_failure_at),
            previous_secret_ends_at: text(record.previous_secret.as_ref().map(|previous| previous.until)),
            created_at: record.created_at.to_string(),
            created_by: record.created_by.clone(),
            revision: record.revision,
            last_delivery_at: None,
        }
    }
}

impl From<&ListedWebhook> for WebhookView {
    fn from(listed: &ListedWebhook) -> Self {
        let last_delivery_at = listed.last_delivery_at.map(|at| at.to_string());
        Self { last_delivery_at, ..Self::from(&listed.webhook) }
    }
}
