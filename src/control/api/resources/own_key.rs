use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::credentials::secret_response::WithSecret;
use crate::control::api::call::ApiCall;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{disable_own_key, enable_own_key, own_key, regenerate_own_key};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "own key";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(idempotent(routes!(switch_on)))
        .routes(idempotent(routes!(regenerate)))
        .routes(routes!(switch_off))
}

#[derive(Serialize, ToSchema)]
struct OwnKey {
    /// Null until it is switched on for the first time.
    key: Option<CredentialView>,
}

/// Shows your own key.
#[utoipa::path(
    get, path = "/own-key", tag = TAG, operation_id = "show_own_key", responses((status = 200, body = OwnKey))
)]
async fn show(call: ApiCall) -> Result<ApiResponse<OwnKey>, Problem> {
    let key = own_key(&call.context()).await?;
    Ok(ApiResponse::ok(OwnKey { key: key.as_ref().map(CredentialView::from) }))
}

/// Creates your own key. Only this response shows the secret.
#[utoipa::path(
    post, path = "/own-key/on", tag = TAG, operation_id = "switch_on_own_key",
    responses((status = 200, body = WithSecret))
)]
async fn switch_on(call: ApiCall) -> Result<ApiResponse<WithSecret>, Problem> {
    Ok(ApiResponse::resource(WithSecret::once(enable_own_key(&call.context()).await?, call.now())?))
}

/// Replaces the secret of your own key; the previous one stops working at once.
#[utoipa::path(
    post, path = "/own-key/regenerate", tag = TAG, operation_id = "regenerate_own_key",
    responses((status = 200, body = WithSecret))
)]
async fn regenerate(call: ApiCall) -> Result<ApiResponse<WithSecret>, Problem> {
    Ok(ApiResponse::resource(WithSecret::once(regenerate_own_key(&call.context()).await?, call.now())?))
}

/// Switches your own key off: its secret stops working.
#[utoipa::path(
    post, path = "/own-key/off", tag = TAG, operation_id = "switch_off_own_key",
    responses((status = 200, body = CredentialView))
)]
async fn switch_off(call: ApiCall) -> Result<ApiResponse<CredentialView>, Problem> {
    Ok(ApiResponse::of(&disable_own_key(&call.context()).await?))
}
