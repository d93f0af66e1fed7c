//! Who may do what: one table, as in the list of features.

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::Role;

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Ask for API access for the account, and withdraw that.
    AskForAccess,
    /// Decide about requests, create accounts, grant access and withdraw it.
    GrantAccess,
    /// Switch the API access of the account, and say whether its members have keys of their own.
    SwitchAccess,
    /// Everything about the credentials of the account.
    ManageCredentials,
    /// A key of one's own. A member's depends on the account's policy, too.
    OwnKey,
    /// The users of the account, their roles, and tokens for its scripts.
    ManageUsers,
    /// What has been done in the account.
    ReadAudit,
    /// The account itself, and how it stands.
    SeeAccount,
}

/// Staff, owner, implementer, member.
const TABLE: [(Right, [bool; 4]); 8] = [
    (Right::AskForAccess, [false, true, false, false]),
    (Right::GrantAccess, [true, false, false, false]),
    (Right::SwitchAccess, [false, true, true, false]),
    (Right::ManageCredentials, [true, true, true, false]),
    (Right::OwnKey, [false, true, true, true]),
    (Right::ManageUsers, [true, true, false, false]),
    (Right::ReadAudit, [true, true, false, false]),
    // Beyond the list of features: everybody knows the account they are of.
    (Right::SeeAccount, [true, true, true, true]),
];

impl Right {
    /// Every one there is.
    pub const ALL: [Self; TABLE.len()] =
        [TABLE[0].0, TABLE[1].0, TABLE[2].0, TABLE[3].0, TABLE[4].0, TABLE[5].0, TABLE[6].0, TABLE[7].0];

    /// True where the table has a tick.
    pub fn is_of(self, role: Role) -> bool {
        let column = match role {
            Role::Staff => 0,
            Role::Owner => 1,
            Role::Implementer => 2,
            Role::Member => 3,
        };
        TABLE.iter().any(|(right, ticks)| *right == self && ticks[column])
    }
}
