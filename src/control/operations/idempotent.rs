//! Requests that a client repeats because the response was lost: the stored response is replayed, without the secret.

use serde::Serialize;
use serde_json::Value;

use super::{OperationContext, OperationError, OperationRefusal};
use crate::store::{StoreError, StoredResponse, Transaction};

/// Outcome of an operation that takes an [`IdempotencyKey`](super::IdempotencyKey).
#[derive(Debug)]
pub enum Outcome<T> {
    /// Executed by this request.
    Fresh(T),
    /// Executed by an earlier request with this key: the view of the entity as of then. Its secret was revealed then
    /// and is not stored.
    Replayed(Value),
}

impl<T> Outcome<T> {
    pub fn fresh(self) -> Option<T> {
        match self {
            Self::Fresh(outcome) => Some(outcome),
            Self::Replayed(_) => None,
        }
    }
}

impl OperationContext<'_> {
    /// The stored response to this key. Operations look it up before they check anything that the first execution has
    /// changed.
    pub(super) async fn stored_response(&self) -> Result<Option<Value>, OperationError> {
        let Some(key) = self.idempotency_key else { return Ok(None) };
        let stored = self.store.stored_response(&self.caller_key(), &key.key, self.now).await?;
        Ok(stored.map(|stored| self.replay(&stored)).transpose()?)
    }

    /// Locks the key, waiting for a transaction that holds it. `Some` when that one has stored its response.
    pub(super) async fn claim_key(&self, transaction: &mut Transaction) -> Result<Option<Value>, OperationError> {
        let Some(key) = self.idempotency_key else { return Ok(None) };
        let stored = transaction.claim_key(&self.caller_key(), &key.key, &key.request).await?;
        Ok(stored.map(|stored| self.replay(&stored)).transpose()?)
    }

    pub(super) async fn store_response(
        &self,
        transaction: &mut Transaction,
        view: &impl Serialize,
    ) -> Result<(), StoreError> {
        let Some(key) = self.idempotency_key else { return Ok(()) };
        let response = serde_json::to_value(view).unwrap_or_default().to_string();
        transaction.store_response(&self.caller_key(), &key.key, &response).await
    }

    fn replay(&self, stored: &StoredResponse) -> Result<Value, OperationRefusal> {
        if self.idempotency_key.is_some_and(|key| key.request[..] != stored.request) {
            return Err(OperationRefusal::KeyReused);
        }
        serde_json::from_str(&stored.answer).map_err(|_| OperationRefusal::KeyBusy)
    }

    /// Kind and id of the caller: a user and an operator token may have the same id.
    pub(super) fn caller_key(&self) -> String {
        let actor = self.actor();
        format!("{}:{}", actor.kind.as_str(), actor.id)
    }
}
