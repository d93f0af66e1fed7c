//! Who did what to what.

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

impl ActorKind {
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
