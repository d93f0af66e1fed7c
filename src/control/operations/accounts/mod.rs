//! What can be done to accounts: the provider makes them and lets them use the API, their own people switch it.

mod change;
mod create;
mod grant;
mod list;
mod member_policy;
mod rename;
mod switch;

pub use self::list::{ReadAccountError, list_accounts, show_account};
pub use change::ChangeAccountError;
pub use create::{CreateAccountError, NewAccount, create_account};
pub use grant::{grant_access, withdraw_access};
pub use member_policy::set_member_policy;
pub use rename::rename_account;
pub use switch::{SwitchAccountError, switch_account};

pub(super) use change::entry;
