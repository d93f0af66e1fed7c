//! The OpenAPI 3.1 description.

#[cfg(test)]
mod body_examples;
#[cfg(test)]
pub(super) mod generate;
#[cfg(test)]
mod operation_permissions;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::control::web::state::ControlState;

/// The extension with the roles that may call an operation.
pub(in crate::control) const ROLES: &str = "x-roles";

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], openapi())))
}

/// The description, which a test generates: in the program, the code for it would need twenty times as much as the text.
pub fn openapi() -> &'static str {
    include_str!("../openapi.json")
}
