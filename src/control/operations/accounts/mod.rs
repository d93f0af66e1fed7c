//! Accounts: the provider creates them and grants access, their own users switch it.

mod access_switches;
mod change;
mod create;
mod grant_access;
mod list;
mod rename;
mod summarize;

pub use self::list::{list_accounts, show_account};
pub use access_switches::{member_keys_in_use, set_access, set_member_policy};
pub use change::AccountConflict;
pub use create::{NewAccount, create_account};
pub use grant_access::{grant_access, withdraw_access};
pub use rename::rename_account;
pub use summarize::{AccountSummary, summarize_account};

pub(super) use change::entry;
