//! Calls that may come twice because their first answer was lost: what was answered is remembered, without the secret.

use serde::Serialize;
use serde_json::Value;

use super::{OperationContext, Refusal};
use crate::store::{StoreError, StoredResponse, Transaction};

/// What has become of a call that may come twice.
#[derive(Debug)]
pub enum Once<T> {
    /// It is done now.
    Done(T),
    /// It was done before: the facts as they were then. The secret was shown then, and only then.
    Repeated(Value),
}

impl<T> Once<T> {
    /// What was done, if it was done now.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(outcome) => Some(outcome),
            Self::Repeated(_) => None,
        }
    }
}

impl OperationContext<'_> {
    /// What was answered to this call before. To be asked before anything is looked at that may have changed since.
    pub(super) async fn answered<E: From<Refusal> + From<StoreError>>(&self) -> Result<Option<Value>, E> {
        let Some(once) = self.once else { return Ok(None) };
        let remembered = self.store.stored_response(&self.whose(), &once.key, self.now).await?;
        Ok(remembered.map(|remembered| self.answer(&remembered)).transpose()?)
    }

    /// Takes the key, waiting for whoever has it until they are done. What was answered then, if they were.
    pub(super) async fn claim<E: From<Refusal> + From<StoreError>>(
        &self,
        transaction: &mut Transaction,
    ) -> Result<Option<Value>, E> {
        let Some(once) = self.once else { return Ok(None) };
        let remembered = transaction.claim_key(&self.whose(), &once.key, &once.request).await?;
        Ok(remembered.map(|remembered| self.answer(&remembered)).transpose()?)
    }

    /// Puts down what is answered, for whoever asks again.
    pub(super) async fn remember(
        &self,
        transaction: &mut Transaction,
        view: &impl Serialize,
    ) -> Result<(), StoreError> {
        let Some(once) = self.once else { return Ok(()) };
        let answer = serde_json::to_value(view).unwrap_or_default().to_string();
        transaction.store_response(&self.whose(), &once.key, &answer).await
    }

    fn answer(&self, remembered: &StoredResponse) -> Result<Value, Refusal> {
        if self.once.is_some_and(|once| once.request[..] != remembered.request) {
            return Err(Refusal::KeyReused);
        }
        serde_json::from_str(&remembered.answer).map_err(|_| Refusal::KeyBusy)
    }

    /// The caller, by kind and id: a user and a token may be called the same.
    pub(super) fn whose(&self) -> String {
        let actor = self.actor();
        format!("{}:{}", actor.kind.as_str(), actor.id)
    }
}
