//! Accounts: the provider creates them and grants access, their own users switch it.

mod api_access;
mod change;
mod create;
mod list;
mod rename;
mod set_access;
mod summarize;

pub use self::list::{list_accounts, show_account};
pub use api_access::{grant_access, withdraw_access};
pub use change::AccountConflict;
pub use create::{NewAccount, create_account};
pub use rename::rename_account;
pub use set_access::{set_access, set_member_policy};
pub use summarize::{AccountSummary, summarize_account};

pub(super) use change::entry;
