//! Whoever made a set-up link: it is good for as long as they could make it again.

use super::change::is_within;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::{AccountScope, Right};
use crate::store::{Role, SetupLinkRecord, UserRecord};

/// Who made a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkAuthor<'l> {
    /// The program itself, or the operator's shell.
    ControlState,
    /// A user with this id.
    User(&'l str),
    /// An operator token with this id.
    Token(&'l str),
    /// Nobody knows.
    Unknown,
}

impl<'l> LinkAuthor<'l> {
    pub(super) fn of(link: &'l SetupLinkRecord) -> Self {
        match link.created_by.as_deref().and_then(|maker| maker.split_once(':')) {
            Some(("shell" | "system", _)) => Self::ControlState,
            Some(("user", id)) => Self::User(id),
            Some(("token", id)) => Self::Token(id),
            _ => Self::Unknown,
        }
    }

    /// Its id, if it is a user.
    pub(super) fn user(self) -> Option<&'l str> {
        match self {
            Self::User(id) => Some(id),
            Self::ControlState | Self::Token(_) | Self::Unknown => None,
        }
    }
}

/// True for somebody who may make a link for this user.
pub(super) fn may_make(maker: &ActorState, of: &UserRecord) -> bool {
    let reach = maker.account.as_ref().map_or(AccountScope::Every, AccountScope::Only);
    let is_whole = (maker.role == Role::Staff) == maker.account.is_none();
    is_whole && Right::ManageUsers.is_of(maker.role) && is_within(reach, of)
}
