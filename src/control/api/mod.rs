//! The API of the desk, under `/api/v1`: it reads requests, calls operations and writes answers. No rule is here.

mod call;
pub(super) mod extract;
mod field_problem;
mod fields;
mod json_object;
mod local;
mod openapi;
mod paging;
pub(super) mod problem;
mod refusals;
mod resources;
mod response;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

pub use self::openapi::openapi;
pub use self::resources::credentials::export_summary::ExportSummary;
pub use super::web::caller::{COOKIE_NAME, Peer};
pub use super::web::state::{ControlState, LiveSettings};
pub use field_problem::{FieldProblem, Position};
pub use local::{Local, LocalAnswer, LocalStream};
pub use problem::{Code, Problem};

use super::web::middleware::surround;
use extract::LARGEST_BODY;

/// Where everything here begins.
pub const PREFIX: &str = "/api/v1";

/// The request that sets a password with a set-up token, for people. `is_first`: it also names the first staff member.
pub fn setup_request(base: &str, is_first: bool) -> String {
    let email = if is_first { "\"email\": \"…\", " } else { "" };
    format!(
        "Send it with the password: curl --json @setup.json {base}{PREFIX}/setup\n\
         setup.json holds {{\"ticket\": \"…\", {email}\"password\": \"…\"}}"
    )
}

/// Everything under [`PREFIX`].
pub fn router(state: ControlState) -> Router {
    let around = from_fn_with_state(state.clone(), surround);
    let (router, _) = operations().split_for_parts();
    let router = router
        .merge(openapi::routes())
        .merge(openapi::docs::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed, "see the field Allow"))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(around.clone())
        .with_state(state);
    // What is nested does not answer for its own folder.
    Router::new().route(&format!("{PREFIX}/"), any(nothing).layer(around)).nest(PREFIX, router)
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, "nothing is here")
}

/// All operations, with their descriptions.
fn operations() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .merge(resources::me::routes())
        .merge(resources::session::routes())
        .merge(resources::setup::routes())
        .merge(resources::accounts::routes())
        .merge(resources::access_requests::routes())
        .merge(resources::credentials::routes())
        .merge(resources::credentials::edit::routes())
        .merge(resources::credentials::secrets::routes())
        .merge(resources::credentials::files::routes())
        .merge(resources::own_key::routes())
        .merge(resources::credentials::from_file::routes())
        .merge(resources::users::routes())
        .merge(resources::diagnosis::routes())
        .merge(resources::operator_tokens::routes())
        .merge(resources::audit::routes())
}
