use super::change::is_within;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::{AccountScope, Right};
use crate::store::{Role, SetupLinkRecord, UserRecord};

/// Who created a set-up link. The link is valid only while its author may still create it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkAuthor<'l> {
    /// This process, or the operator at the shell.
    Host,
    User(&'l str),
    Token(&'l str),
    /// Such a link is never valid.
    Unknown,
}

impl<'l> LinkAuthor<'l> {
    pub(super) fn of(link: &'l SetupLinkRecord) -> Self {
        match link.created_by.as_deref().and_then(|author| author.split_once(':')) {
            Some(("shell" | "system", _)) => Self::Host,
            Some(("user", id)) => Self::User(id),
            Some(("token", id)) => Self::Token(id),
            _ => Self::Unknown,
        }
    }

    pub(super) fn user(self) -> Option<&'l str> {
        match self {
            Self::User(id) => Some(id),
            Self::Host | Self::Token(_) | Self::Unknown => None,
        }
    }
}

/// Whether this author may create a link for this user.
pub(super) fn may_create_link(author: &ActorState, of: &UserRecord) -> bool {
    let reach = author.account.as_ref().map_or(AccountScope::Every, AccountScope::Only);
    let is_consistent = (author.role == Role::Staff) == author.account.is_none();
    is_consistent && Right::ManageUsers.is_of(author.role) && is_within(reach, of)
}
