use std::time::Duration;

use jiff::Timestamp;

use super::{AccountScope, Caller, OperationError, OperationRefusal, Right, WebhookTerms};
use crate::auth::{HashPool, Throttle};
use crate::config::Delivery;
use crate::credential::{InstallationKeys, TokenFormat};
use crate::formats::Catalogs;
use crate::store::{Actor, ActorKind, Store};

/// What each operation takes beside its input: database, caller, time, settings and the conditions of the request.
#[derive(Clone, Copy)]
pub struct OperationContext<'c> {
    pub store: &'c Store,
    pub caller: &'c Caller,
    pub now: Timestamp,
    pub terms: Terms<'c>,
    /// Where operations hash passwords. Without it those that create one fail with [`NoSecret::Machine`](super::NoSecret::Machine).
    pub hashes: Option<&'c HashPool>,
    /// The revision that the entity must have (`If-Match`, RFC 9110, 13.1.1).
    pub revision: Option<i64>,
    /// Executes the operation at most once (`Idempotency-Key`).
    pub idempotency_key: Option<&'c IdempotencyKey>,
    /// `None` in a process without a gate: each gate counts wrong passwords of its own.
    pub gate_throttle: Option<ProcessThrottle<'c>>,
    /// `None` in a process at which nobody signs in: each process counts wrong passwords of its own.
    pub sign_in_throttle: Option<ProcessThrottle<'c>>,
    /// `None` where secrets are not delivered, and at the command line.
    pub installation_keys: Option<&'c InstallationKeys>,
}

/// A throttle of this process.
#[derive(Clone, Copy)]
pub struct ProcessThrottle<'c> {
    pub throttle: &'c Throttle,
    /// Of [`crate::clock::Clock::steady`].
    pub now: Duration,
}

/// What the settings say about credentials.
#[derive(Clone, Copy)]
pub struct Terms<'c> {
    /// Configured versions and scopes.
    pub catalogs: Catalogs<'c>,
    /// Format of new tokens.
    pub format: &'c TokenFormat,
    /// How secrets and notices reach people.
    pub delivery: &'c Delivery,
    /// `None` where there are no webhooks: then no event is recorded.
    pub webhooks: Option<&'c WebhookTerms>,
}

/// The `Idempotency-Key` of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// SHA-256 of the request, so that one key cannot stand for two requests.
    pub request: [u8; 32],
}

impl<'c> OperationContext<'c> {
    pub fn new(store: &'c Store, caller: &'c Caller, now: Timestamp, terms: Terms<'c>) -> Self {
        Self {
            store,
            caller,
            now,
            terms,
            hashes: None,
            revision: None,
            idempotency_key: None,
            gate_throttle: None,
            sign_in_throttle: None,
            installation_keys: None,
        }
    }

    pub fn actor(&self) -> &'c Actor {
        &self.caller.actor
    }

    /// The accounts in which the caller has this right.
    ///
    /// # Errors
    /// [`OperationRefusal::Forbidden`] when there are none.
    pub fn reach(&self, right: Right) -> Result<AccountScope<'c>, OperationRefusal> {
        self.caller.reach(right)
    }

    /// The same for a right that an account has only while its API access is granted. Shell and system always have it.
    ///
    /// # Errors
    /// [`OperationRefusal::Forbidden`], [`OperationRefusal::AccessNotGranted`], or a store that does not answer.
    pub async fn reach_granted(&self, right: Right) -> Result<AccountScope<'c>, OperationError> {
        let reach = self.reach(right)?;
        let account = match self.caller.actor.kind {
            ActorKind::User | ActorKind::Token | ActorKind::Link | ActorKind::Credential => reach.only(),
            ActorKind::Shell | ActorKind::System => None,
        };
        if let Some(account) = account
            && !self.store.account(account.as_str()).await?.is_some_and(|account| account.granted)
        {
            return Err(OperationRefusal::AccessNotGranted.into());
        }
        Ok(reach)
    }

    /// Compares the current revision of the entity with that of `If-Match`.
    ///
    /// # Errors
    /// [`OperationRefusal::Stale`].
    pub fn check_revision(&self, current: i64) -> Result<(), OperationRefusal> {
        match self.revision {
            Some(expected) if expected != current => Err(OperationRefusal::Stale(current)),
            _ => Ok(()),
        }
    }
}
