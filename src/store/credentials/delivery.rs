//! How the secret of a credential reaches its contact: the newest reveal, and what was sent for it.

use jiff::Timestamp;

use crate::store::reveals::{RevealRecord, RevealRow};
use crate::store::timestamps::from_millis;
use crate::store::{MessageState, StoreError};

/// The newest reveal of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryProgress {
    pub reveal: RevealRecord,
    /// The newest mail with a link; `None` where none was queued within 30 days.
    pub mail: Option<MessageProgress>,
    /// The newest text message with a code.
    pub text: Option<MessageProgress>,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageProgress {
    pub state: MessageState,
    pub queued_at: Timestamp,
    /// When it was accepted.
    pub sent_at: Option<Timestamp>,
    /// Of the next attempt; `None` when none follows.
    pub next_at: Option<Timestamp>,
    /// While this is in the future, an attempt is under way.
    pub claimed_until: Option<Timestamp>,
    /// A stable word of the newest failure.
    pub error_code: Option<String>,
    /// The answer of the other side.
    pub error_text: Option<String>,
}

impl MessageProgress {
    pub fn is_sending(&self, now: Timestamp) -> bool {
        self.claimed_until.is_some_and(|until| until > now)
    }
}

/// For a query on credentials `c` with [`JOINS`].
pub(super) const COLUMNS: &str = "m.state AS mail_progress, m.created_at AS mail_queued_at, m.sent_at AS mail_sent_at,
    m.next_at AS mail_next_at, m.claimed_until AS mail_claimed_until, m.error_code AS mail_error_code,
    m.error_text AS mail_error_text, x.state AS text_progress, x.created_at AS text_queued_at, x.sent_at AS text_sent_at,
    x.next_at AS text_next_at, x.claimed_until AS text_claimed_until, x.error_code AS text_error_code,
    x.error_text AS text_error_text";
pub(super) const JOINS: &str = "
    LEFT JOIN reveals r ON r.id = (SELECT n.id FROM reveals n WHERE n.credential = c.id ORDER BY n.number DESC
        LIMIT 1)
    LEFT JOIN outbox m ON m.id = (SELECT n.id FROM outbox n WHERE n.target = r.id AND n.channel = 'mail'
        AND n.purpose = 'reveal_link' ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
    LEFT JOIN outbox x ON x.id = (SELECT n.id FROM outbox n WHERE n.target = r.id AND n.channel = 'sms'
        ORDER BY n.created_at DESC, n.id DESC LIMIT 1)";

#[derive(sqlx::FromRow)]
pub(super) struct DeliveryRow {
    #[sqlx(flatten)]
    reveal: RevealRow,
    mail_progress: Option<String>,
    mail_queued_at: Option<i64>,
    mail_sent_at: Option<i64>,
    mail_next_at: Option<i64>,
    mail_claimed_until: Option<i64>,
    mail_error_code: Option<String>,
    mail_error_text: Option<String>,
    text_progress: Option<String>,
    text_queued_at: Option<i64>,
    text_sent_at: Option<i64>,
    text_next_at: Option<i64>,
    text_claimed_until: Option<i64>,
    text_error_code: Option<String>,
    text_error_text: Option<String>,
}

impl DeliveryRow {
    pub(super) fn delivery(self) -> Result<Option<DeliveryProgress>, StoreError> {
        let Some(reveal) = self.reveal.record()? else { return Ok(None) };
        let mail = progress(
            &reveal.id,
            self.mail_progress,
            [self.mail_queued_at, self.mail_sent_at, self.mail_next_at, self.mail_claimed_until],
            [self.mail_error_code, self.mail_error_text],
        )?;
        let text = progress(
            &reveal.id,
            self.text_progress,
            [self.text_queued_at, self.text_sent_at, self.text_next_at, self.text_claimed_until],
            [self.text_error_code, self.text_error_text],
        )?;
        Ok(Some(DeliveryProgress { reveal, mail, text }))
    }
}

fn progress(
    reveal: &str,
    state: Option<String>,
    [queued, sent, next, claimed]: [Option<i64>; 4],
    [error_code, error_text]: [Option<String>; 2],
) -> Result<Option<MessageProgress>, StoreError> {
    let broken = |column| StoreError::Inconsistent { table: "outbox", column, id: reveal.to_owned() };
    let instant =
        |millis: Option<i64>, column| millis.map(|millis| from_millis(millis).map_err(|()| broken(column))).transpose();
    let Some(state) = state else { return Ok(None) };
    Ok(Some(MessageProgress {
        state: MessageState::of(&state).ok_or_else(|| broken("state"))?,
        queued_at: instant(queued, "created_at")?.ok_or_else(|| broken("created_at"))?,
        sent_at: instant(sent, "sent_at")?,
        next_at: instant(next, "next_at")?,
        claimed_until: instant(claimed, "claimed_until")?,
        error_code,
        error_text,
    }))
}
