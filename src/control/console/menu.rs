//! The menu: what this person may use now. Computed for each request, so that a grant shows without signing in again.

use crate::control::operations::{Caller, Right};
use crate::store::{AccountRecord, Role};

/// A line of the menu. Groups of pages declare theirs.
pub(super) struct Entry {
    pub(super) section: Section,
    /// Lines are in the order of these numbers.
    pub(super) place: u8,
    /// A message.
    pub(super) label: &'static str,
    pub(super) path: &'static str,
    pub(super) is_visible: fn(&Standing) -> bool,
    /// The number beside the label.
    pub(super) count: Option<fn(&Standing) -> u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Api,
    Account,
    Provider,
}

impl Section {
    pub(super) const ALL: [Self; 3] = [Self::Api, Self::Account, Self::Provider];

    /// A message.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Api => "layout-section-api",
            Self::Account => "layout-section-account",
            Self::Provider => "layout-section-provider",
        }
    }
}

/// The caller and their account as they are now.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) caller: Caller,
    /// `None` for staff.
    pub(super) account: Option<AccountRecord>,
    /// Access requests that wait for staff; 0 for all others.
    pub(super) waiting_requests: u64,
    /// The settings have webhooks.
    pub(super) has_webhooks: bool,
}

impl Standing {
    pub(super) fn is_staff(&self) -> bool {
        self.caller.role == Role::Staff
    }

    /// The provider has granted API access. Staff need no grant.
    pub(super) fn is_granted(&self) -> bool {
        self.is_staff() || self.account.as_ref().is_some_and(|account| account.granted)
    }

    pub(super) fn may(&self, right: Right) -> bool {
        self.caller.may(right)
    }

    /// May have a key of their own now.
    pub(super) fn may_have_own_key(&self) -> bool {
        let members_may = self.account.as_ref().is_some_and(|account| account.members_allowed);
        self.may(Right::OwnKey) && self.is_granted() && (self.caller.role != Role::Member || members_may)
    }

    /// May have webhooks now: those of the account, or those of a key of their own.
    pub(super) fn may_have_webhooks(&self) -> bool {
        let has_credentials = self.may(Right::ManageCredentials) || self.may_have_own_key();
        self.has_webhooks && self.may(Right::ManageWebhooks) && self.is_granted() && has_credentials
    }

    /// Sees webhooks now. Staff sees those of all accounts, and changes none.
    pub(super) fn sees_webhooks(&self) -> bool {
        self.may_have_webhooks() || self.has_webhooks && self.is_staff()
    }
}
