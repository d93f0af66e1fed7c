//! Tokens that let scripts use the management API. None has a role or an account that its creator does not have.

mod create;
mod delete;
mod list;
mod lock_and_audit;
mod set_enabled;

pub use self::list::{list_operator_tokens, show_operator_token};
pub use create::{CreatedOperatorToken, NewOperatorToken, create_operator_token};
pub use delete::delete_operator_token;
pub use set_enabled::{disable_operator_token, enable_operator_token};
