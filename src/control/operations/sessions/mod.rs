//! Knowing who is there: signing in and out, sessions, and tokens of scripts.

mod change_password;
mod context;
mod limits;
mod sign_in;
mod sign_out;
mod token;
mod who_is;

pub use self::context::{Busy, GuessError, SignInContext};
pub use change_password::{ChangePasswordError, change_password};
pub use limits::SessionLimits;
pub use sign_in::{SignInError, SignedIn, sign_in};
pub use sign_out::sign_out;
pub use token::caller_of_token;
pub use who_is::who_is;

use crate::store::whole_millis;
