//! Disabling and enabling credentials.

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{CredentialId, MaybeBody};
use crate::control::api::fields::FieldReader;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{MAX_DESCRIPTION_LENGTH, disable, enable};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(disable_one)).routes(routes!(enable_one))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DisableBody {
    /// Shown with the credential.
    #[schema(min_length = 1, max_length = 2000)]
    reason: Option<String>,
}

/// Disables a credential: the gate refuses it.
#[utoipa::path(
    post, path = "/credentials/{id}/disable", tag = TAG, operation_id = "disable_credential", request_body = DisableBody,
    responses((status = 200, body = CredentialView))
)]
async fn disable_one(
    call: ApiCall,
    CredentialId(id): CredentialId,
    MaybeBody(body): MaybeBody<DisableBody>,
) -> Result<ApiResponse<CredentialView>, Problem> {
    let mut fields = FieldReader::default();
    let reason = fields.lines("reason", body.reason, MAX_DESCRIPTION_LENGTH);
    fields.finish()?;
    let record = disable(&call.context(), id.as_str(), reason).await?;
    Ok(ApiResponse::resource(CredentialView::at(&record, call.now())))
}

/// Enables a credential with its existing secret.
#[utoipa::path(
    post, path = "/credentials/{id}/enable", tag = TAG, operation_id = "enable_credential",
    responses((status = 200, body = CredentialView))
)]
async fn enable_one(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    let record = enable(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::resource(CredentialView::at(&record, call.now())))
}
