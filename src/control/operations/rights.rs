use serde::Serialize;
use utoipa::ToSchema;

use crate::store::Role;

/// A kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Request API access for the account, and withdraw the request.
    AskForAccess,
    /// Decide access requests, create accounts, grant and withdraw access.
    GrantAccess,
    /// Switch the API access of the account on and off, and set its policy for keys of members.
    SwitchAccess,
    /// Create, change, reset and delete credentials of the account.
    ManageCredentials,
    /// Have a key of one's own. For members it also depends on the policy of the account.
    OwnKey,
    /// Manage users and operator tokens of the account.
    ManageUsers,
    /// Read the audit of the account.
    ReadAudit,
    /// Read the account itself.
    SeeAccount,
}

/// Columns: staff, owner, implementer, member.
const TABLE: [(Right, [bool; 4]); 8] = [
    (Right::AskForAccess, [false, true, false, false]),
    (Right::GrantAccess, [true, false, false, false]),
    (Right::SwitchAccess, [false, true, true, false]),
    (Right::ManageCredentials, [true, true, true, false]),
    (Right::OwnKey, [false, true, true, true]),
    (Right::ManageUsers, [true, true, false, false]),
    (Right::ReadAudit, [true, true, false, false]),
    (Right::SeeAccount, [true, true, true, true]),
];

impl Right {
    pub const ALL: [Self; TABLE.len()] =
        [TABLE[0].0, TABLE[1].0, TABLE[2].0, TABLE[3].0, TABLE[4].0, TABLE[5].0, TABLE[6].0, TABLE[7].0];

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
