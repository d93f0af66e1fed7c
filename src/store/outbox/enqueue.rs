//! Queueing, in the transaction of the change that a message reports.

use jiff::Timestamp;

use super::message::{MessageState, Purpose};
use crate::credential::time_ordered_id;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

/// A message to queue.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'m> {
    pub purpose: Purpose,
    /// See [`Purpose`].
    pub target: &'m str,
    /// E-mail address, or mobile number (E.164).
    pub recipient: &'m str,
    /// Language of the recipient; `None`: the first language of the console.
    pub locale: Option<&'m str>,
    /// `KIND:ID` of the actor.
    pub created_by: &'m str,
    /// No attempt begins from here on.
    pub ends_at: Timestamp,
}

impl Transaction {
    /// Queues a message for its first attempt now. Returns the id of its row.
    pub async fn enqueue(&mut self, message: &NewMessage<'_>) -> Result<String, StoreError> {
        let id = format!("msg_{}", time_ordered_id(self.now, None).simple());
        self.insert_message(&id, message).await?;
        Ok(id)
    }

    /// Queues a message unless one was queued before for the same purpose, target, recipient and `occasion`, by any
    /// process, since the last 30 days. False when it was.
    pub async fn enqueue_once(&mut self, message: &NewMessage<'_>, occasion: &str) -> Result<bool, StoreError> {
        let parts = [message.purpose.as_str(), message.target, message.recipient, occasion];
        let digest = crate::credential::TokenDigest::of(parts.join("\n").as_bytes());
        let id: String = digest.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.insert_message(&format!("once_{id}"), message).await
    }

    async fn insert_message(&mut self, id: &str, message: &NewMessage<'_>) -> Result<bool, StoreError> {
        let sql = "INSERT INTO outbox (id, channel, purpose, target, recipient, locale, created_by, state, attempts,
            next_at, created_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, $10)
            ON CONFLICT (id) DO NOTHING";
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| sqlx::query(sql)
            .bind(id)
            .bind(message.purpose.channel().as_str())
            .bind(message.purpose.as_str())
            .bind(message.target)
            .bind(message.recipient)
            .bind(message.locale)
            .bind(message.created_by)
            .bind(MessageState::Waiting.as_str())
            .bind(now)
            .bind(message.ends_at.as_millisecond())
            .execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Gives up the waiting messages about a target, which has ended: a superseded reveal, a used invitation.
    pub async fn cancel_messages(&mut self, target: &str) -> Result<u64, StoreError> {
        let sql = "UPDATE outbox SET state = $1, next_at = NULL, error_code = 'ended', error_text = NULL
            WHERE target = $2 AND state = $3";
        let touched: Touched = timed!(self, |connection| sqlx::query(sql)
            .bind(MessageState::GivenUp.as_str())
            .bind(target)
            .bind(MessageState::Waiting.as_str())
            .execute(connection))?;
        Ok(touched.0)
    }
}
