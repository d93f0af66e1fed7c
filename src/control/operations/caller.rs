use super::{NotFound, OperationRefusal, Right};
use crate::credential::Label;
use crate::store::{Actor, ActorKind, Role};

/// The authenticated caller of an operation.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As the audit records it.
    pub actor: Actor,
    pub role: Role,
    /// `None` for staff, who reach every account.
    pub account: Option<Label>,
    /// Id of the user, if the caller is one.
    pub user: Option<Label>,
}

/// The accounts that a caller reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountScope<'c> {
    Every,
    Only(&'c Label),
}

impl Caller {
    /// The operator at the shell of the host, who may do everything.
    pub fn shell(name: String) -> Self {
        let actor = Actor { kind: ActorKind::Shell, id: name, request_id: None, address: None };
        Self { actor, role: Role::Staff, account: None, user: None }
    }

    /// This process.
    pub fn system() -> Self {
        let actor = Actor { kind: ActorKind::System, id: "claviger".into(), request_id: None, address: None };
        Self { actor, role: Role::Staff, account: None, user: None }
    }

    /// Anyone who holds a link: they have no rights, and the link decides what they may do.
    pub fn link_holder(address: Option<String>, request_id: Option<String>) -> Self {
        let actor = Actor { kind: ActorKind::Link, id: "link".into(), request_id, address };
        Self { actor, role: Role::Member, account: None, user: None }
    }

    /// Whether the table of rights allows it. Shell and system have every right.
    pub fn may(&self, right: Right) -> bool {
        match self.actor.kind {
            ActorKind::Shell | ActorKind::System => true,
            ActorKind::User | ActorKind::Token => right.is_of(self.role) && self.is_consistent(),
            ActorKind::Link | ActorKind::Credential => false,
        }
    }

    /// The accounts in which the caller has this right.
    ///
    /// # Errors
    /// [`OperationRefusal::Forbidden`] when there are none.
    pub fn reach(&self, right: Right) -> Result<AccountScope<'_>, OperationRefusal> {
        if self.may(right) { Ok(self.accounts()) } else { Err(OperationRefusal::forbidden(&[right])) }
    }

    pub fn accounts(&self) -> AccountScope<'_> {
        self.account.as_ref().map_or(AccountScope::Every, AccountScope::Only)
    }

    /// Staff belong to no account and all others to one. A row that says otherwise has no rights.
    fn is_consistent(&self) -> bool {
        (self.role == Role::Staff) == self.account.is_none()
    }
}

impl<'c> AccountScope<'c> {
    pub fn covers(self, account: &Label) -> bool {
        match self {
            Self::Every => true,
            Self::Only(own) => own == account,
        }
    }

    /// The same for an entity that may belong to no account, which only [`AccountScope::Every`] covers.
    pub fn covers_owner(self, account: Option<&Label>) -> bool {
        match account {
            Some(account) => self.covers(account),
            None => self == Self::Every,
        }
    }

    /// # Errors
    /// [`NotFound`] for an account outside: its existence is not disclosed.
    pub fn check(self, account: &Label) -> Result<(), OperationRefusal> {
        if self.covers(account) { Ok(()) } else { Err(NotFound("account").into()) }
    }

    /// The one account, or `None` for all.
    pub fn only(self) -> Option<&'c Label> {
        match self {
            Self::Every => None,
            Self::Only(own) => Some(own),
        }
    }
}
