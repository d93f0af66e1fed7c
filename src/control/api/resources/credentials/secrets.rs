//! Resetting and clearing the secret of a credential, and ending the overlap of a reset.

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::secret_response::{DeliverWord, WithSecret};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{CredentialId, MaybeBody};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{Deliver, Reset, clear, end_overlap, reset};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(idempotent(routes!(reset_one)))
        .routes(routes!(end_overlap_of))
        .routes(routes!(clear_one))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// The new password; generated if left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// How long the previous secret works beside the new one: at most 366 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 31622400_u64)]
    overlap_seconds: u64,
    /// When those seconds begin: with the reset, or when the contact has been shown the new secret. Until then the
    /// previous one works.
    #[schema(inline)]
    overlap_from: Option<OverlapFrom>,
    /// Send the secret to the contact, or show it in the response. By default as delivery.show_to_creator has it.
    deliver: Option<DeliverWord>,
    /// Enables a disabled credential in the same step. A user's own key is reset with this only, and by staff only.
    #[serde(default)]
    enable: bool,
}

/// Replaces the secret of a credential. The new one is sent to the contact, or shown in this response only; the previous
/// one stops working at once, or after the overlap.
#[utoipa::path(
    post, path = "/credentials/{id}/reset", tag = TAG, operation_id = "reset_credential", request_body = ResetBody,
    responses((status = 200, body = WithSecret))
)]
async fn reset_one(
    call: ApiCall,
    CredentialId(id): CredentialId,
    MaybeBody(body): MaybeBody<ResetBody>,
) -> Result<ApiResponse<WithSecret>, Problem> {
    let how = Reset {
        chosen: body.password.map(|password| PlainPassword::new(password.as_bytes())),
        overlap: std::time::Duration::from_secs(body.overlap_seconds),
        from_showing: matches!(body.overlap_from, Some(OverlapFrom::Showing)),
        deliver: body.deliver.map(Deliver::from),
        enable: body.enable,
    };
    Ok(ApiResponse::resource(WithSecret::once(reset(&call.context(), id.as_str(), how).await?, call.now())?))
}

/// When an overlap begins.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OverlapFrom {
    Reset,
    Showing,
}

/// Ends the overlap of a reset: the previous secret stops working at once.
#[utoipa::path(
    post, path = "/credentials/{id}/end-overlap", tag = TAG, operation_id = "end_overlap", responses((status = 200, body = CredentialView))
)]
async fn end_overlap_of(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    Ok(ApiResponse::resource(CredentialView::at(&end_overlap(&call.context(), id.as_str()).await?, call.now())))
}

/// Removes the secret of a credential: the gate refuses it until it is reset.
#[utoipa::path(
    post, path = "/credentials/{id}/clear", tag = TAG, operation_id = "clear_credential", responses((status = 200, body = CredentialView))
)]
async fn clear_one(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    Ok(ApiResponse::resource(CredentialView::at(&clear(&call.context(), id.as_str()).await?, call.now())))
}
