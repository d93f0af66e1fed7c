//! A credential in a response that reveals its secret.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::control::api::problem::Problem;
use crate::control::api::response::answered_before;
use crate::control::operations::PlainSecret;
use crate::control::views::CredentialView;
use crate::store::CredentialRecord;

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
    pub(in crate::control::api) credential: CredentialView,
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
