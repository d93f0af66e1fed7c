//! Accounts: the provider creates them and grants access, their own users switch it.

mod change;
mod create;
mod grant;
mod list;
mod rename;
mod set_access;
mod summarize;

pub use self::list::{list_accounts, show_account};
pub use change::AccountConflict;
pub use create::{NewAccount, create_account};
pub use grant::{grant_access, withdraw_access};
pub use rename::rename_account;
pub use set_access::{set_access, set_member_policy};
pub use summarize::{AccountSummary, summarize_account};

pub(super) use change::entry;
