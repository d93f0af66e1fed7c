//! A credential, as the API tells it: what may be known of it, and once its secret.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::control::api::problem::Problem;
use crate::control::api::response::answered_before;
use crate::control::operations::PlainSecret;
use crate::credential::Label;
use crate::store::{CredentialRecord, PreviousSecret, RecordSecret};

/// What may be known of a credential. Never its secret.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Credential)]
pub(in crate::control::api) struct CredentialBody {
    /// Unique for good.
    #[schema(example = "acme-3kq9x0a2bd")]
    pub(in crate::control::api) id: String,
    /// Whose it is.
    account: String,
    /// The user it stands and falls with, for a key of their own.
    owner: Option<String>,
    /// For people.
    name: Option<String>,
    /// For people.
    description: Option<String>,
    /// The person at the integrator.
    contact_email: Option<String>,
    /// Their mobile (E.164).
    contact_mobile: Option<String>,
    /// What it is recognised by.
    kind: SecretKind,
    /// Of a Basic pair.
    username: Option<String>,
    /// How the password of a Basic pair is hashed.
    password_scheme: Option<String>,
    /// It has no secret until it is reset.
    cleared: bool,
    /// The last four characters of a token.
    hint: Option<String>,
    /// Switched on.
    enabled: bool,
    /// Why it was switched off.
    disabled_reason: Option<String>,
    /// The version of the API it is pinned to.
    version: Option<String>,
    /// What it may call; null for everything.
    scopes: Option<Vec<String>>,
    /// Where it may be used from; empty for anywhere.
    addresses: Vec<String>,
    /// Refused from this moment on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// How often it may be used; null for as often as the settings say.
    rate_limit: Option<RateLimitBody>,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// By whom.
    created_by: String,
    /// When its secret was made.
    #[schema(format = "date-time")]
    secret_made_at: String,
    /// Until when the secret before counts beside it.
    #[schema(format = "date-time")]
    previous_secret_ends_at: Option<String>,
    /// When the integrator has seen it, where it was handed over.
    #[schema(format = "date-time")]
    handed_over_at: Option<String>,
    /// Counts changes; the ETag.
    pub(in crate::control::api) revision: i64,
    /// When it was last used, to a few seconds.
    #[schema(format = "date-time")]
    last_used_at: Option<String>,
    /// From where.
    last_used_from: Option<String>,
    /// From how many addresses within 30 days: an IPv6 network (/64) is one, and no more than 16 are known.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 16)]
    recent_addresses: i64,
}

/// What a credential is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::control::api) enum SecretKind {
    /// A bearer token or API key.
    Token,
    /// User name and password.
    Password,
}

/// How often a credential may be used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit)]
pub(in crate::control::api) struct RateLimitBody {
    /// Requests in each window.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub(in crate::control::api) requests: u32,
    /// The window.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub(in crate::control::api) seconds: u32,
    /// Requests that may come at once; as many as in a window by default.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    pub(in crate::control::api) burst: Option<u32>,
}

/// A secret: seen here, this once. Save it somewhere safe.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Secret)]
pub(in crate::control::api) enum SecretBody {
    /// A token.
    Token {
        /// To present as bearer token or API key.
        token: String,
    },
    /// A Basic pair.
    Pair {
        /// What stands before the colon.
        username: String,
        /// What stands behind it; left out where whoever asked has chosen it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        password: Option<String>,
    },
}

/// A credential whose secret was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialWithSecret)]
pub(in crate::control::api) struct WithSecret {
    /// As it is kept.
    pub(in crate::control::api) credential: CredentialBody,
    /// Seen once: null where this call was answered before.
    pub(in crate::control::api) secret: Option<SecretBody>,
    /// True where a call with this Idempotency-Key was answered before, with the secret.
    pub(in crate::control::api) repeated: bool,
}

impl WithSecret {
    /// For the one answer that shows it.
    pub(in crate::control::api) fn new(record: &CredentialRecord, secret: &PlainSecret) -> Self {
        let username = || record.username().unwrap_or_default().to_owned();
        let secret = match secret {
            PlainSecret::Token(token) => SecretBody::Token { token: token.reveal().to_owned() },
            PlainSecret::Password(password) => {
                let password = String::from_utf8_lossy(password.reveal()).into_owned();
                SecretBody::Pair { username: username(), password: Some(password) }
            }
            PlainSecret::Chosen => SecretBody::Pair { username: username(), password: None },
        };
        Self { credential: record.into(), secret: Some(secret), repeated: false }
    }

    /// For a call that comes again: what was answered, without the secret.
    ///
    /// # Errors
    /// When nobody can read any more what was answered.
    pub(in crate::control::api) fn repeated(facts: Value) -> Result<Self, Problem> {
        Ok(Self { credential: answered_before(facts)?, secret: None, repeated: true })
    }
}

impl From<&CredentialRecord> for CredentialBody {
    fn from(record: &CredentialRecord) -> Self {
        let moment = |moment: &Option<jiff::Timestamp>| moment.map(|moment| moment.to_string());
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
            rate_limit: record.rate_limit.map(|limit| RateLimitBody {
                requests: limit.requests.get(),
                seconds: limit.seconds.get(),
                burst: Some(limit.burst.get()),
            }),
            created_at: record.created_at.to_string(),
            created_by: record.created_by.clone(),
            secret_made_at: record.secret_made_at.to_string(),
            previous_secret_ends_at: previous,
            handed_over_at: moment(&record.handed_over_at),
            revision: record.revision,
            last_used_at: moment(&record.last_used_at),
            last_used_from: record.last_used_from.clone(),
            recent_addresses: record.recent_addresses,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::operations::credential_facts;
    use crate::credential::{StoredSecret, TokenDigest};

    #[test]
    fn the_api_tells_what_the_command_line_tells() {
        let secret = StoredSecret::Token(TokenDigest::of(b"token"));
        let (id, account) = ("acme-1".parse().unwrap(), "acme".parse().unwrap());
        let record = CredentialRecord::new(id, account, secret, jiff::Timestamp::UNIX_EPOCH, "root");
        assert_eq!(serde_json::to_value(CredentialBody::from(&record)).unwrap(), credential_facts(&record));
    }
}
