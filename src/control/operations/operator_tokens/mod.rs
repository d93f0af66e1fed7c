//! Tokens with which scripts handle credentials. Nobody makes one that may do more than they may themselves.

mod change;
mod create;
mod delete;
mod list;
mod switch;

pub use self::list::{ReadOperatorTokenError, list_operator_tokens, show_operator_token};
pub use change::ChangeOperatorTokenError;
pub use create::{CreateOperatorTokenError, CreatedOperatorToken, NewOperatorToken, create_operator_token};
pub use delete::delete_operator_token;
pub use switch::{disable_operator_token, enable_operator_token};

use crate::store::whole_millis;
