//! Sessions of users, and operator tokens of scripts.

mod authenticate;
mod change_password;
mod lifetime;
mod own_sessions;
mod password_verification;
mod sign_in;
mod sign_in_context;
mod sign_out;

pub use self::authenticate::{caller_of_session, caller_of_token};
pub use change_password::change_password;
pub use lifetime::SessionLimits;
pub use own_sessions::{OwnSession, end_other_sessions, end_session, list_sessions};
pub use password_verification::SignInError;
pub use sign_in::{SignedIn, note_language, sign_in, sign_in_by_demo_link};
pub use sign_in_context::SignInContext;
pub use sign_out::sign_out;
