//! The API of the desk, under `/api/v1`: it reads requests, calls operations and writes answers. No rule is here.

mod access_requests;
mod accounts;
mod answer;
mod asked;
mod audit;
mod caller;
mod credential;
mod credential_edits;
mod credential_files;
mod credential_secrets;
mod credentials;
mod desk;
mod diagnosis;
mod docs;
mod document;
mod export_summary;
mod extract;
mod field_problem;
mod fields;
mod file_credentials;
mod local;
mod me;
mod new_credential;
mod object;
mod operator_tokens;
mod origin;
mod own_key;
mod pace;
mod paging;
mod problem;
mod refusals;
mod role;
mod session;
mod setup;
mod surroundings;
mod users;
mod visitor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

pub use caller::{COOKIE_NAME, Peer};
pub use desk::{Desk, InForce};
pub use document::openapi;
pub use export_summary::ExportSummary;
pub use field_problem::{FieldProblem, Position};
pub use local::{Local, LocalAnswer, LocalStream};
pub use problem::{Code, Problem};

use extract::LARGEST_BODY;
use surroundings::surround;

/// Where everything here begins.
pub const PREFIX: &str = "/api/v1";

/// Everything under [`PREFIX`].
pub fn router(desk: Desk) -> Router {
    let around = from_fn_with_state(desk.clone(), surround);
    let (router, _) = operations().split_for_parts();
    let router = router
        .merge(document::routes())
        .merge(docs::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed, "see the field Allow"))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(around.clone())
        .with_state(desk);
    // What is nested does not answer for its own folder.
    Router::new().route(&format!("{PREFIX}/"), any(nothing).layer(around)).nest(PREFIX, router)
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, "nothing is here")
}

/// All operations, with their descriptions.
fn operations() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .merge(me::routes())
        .merge(session::routes())
        .merge(setup::routes())
        .merge(accounts::routes())
        .merge(access_requests::routes())
        .merge(credentials::routes())
        .merge(credential_edits::routes())
        .merge(credential_secrets::routes())
        .merge(credential_files::routes())
        .merge(own_key::routes())
        .merge(file_credentials::routes())
        .merge(users::routes())
        .merge(diagnosis::routes())
        .merge(operator_tokens::routes())
        .merge(audit::routes())
}
