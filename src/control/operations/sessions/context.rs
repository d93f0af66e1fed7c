//! Where somebody stands whom nobody knows yet.

use std::net::IpAddr;
use std::time::Duration;

use super::SessionLimits;
use crate::auth::{HashPool, Network, Throttle, ThrottleRules};
use crate::clock::Clock;
use crate::control::operations::Caller;
use crate::credential::{Label, PasswordHash, PlainPassword};
use crate::store::{Actor, ActorKind, Role, Store};

/// No password is longer, and nothing longer is hashed.
pub(super) const LONGEST_PASSWORD: usize = 1024;

/// What is needed to know somebody.
#[derive(Clone, Copy)]
pub struct SignInContext<'d> {
    /// Where those who are known are kept.
    pub store: &'d Store,
    /// Tells the time.
    pub clock: &'d Clock,
    /// Verifies passwords, so many at a time.
    pub hashes: &'d HashPool,
    /// Knows who has guessed wrong.
    pub throttle: &'d Throttle,
    /// How much guessing is tolerated; any amount when there are none.
    pub rules: Option<ThrottleRules>,
    /// How long somebody stays signed in.
    pub limits: SessionLimits,
    /// Where they are.
    pub address: IpAddr,
    /// The request they came with.
    pub request_id: Option<&'d str>,
}

/// Too many passwords wait for being hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being hashed; try again in a moment")]
pub struct Busy;

/// Why nobody has looked at a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuessError {
    /// Too many wrong ones came from there.
    #[error("too many wrong passwords; try again in {} s", retry_after.as_secs())]
    TooMany {
        /// How long further ones are refused.
        retry_after: Duration,
    },
    /// Too many wait.
    #[error(transparent)]
    Busy(#[from] Busy),
}

impl SignInContext<'_> {
    /// True when the password is right. Costs the same where there is nothing to compare it with; one that is too
    /// long is wrong without being hashed.
    pub(super) async fn verify(
        &self,
        email: &str,
        (hash, is_known): (Option<PasswordHash>, bool),
        password: PlainPassword,
    ) -> Result<bool, GuessError> {
        let has_hash = hash.is_some();
        let hash = hash.unwrap_or_else(PasswordHash::dummy);
        let is_fit = password.reveal().len() <= LONGEST_PASSWORD;
        let Some(rules) = self.rules else {
            if !is_fit {
                return Ok(false);
            }
            let is_right = self.hashes.verify(hash, password).await.map_err(|_| Busy)?;
            return Ok(is_right && has_hash);
        };
        let (network, name) = (Network::of(self.address), email.to_ascii_lowercase());
        let guess = self.throttle.begin(&rules, network, &name, is_known, self.clock.steady());
        let guess = guess.map_err(|retry_after| GuessError::TooMany { retry_after })?;
        if !is_fit {
            self.throttle.wrong(guess, self.clock.steady());
            return Ok(false);
        }
        match self.hashes.verify(hash, password).await {
            Ok(true) if has_hash => {
                self.throttle.right(&guess);
                Ok(true)
            }
            Ok(_) => {
                self.throttle.wrong(guess, self.clock.steady());
                Ok(false)
            }
            Err(_) => {
                self.throttle.undecided(&guess);
                Err(Busy.into())
            }
        }
    }

    /// Hashes a password, when it is its turn.
    pub(in crate::control::operations) async fn hash(&self, password: PlainPassword) -> Result<PasswordHash, Busy> {
        let (hash, _) = self.hashes.hash(password).await.map_err(|_| Busy)?;
        Ok(hash)
    }

    /// Somebody who does something from here.
    pub(in crate::control::operations) fn actor(&self, kind: ActorKind, id: &str) -> Actor {
        Actor {
            kind,
            id: id.to_owned(),
            request_id: self.request_id.map(str::to_owned),
            address: Some(self.address.to_string()),
        }
    }

    /// Somebody who is known by now.
    pub(super) fn caller(&self, kind: ActorKind, id: &Label, role: Role, account: Option<&Label>) -> Caller {
        let user = (kind == ActorKind::User).then(|| id.clone());
        Caller { actor: self.actor(kind, id.as_str()), role, account: account.cloned(), user }
    }
}
