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
    /// Read webhooks of the account, and the states of their deliveries. Members read those of their own key.
    SeeWebhooks,
    /// Create, change and delete webhooks of the account, and read what they send. Members do so for their own key.
    ManageWebhooks,
    /// Create, disable and delete the tokens with which the API behind posts its events.
    ManagePublishers,
}

/// Columns: staff, owner, implementer, member.
const TABLE: [(Right, [bool; 4]); 11] = [
    (Right::AskForAccess, [false, true, false, false]),
    (Right::GrantAccess, [true, false, false, false]),
    (Right::SwitchAccess, [false, true, true, false]),
    (Right::ManageCredentials, [true, true, true, false]),
    (Right::OwnKey, [false, true, true, true]),
    (Right::ManageUsers, [true, true, false, false]),
    (Right::ReadAudit, [true, true, false, false]),
    (Right::SeeAccount, [true, true, true, true]),
    (Right::SeeWebhooks, [true, true, true, true]),
    (Right::ManageWebhooks, [false, true, true, true]),
    (Right::ManagePublishers, [true, false, false, false]),
];

impl Right {
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::SeeAccount; TABLE.len()];
        let mut index = 0;
        while index < TABLE.len() {
            all[index] = TABLE[index].0;
            index += 1;
        }
        all
    };

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
