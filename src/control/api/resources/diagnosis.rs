use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{CredentialId, UserId};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{OperationContext, Step, diagnose, diagnose_credential};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(diagnose_user)).routes(routes!(diagnose_one_credential))
}

/// The preconditions for access to the API. One that depends on another which is not met is left out.
#[derive(Serialize, ToSchema)]
struct Diagnosis {
    /// In the order in which to fix them.
    steps: Vec<Step>,
    /// Whether this process has a gate, whose throttle was looked at. Each gate counts wrong passwords of its own;
    /// `claviger throttle list`, beside a gate, lists them.
    throttle_seen: bool,
}

impl Diagnosis {
    fn new(steps: Vec<Step>, call: &OperationContext<'_>) -> Self {
        Self { steps, throttle_seen: call.gate_throttle.is_some() }
    }
}

/// Diagnoses which preconditions for access to the API a user meets.
#[utoipa::path(
    get, path = "/users/{id}/diagnosis", tag = "users",
    responses((status = 200, body = Diagnosis))
)]
async fn diagnose_user(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<Diagnosis>, Problem> {
    let call = call.context();
    let steps = diagnose(&call, id.as_str()).await?;
    Ok(ApiResponse::ok(Diagnosis::new(steps, &call)))
}

/// Diagnoses which preconditions for access to the API a credential meets.
#[utoipa::path(
    get, path = "/credentials/{id}/diagnosis", tag = "credentials", operation_id = "diagnose_credential",
    responses((status = 200, body = Diagnosis))
)]
async fn diagnose_one_credential(
    call: ApiCall,
    CredentialId(id): CredentialId,
) -> Result<ApiResponse<Diagnosis>, Problem> {
    let call = call.context();
    let steps = diagnose_credential(&call, id.as_str()).await?;
    Ok(ApiResponse::ok(Diagnosis::new(steps, &call)))
}
