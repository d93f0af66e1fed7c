//! The management API, under `/api/v1`: reads requests, calls operations, writes responses. The rules are in the
//! operations.

mod call;
mod extract;
mod fields;
mod in_process;
mod openapi;
mod paging;
mod resources;
mod response;
mod routes;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;

pub use self::in_process::{InProcessAnswer, InProcessApi, InProcessStream};
pub(super) use self::openapi::ROLES;
pub use self::openapi::openapi;
pub use self::resources::credentials::export_summary::ExportSummary;
use super::web::middleware::{self, MAX_BODY_BYTES};
pub use super::web::problem::Code;
use super::web::problem::Problem;
use super::web::state::ControlState;

pub const PREFIX: &str = "/api/v1";
const METHOD_NOT_ALLOWED: &str = "the resource does not have this method; the header Allow lists its methods";

/// Everything under [`PREFIX`].
pub fn router(state: ControlState) -> Router {
    let around = from_fn_with_state(state.clone(), middleware::handle);
    let (router, _) = operations().split_for_parts();
    let router = router
        .merge(openapi::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(async || Problem::english(Code::MethodNotAllowed, METHOD_NOT_ALLOWED))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(around.clone())
        .with_state(state);
    // A nested router does not answer for its prefix with a slash.
    Router::new().route(&format!("{PREFIX}/"), any(not_found).layer(around)).nest(PREFIX, router)
}

async fn not_found() -> Problem {
    Problem::english(Code::NotFound, "no resource has this path; /api-docs lists the paths")
}

/// All operations, with their descriptions.
fn operations() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .merge(resources::me::routes())
        .merge(resources::form_settings::routes())
        .merge(resources::session::routes())
        .merge(resources::password::routes())
        .merge(resources::setup_links::routes())
        .merge(resources::accounts::routes())
        .merge(resources::access_requests::routes())
        .merge(resources::credentials::routes())
        .merge(resources::credentials::used_addresses::routes())
        .merge(resources::credentials::edit::routes())
        .merge(resources::credentials::upgrade_version::routes())
        .merge(resources::credentials::duplicate::routes())
        .merge(resources::credentials::secrets::routes())
        .merge(resources::credentials::enable_disable::routes())
        .merge(resources::credentials::resend_or_void::routes())
        .merge(resources::credentials::import_export::routes())
        .merge(resources::own_key::routes())
        .merge(resources::credentials::file_credentials::routes())
        .merge(resources::users::routes())
        .merge(resources::diagnosis::routes())
        .merge(resources::operator_tokens::routes())
        .merge(resources::webhooks::routes())
        .merge(resources::hooks::routes())
        .merge(resources::publishers::routes())
        .merge(resources::events::routes())
        .merge(resources::audit::routes())
}
