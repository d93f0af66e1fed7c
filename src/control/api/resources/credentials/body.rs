//! A credential in a response that reveals its secret.

use serde::Serialize;
use utoipa::ToSchema;

use crate::control::api::response::{Resource, replayed};
use crate::control::operations::{Created, Outcome, PlainSecret};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::store::CredentialRecord;

/// A secret. No other response shows it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Secret)]
pub(in crate::control::api) enum SecretBody {
    Token {
        /// The bearer token or API key.
        token: String,
    },
    Pair {
        username: String,
        /// Left out where the caller chose it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        password: Option<String>,
    },
}

/// A credential with its new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialWithSecret)]
pub(in crate::control::api) struct WithSecret {
    credential: CredentialView,
    /// Shown once; null where the response repeats an earlier one.
    secret: Option<SecretBody>,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

impl WithSecret {
    fn new(record: &CredentialRecord, secret: &PlainSecret) -> Self {
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

    /// The new secret, or the stored response of an earlier call without it.
    ///
    /// # Errors
    /// When the stored response cannot be read.
    pub(in crate::control::api) fn once(outcome: Outcome<Created>) -> Result<Self, Problem> {
        Ok(match outcome {
            Outcome::Fresh(created) => Self::new(&created.record, &created.secret),
            Outcome::Replayed(stored) => Self { credential: replayed(stored)?, secret: None, repeated: true },
        })
    }
}

impl Resource for WithSecret {
    const COLLECTION: &'static str = CredentialView::COLLECTION;

    fn id(&self) -> &str {
        self.credential.id()
    }

    fn revision(&self) -> i64 {
        self.credential.revision()
    }

    fn is_replayed(&self) -> bool {
        self.repeated
    }
}
