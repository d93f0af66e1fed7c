//! One call of an operation: who asks, when, of which database, by which settings.

use jiff::Timestamp;

use super::{AccountScope, Caller, Refusal, Right};
use crate::credential::TokenFormat;
use crate::formats::Catalogs;
use crate::store::{Actor, ActorKind, Store, StoreError};

/// What every operation is given.
#[derive(Clone, Copy)]
pub struct OperationContext<'c> {
    /// What is read and changed.
    pub store: &'c Store,
    /// Who asks.
    pub caller: &'c Caller,
    /// By the clock of whoever asks.
    pub now: Timestamp,
    /// What the settings say.
    pub terms: Terms<'c>,
    /// Only if the thing has this revision (`If-Match`, RFC 9110, 13.1.1).
    pub revision: Option<i64>,
    /// Only once, however often it is called (`Idempotency-Key`).
    pub once: Option<&'c IdempotencyKey>,
}

/// What the settings say about credentials.
#[derive(Clone, Copy)]
pub struct Terms<'c> {
    /// Versions and scopes.
    pub catalogs: Catalogs<'c>,
    /// What new tokens look like.
    pub format: &'c TokenFormat,
}

/// A call that may come twice, because its first answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// What the caller made up.
    pub key: String,
    /// SHA-256 of what is asked for: the same key must not stand for something else.
    pub request: [u8; 32],
}

impl<'c> OperationContext<'c> {
    /// One whose outcome depends on no revision.
    pub fn new(store: &'c Store, caller: &'c Caller, now: Timestamp, terms: Terms<'c>) -> Self {
        Self { store, caller, now, terms, revision: None, once: None }
    }

    /// Who does it.
    pub fn actor(&self) -> &'c Actor {
        &self.caller.actor
    }

    /// The accounts in which the caller may do this.
    ///
    /// # Errors
    /// When they may do it nowhere.
    pub fn reach(&self, right: Right) -> Result<AccountScope<'c>, Refusal> {
        self.caller.reach(right)
    }

    /// The same of what is not there for an account before it was let in.
    ///
    /// # Errors
    /// When they may do it nowhere, or not yet.
    pub async fn reach_granted<E: From<Refusal> + From<StoreError>>(
        &self,
        right: Right,
    ) -> Result<AccountScope<'c>, E> {
        let reach = self.reach(right)?;
        let asks = match self.caller.actor.kind {
            ActorKind::User | ActorKind::Token | ActorKind::Link => reach.only(),
            ActorKind::Shell | ActorKind::System => None,
        };
        if let Some(account) = asks
            && !self.store.account(account.as_str()).await?.is_some_and(|account| account.granted)
        {
            return Err(Refusal::AccessNotGranted.into());
        }
        Ok(reach)
    }

    /// Whether the thing is as the caller has seen it.
    ///
    /// # Errors
    /// When it is not.
    pub fn expects(&self, revision: i64) -> Result<(), Refusal> {
        match self.revision {
            Some(expected) if expected != revision => Err(Refusal::Stale(revision)),
            _ => Ok(()),
        }
    }
}
