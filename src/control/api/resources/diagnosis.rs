use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::UserId;
use crate::control::api::response::ApiResponse;
use crate::control::operations::{Step, diagnose};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(diagnose_user))
}

/// The preconditions for a user's access to the API.
#[derive(Serialize, ToSchema)]
struct Diagnosis {
    /// In the order in which to fix them.
    steps: Vec<Step>,
}

/// Diagnoses which preconditions for access to the API a user meets.
#[utoipa::path(
    get, path = "/users/{id}/diagnosis", tag = "users",
    responses((status = 200, body = Diagnosis))
)]
async fn diagnose_user(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<Diagnosis>, Problem> {
    let steps = diagnose(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::ok(Diagnosis { steps }))
}
