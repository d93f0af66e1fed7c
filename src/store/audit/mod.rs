//! Who did what to what.

pub(super) mod list;
use super::credentials::write::BATCH;
use super::transaction::{Touched, built};
use super::{StoreError, Transaction};

/// What kind of caller it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// Claviger by itself.
    System,
    /// Somebody at the operator's shell.
    Shell,
    /// A user who has signed in.
    User,
    /// A script with an operator token.
    Token,
    /// Whoever holds a link.
    Link,
}

/// Who does something, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// Its id, or the name of the shell's user.
    pub id: String,
    /// The request it came with.
    pub request_id: Option<String>,
    /// Where that came from.
    pub address: Option<String>,
}

/// One line of the audit. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done, as the operations call it.
    pub verb: &'static str,
    /// The account it belongs to, if to one.
    pub account: Option<String>,
    /// What kind of thing it was done to.
    pub target_kind: &'static str,
    /// Which one.
    pub target: String,
    /// What it was before, as JSON.
    pub before: Option<String>,
    /// What it is now, as JSON.
    pub after: Option<String>,
}

impl Transaction {
    /// Puts down who does what.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn audit(&mut self, actor: &Actor, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_all(actor, std::slice::from_ref(entry)).await
    }

    /// The same for many things at once.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn audit_all(&mut self, actor: &Actor, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let begin = "INSERT INTO audit
            (id, at, actor_kind, actor, verb, account, target_kind, target, before_it, after_it, request_id, address) ";
        let now = self.now.as_millisecond();
        for batch in entries.chunks(BATCH) {
            let rows: Vec<(String, &AuditEntry)> = batch.iter().map(|entry| (self.next_id(), entry)).collect();
            let _touched: Touched = built!(self, begin, |sql, connection| {
                sql.push_values(&rows, |mut row, (id, entry)| {
                    row.push_bind(id)
                        .push_bind(now)
                        .push_bind(actor.kind.as_str())
                        .push_bind(&actor.id)
                        .push_bind(entry.verb)
                        .push_bind(&entry.account)
                        .push_bind(entry.target_kind)
                        .push_bind(&entry.target)
                        .push_bind(&entry.before)
                        .push_bind(&entry.after)
                        .push_bind(&actor.request_id)
                        .push_bind(&actor.address);
                });
                sql.build().persistent(false).execute(connection)
            })?;
        }
        Ok(())
    }

    /// Sorts by time, to a quarter of a microsecond, and within this transaction by order (UUIDv7, with a fraction
    /// and a counter in front of what is random: RFC 9562, 6.2).
    fn next_id(&mut self) -> String {
        let mut random = [0; 10];
        fastrand::fill(&mut random);
        let within_milli = self.now.as_nanosecond().rem_euclid(1_000_000);
        let fraction = u16::try_from(within_milli * 4096 / 1_000_000).unwrap_or_default();
        random[..2].copy_from_slice(&fraction.to_be_bytes());
        self.entries = self.entries.saturating_add(1);
        // The variant takes the first two bits of these three bytes.
        random[2..5].copy_from_slice(&self.entries.min(0x003f_ffff).to_be_bytes()[1..]);
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }
}

impl ActorKind {
    /// Every one there is.
    pub const ALL: [Self; 5] = [Self::System, Self::Shell, Self::User, Self::Token, Self::Link];

    pub(super) fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Shell => "shell",
            Self::User => "user",
            Self::Token => "token",
            Self::Link => "link",
        }
    }
}
