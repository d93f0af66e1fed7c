//! People who may use the control plane, and how they get a password. Owners manage the users of their account, staff
//! manage all users.

mod change;
mod create;
mod delegation;
mod disable;
mod edit;
mod enable;
mod end_sessions;
mod link_author;
mod list;
mod lost_password;
mod own_name;
mod setup_link;
mod use_setup_link;

pub use self::list::{list_users, show_user};
pub use change::UserConflict;
pub use create::{CreatedUser, NewUser, create_user};
pub use disable::disable_user;
pub use edit::{EditUser, edit_user};
pub use enable::enable_user;
pub use end_sessions::end_sessions_of_user;
pub use lost_password::{check_email, request_new_password};
pub use own_name::change_own_name;
pub use setup_link::{
    NewSetupLink, SetupLinkError, SetupLinkFor, create_first_setup_link, create_setup_link, show_setup_link,
};
pub use use_setup_link::{FirstUser, use_setup_link};

pub(super) use self::delegation::{account_fault, check_grant};
pub(super) use change::entry;
pub(in crate::control) use setup_link::mint_setup_link;
