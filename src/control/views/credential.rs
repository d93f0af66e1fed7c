use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AuditState, DeliveryView};
use crate::credential::{Label, RateLimit};
use crate::store::{CredentialRecord, PreviousSecret, RecordSecret};

/// A credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Credential)]
pub struct CredentialView {
    /// Unique, and never used again.
    #[schema(example = "acme-3kq9x0a2bd")]
    pub id: String,
    /// The account it belongs to.
    pub account: String,
    /// The user whose own key it is; it is refused while they are disabled.
    pub owner: Option<String>,
    /// Display name.
    pub name: Option<String>,
    pub description: Option<String>,
    /// E-mail address of the contact at the integrator.
    pub contact_email: Option<String>,
    /// Mobile number of the contact (E.164).
    pub contact_mobile: Option<String>,
    /// Further e-mail addresses that receive notices about it.
    #[serde(default)]
    #[schema(required, max_items = 5)]
    pub developer_emails: Vec<String>,
    pub kind: SecretKind,
    /// User name of Basic credentials.
    pub username: Option<String>,
    /// Hash scheme of the password of Basic credentials.
    pub password_scheme: Option<String>,
    /// It has no secret until it is reset.
    pub cleared: bool,
    /// Last four characters of a token.
    pub hint: Option<String>,
    pub enabled: bool,
    /// Why it was disabled.
    pub disabled_reason: Option<String>,
    /// The API version it is pinned to.
    pub version: Option<String>,
    /// Scopes that it is limited to; null for unrestricted.
    pub scopes: Option<Vec<String>>,
    /// Client addresses and ranges that may use it; empty for unrestricted.
    pub addresses: Vec<String>,
    /// Refused from this moment on; null for never.
    #[schema(format = "date-time")]
    pub expires_at: Option<String>,
    /// Its own rate limit; null for that of the settings.
    pub rate_limit: Option<RateLimitView>,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Id of the caller that created it.
    pub created_by: String,
    /// When its secret was created.
    #[schema(format = "date-time")]
    pub secret_made_at: String,
    /// End of the overlap, during which the previous secret is accepted too.
    #[schema(format = "date-time")]
    pub previous_secret_ends_at: Option<String>,
    /// When the secret was revealed to its recipient, where it was delivered.
    #[schema(format = "date-time")]
    pub handed_over_at: Option<String>,
    /// How its newest secret gets to the contact; null where none was sent.
    #[serde(default)]
    pub delivery: Option<DeliveryView>,
    /// Number of changes; the ETag.
    pub revision: i64,
    /// Last use, exact to a few seconds.
    #[schema(format = "date-time")]
    pub last_used_at: Option<String>,
    /// Client address of the last use.
    pub last_used_from: Option<String>,
    /// Number of client addresses within 30 days; an IPv6 network (/64) counts as one, and counting ends at 16.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 16)]
    pub recent_addresses: i64,
}

/// Kind of secret that a credential has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretKind {
    /// A bearer token or API key.
    Token,
    /// User name and password.
    Password,
}

/// Rate limit of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit)]
pub struct RateLimitView {
    /// Requests in each window.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub requests: u32,
    /// Length of the window.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub seconds: u32,
    /// Requests that may arrive at once; as many as in a window by default.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub burst: Option<u32>,
}

impl RateLimitView {
    /// `None` where a number is 0.
    pub(crate) fn limit(self) -> Option<RateLimit> {
        let burst = NonZeroU32::new(self.burst.unwrap_or(self.requests))?;
        Some(RateLimit { requests: NonZeroU32::new(self.requests)?, seconds: NonZeroU32::new(self.seconds)?, burst })
    }
}

impl AuditState for CredentialView {
    const USAGE_FIELDS: &'static [&'static str] = &["last_used_at", "last_used_from", "recent_addresses", "delivery"];
}

impl CredentialView {
    /// With its delivery as of now.
    pub(crate) fn at(record: &CredentialRecord, now: Timestamp) -> Self {
        let delivery = record.delivery.as_deref().map(|delivery| DeliveryView::at(delivery, now));
        Self { delivery, ..Self::from(record) }
    }
}

/// Without its delivery.
impl From<&CredentialRecord> for CredentialView {
    fn from(record: &CredentialRecord) -> Self {
        let moment = |moment: &Option<Timestamp>| moment.map(|moment| moment.to_string());
        let text = |label: &Option<Label>| label.as_ref().map(Label::to_string);
        let (kind, password_scheme) = match &record.secret {
            RecordSecret::Token(_) => (SecretKind::Token, None),
            RecordSecret::Password { hash, .. } => {
                (SecretKind::Password, hash.as_ref().map(|hash| hash.scheme().to_owned()))
            }
        };
        let previous = record.previous.as_ref().map(|previous| match previous {
            PreviousSecret::Token { ends_at, .. } | PreviousSecret::Password { ends_at, .. } => ends_at.to_string(),
        });
        Self {
            id: record.id.to_string(),
            account: record.account.to_string(),
            owner: text(&record.owner),
            name: record.name.clone(),
            description: record.description.clone(),
            contact_email: record.contact_email.clone(),
            contact_mobile: record.contact_mobile.clone(),
            developer_emails: record.developer_emails.clone(),
            kind,
            username: record.username().map(str::to_owned),
            password_scheme,
            cleared: record.secret.is_cleared(),
            hint: record.hint.clone(),
            enabled: record.enabled,
            disabled_reason: record.disabled_reason.clone(),
            version: text(&record.version),
            scopes: record.scopes.as_deref().map(|scopes| scopes.iter().map(Label::to_string).collect()),
            addresses: record.addresses.iter().map(ToString::to_string).collect(),
            expires_at: moment(&record.expires_at),
            rate_limit: record.rate_limit.map(|limit| RateLimitView {
                requests: limit.requests.get(),
                seconds: limit.seconds.get(),
                burst: Some(limit.burst.get()),
            }),
            created_at: record.created_at.to_string(),
            created_by: record.created_by.clone(),
            secret_made_at: record.secret_made_at.to_string(),
            previous_secret_ends_at: previous,
            handed_over_at: moment(&record.handed_over_at),
            delivery: None,
            revision: record.revision,
            last_used_at: moment(&record.last_used_at),
            last_used_from: record.last_used_from.clone(),
            recent_addresses: record.recent_addresses,
        }
    }
}
