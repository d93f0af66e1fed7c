//! A credential in a response that reveals its secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::control::api::response::{Resource, replayed};
use crate::control::operations::{Created, Deliver, Outcome, PlainSecret};
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

/// How a secret gets to its user.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Deliver)]
pub(in crate::control::api) enum DeliverWord {
    /// To the contact of the credential: by a link in a mail, and a code in a text message.
    Send,
    /// In the response, once.
    Show,
}

impl From<DeliverWord> for Deliver {
    fn from(word: DeliverWord) -> Self {
        match word {
            DeliverWord::Send => Self::Send,
            DeliverWord::Show => Self::Show,
        }
    }
}

/// A credential with its new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialWithSecret)]
pub(in crate::control::api) struct WithSecret {
    credential: CredentialView,
    /// Shown once; null where it is sent to the contact, and where the response repeats an earlier one.
    secret: Option<SecretBody>,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

impl WithSecret {
    fn new(record: &CredentialRecord, secret: &PlainSecret, now: Timestamp) -> Self {
        let username = || record.username().unwrap_or_default().to_owned();
        let secret = match secret {
            PlainSecret::Token(token) => SecretBody::Token { token: token.reveal().to_owned() },
            PlainSecret::Password(password) => {
                let password = String::from_utf8_lossy(password.reveal()).into_owned();
                SecretBody::Pair { username: username(), password: Some(password) }
            }
            PlainSecret::Chosen => SecretBody::Pair { username: username(), password: None },
            PlainSecret::Sent => {
                return Self { credential: CredentialView::at(record, now), secret: None, repeated: false };
            }
        };
        Self { credential: CredentialView::at(record, now), secret: Some(secret), repeated: false }
    }

    /// The new secret, or the stored response of an earlier call without it.
    ///
    /// # Errors
    /// When the stored response cannot be read.
    pub(in crate::control::api) fn once(outcome: Outcome<Created>, now: Timestamp) -> Result<Self, Problem> {
        Ok(match outcome {
            Outcome::Fresh(created) => Self::new(&created.record, &created.secret, now),
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
