//! Queueing, in the transaction of the change that a message reports.

use jiff::Timestamp;

use super::message::{Channel, MessageState, NotSent, Purpose};
use crate::credential::time_ordered_id;
use crate::store::statement;
use crate::store::timestamps::from_millis;
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
        self.insert_message(&id, message, (self.now, None)).await?;
        Ok(id)
    }

    /// Queues a message for its first attempt at this moment.
    pub async fn enqueue_at(&mut self, message: &NewMessage<'_>, first_at: Timestamp) -> Result<(), StoreError> {
        let id = format!("msg_{}", time_ordered_id(self.now, None).simple());
        self.insert_message(&id, message, (first_at, None)).await?;
        Ok(())
    }

    /// Queues a message unless one was queued before for the same purpose, target, recipient and `occasion`, by any
    /// process, since the last 30 days. False when it was.
    pub async fn enqueue_once(&mut self, message: &NewMessage<'_>, occasion: &str) -> Result<bool, StoreError> {
        let parts = [message.purpose.as_str(), message.target, message.recipient, occasion];
        let digest = crate::credential::TokenDigest::of(parts.join("\n").as_bytes());
        let id: String = digest.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.insert_message(&format!("once_{id}"), message, (self.now, Some(occasion))).await
    }

    async fn insert_message(
        &mut self,
        id: &str,
        message: &NewMessage<'_>,
        (first_at, occasion): (Timestamp, Option<&str>),
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO outbox (id, channel, purpose, target, recipient, locale, created_by, state, attempts,
            created_at, ends_at, next_at, occasion) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12)
            ON CONFLICT (id) DO NOTHING";
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sql)
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
            .bind(first_at.as_millisecond())
            .bind(occasion)
            .execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Gives up the waiting messages about a target, which has ended: a superseded reveal, a used invitation.
    pub async fn cancel_messages(&mut self, target: &str) -> Result<u64, StoreError> {
        self.give_up_messages(target, None, NotSent::Ended).await
    }

    /// Gives up the text messages of a reveal that wait: another one follows, whose code replaces theirs.
    pub async fn cancel_texts(&mut self, reveal: &str) -> Result<u64, StoreError> {
        self.give_up_messages(reveal, Some(Channel::Sms), NotSent::Replaced).await
    }

    async fn give_up_messages(
        &mut self,
        target: &str,
        channel: Option<Channel>,
        why: NotSent,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE outbox SET state = $1, next_at = NULL, error_code = $2, error_text = NULL
            WHERE target = $3 AND state = $4 AND channel = COALESCE($5, channel)";
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(MessageState::GivenUp.as_str())
            .bind(why.as_str())
            .bind(target)
            .bind(MessageState::Waiting.as_str())
            .bind(channel.map(Channel::as_str))
            .execute(connection))?;
        Ok(touched.0)
    }

    /// When the newest message for this purpose to this recipient was, or is to be, sent first; of those that were queued
    /// since `since`. Locks nothing.
    pub async fn newest_first_attempt(
        &mut self,
        purpose: Purpose,
        recipient: &str,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MAX(CASE WHEN attempts = 0 THEN COALESCE(next_at, created_at) ELSE COALESCE(sent_at, created_at) END)
            FROM outbox WHERE recipient = $1 AND purpose = $2 AND created_at > $3";
        let row: (Option<i64>,) = timed!(self, |connection| statement::query_as::<_, (Option<i64>,)>(sql)
            .bind(recipient)
            .bind(purpose.as_str())
            .bind(since.as_millisecond())
            .fetch_one(connection))?;
        let broken = |()| StoreError::Inconsistent { table: "outbox", column: "next_at", id: purpose.as_str().into() };
        row.0.map(|at| from_millis(at).map_err(broken)).transpose()
    }
}
