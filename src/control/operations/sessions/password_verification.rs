use std::time::Duration;

use super::SignInContext;
use crate::auth::Network;
use crate::control::Sentence;
use crate::control::operations::{NoSecret, OperationError, OperationReason};
use crate::credential::{PasswordHash, PlainPassword};

/// Longer input is wrong without being hashed.
pub(super) const MAX_PASSWORD_BYTES: usize = 1024;

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum SignInError {
    /// Does not tell which of the two, or whether the user exists.
    Wrong,
    /// The password was not compared.
    TooMany { retry_after: Duration },
}

impl OperationReason for SignInError {}

impl From<&SignInError> for Sentence {
    fn from(error: &SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::SignInWrong,
            SignInError::TooMany { retry_after } => Self::SignInTooMany { seconds: retry_after.as_secs().into() },
        }
    }
}

impl SignInContext<'_> {
    /// Compares a password. Takes as long without a hash, so that response times do not disclose which users exist.
    ///
    /// # Errors
    /// [`SignInError::TooMany`], [`NoSecret::Busy`].
    pub(super) async fn verify(
        &self,
        email: &str,
        (hash, user_exists): (Option<PasswordHash>, bool),
        password: PlainPassword,
    ) -> Result<bool, OperationError<SignInError>> {
        let has_hash = hash.is_some();
        let hash = hash.unwrap_or_else(PasswordHash::dummy);
        let fits = password.reveal().len() <= MAX_PASSWORD_BYTES;
        let Some(rules) = self.rules else {
            if !fits {
                return Ok(false);
            }
            let is_right = self.hashes.verify(hash, password).await.map_err(NoSecret::from)?;
            return Ok(is_right && has_hash);
        };
        let (network, name) = (Network::of(self.address), email.to_ascii_lowercase());
        let attempt =
            self.throttle.begin(&rules, network, &name, user_exists, has_hash.then_some(&hash), self.clock.steady());
        let attempt = attempt.map_err(|retry_after| SignInError::TooMany { retry_after })?;
        if !fits {
            self.throttle.wrong(attempt, self.clock.steady());
            return Ok(false);
        }
        match self.hashes.verify(hash, password).await {
            Ok(true) if has_hash => {
                self.throttle.right(&attempt);
                Ok(true)
            }
            Ok(_) => {
                self.throttle.wrong(attempt, self.clock.steady());
                Ok(false)
            }
            Err(full) => {
                self.throttle.undecided(&attempt);
                Err(NoSecret::from(full).into())
            }
        }
    }
}
