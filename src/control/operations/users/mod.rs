//! People: who may use the desk, and how they come by a password. Owners look after those of their account, staff
//! after everybody; nobody gives a role or an account that they do not reach themselves.

mod change;
mod create;
mod delegation;
mod disable;
mod edit;
mod email;
mod enable;
mod link_author;
mod list;
mod setup_link;
mod use_setup_link;

pub use self::list::{ReadUserError, list_users, show_user};
pub use change::ChangeUserError;
pub use create::{CreateUserError, CreatedUser, NewUser, create_user};
pub use disable::disable_user;
pub use edit::{EditUser, edit_user};
pub use enable::enable_user;
pub use setup_link::{
    NewSetupLink, SetupLinkError, SetupLinkFor, first_setup_link, look_at_setup_link, new_setup_link,
};
pub use use_setup_link::{FirstUser, UseSetupLinkError, use_setup_link};

pub(super) use self::delegation::{check_grant, fault_of_account};
pub(super) use self::list::place_in;
pub(super) use change::entry;
pub(super) use email::is_email;

use crate::store::whole_millis;
