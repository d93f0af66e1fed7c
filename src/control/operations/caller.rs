//! Who asks for an operation.

use super::{NotFound, Refusal, Right};
use crate::credential::Label;
use crate::store::{Actor, ActorKind, Role};

/// Somebody who is known, and what they may do.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As the audit calls them.
    pub actor: Actor,
    /// What they are.
    pub role: Role,
    /// Whose; staff are of none, and reach all.
    pub account: Option<Label>,
    /// The user, where it is one.
    pub user: Option<Label>,
}

/// The accounts that a caller reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountScope<'c> {
    /// All of them.
    Every,
    /// Their own.
    Only(&'c Label),
}

impl Caller {
    /// Whoever sits at the operator's shell, beside the database: may do everything.
    pub fn shell(name: String) -> Self {
        let actor = Actor { kind: ActorKind::Shell, id: name, request_id: None, address: None };
        Self { actor, role: Role::Staff, account: None, user: None }
    }

    /// This program itself.
    pub fn system() -> Self {
        let actor = Actor { kind: ActorKind::System, id: "claviger".into(), request_id: None, address: None };
        Self { actor, role: Role::Staff, account: None, user: None }
    }

    /// True where the table of rights says so, and at the operator's shell.
    pub fn may(&self, right: Right) -> bool {
        match self.actor.kind {
            ActorKind::Shell | ActorKind::System => true,
            ActorKind::User | ActorKind::Token => right.is_of(self.role) && self.is_whole(),
            ActorKind::Link => false,
        }
    }

    /// The accounts in which they may do this.
    ///
    /// # Errors
    /// When they may do it nowhere.
    pub fn reach(&self, right: Right) -> Result<AccountScope<'_>, Refusal> {
        if self.may(right) { Ok(self.accounts()) } else { Err(Refusal::Forbidden) }
    }

    /// The accounts that they see.
    pub fn accounts(&self) -> AccountScope<'_> {
        self.account.as_ref().map_or(AccountScope::Every, AccountScope::Only)
    }

    /// Staff are of no account, and nobody else is: whoever is neither has no rights.
    fn is_whole(&self) -> bool {
        (self.role == Role::Staff) == self.account.is_none()
    }
}

impl<'c> AccountScope<'c> {
    /// True for an account within it.
    pub fn covers(self, account: &Label) -> bool {
        match self {
            Self::Every => true,
            Self::Only(own) => own == account,
        }
    }

    /// True for what belongs to this account, or to none where all are within it.
    pub fn covers_all_of(self, account: Option<&Label>) -> bool {
        match account {
            Some(account) => self.covers(account),
            None => self == Self::Every,
        }
    }

    /// An account within it.
    ///
    /// # Errors
    /// When it is another one: then it is not there.
    pub fn of(self, account: &Label) -> Result<(), Refusal> {
        if self.covers(account) { Ok(()) } else { Err(NotFound("account").into()) }
    }

    /// The only one there is, for a query.
    pub fn only(self) -> Option<&'c Label> {
        match self {
            Self::Every => None,
            Self::Only(own) => Some(own),
        }
    }
}
