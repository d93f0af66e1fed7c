//! The audit log: who did what to what.

mod list;

use super::transaction::{BATCH, Touched, build};
use super::{StoreError, Transaction};
use crate::credential::time_ordered_id;

pub use list::{AuditFilter, AuditRecord};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// Claviger itself.
    System,
    /// A user of the operating system, with the command line.
    Shell,
    /// A signed-in user.
    User,
    /// An operator token.
    Token,
    /// The holder of a link.
    Link,
    /// A program with an API key.
    Credential,
}

#[derive(Debug, Clone)]
pub struct Actor {
    pub kind: ActorKind,
    /// A row's id, or the name of the operating system's user.
    pub id: String,
    pub request_id: Option<String>,
    /// Of the client.
    pub address: Option<String>,
}

/// Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The name of the operation.
    pub verb: &'static str,
    pub account: Option<String>,
    pub target_kind: &'static str,
    pub target: String,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
}

impl Transaction {
    pub async fn audit(&mut self, actor: &Actor, entry: &AuditEntry) -> Result<(), StoreError> {
        self.audit_all(actor, std::slice::from_ref(entry)).await
    }

    pub async fn audit_all(&mut self, actor: &Actor, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let begin = "INSERT INTO audit
            (id, at, actor_kind, actor, verb, account, target_kind, target, before_it, after_it, request_id, address) ";
        let now = self.now.as_millisecond();
        for batch in entries.chunks(BATCH) {
            let rows: Vec<(String, &AuditEntry)> = batch.iter().map(|entry| (self.next_id(), entry)).collect();
            let _touched: Touched = build!(self, begin, |sql, connection| {
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

    /// In order within this transaction, too.
    fn next_id(&mut self) -> String {
        self.entries = self.entries.saturating_add(1);
        time_ordered_id(self.now, Some(self.entries)).to_string()
    }
}

impl ActorKind {
    pub const ALL: [Self; 6] = [Self::System, Self::Shell, Self::User, Self::Token, Self::Link, Self::Credential];

    pub(super) fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Shell => "shell",
            Self::User => "user",
            Self::Token => "token",
            Self::Link => "link",
            Self::Credential => "credential",
        }
    }
}
