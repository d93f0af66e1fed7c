use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::TAG;
use super::body::WebhookWithSecret;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{MaybeBody, WebhookId};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{end_previous_secret, renew_secret};
use crate::control::views::WebhookView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

pub(super) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(idempotent(routes!(renew))).routes(routes!(end_previous))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenewBody {
    /// True: the previous secret signs no more. By default it signs as well for 24 hours.
    #[serde(default)]
    at_once: bool,
}

/// Gives a webhook a new secret, which only this response shows.
#[utoipa::path(
    post, path = "/webhooks/{id}/secret", tag = TAG, operation_id = "renew_webhook_secret", request_body = RenewBody,
    responses((status = 200, body = WebhookWithSecret))
)]
async fn renew(
    call: ApiCall,
    WebhookId(id): WebhookId,
    MaybeBody(body): MaybeBody<RenewBody>,
) -> Result<ApiResponse<WebhookWithSecret>, Problem> {
    let renewed = renew_secret(&call.context(), id.as_str(), body.at_once).await?;
    Ok(ApiResponse::resource(WebhookWithSecret::renewed(renewed)?))
}

/// Stops the previous secret of a webhook now.
#[utoipa::path(
    post, path = "/webhooks/{id}/end-overlap", tag = TAG, operation_id = "end_webhook_overlap", responses((status = 200, body = WebhookView))
)]
async fn end_previous(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<WebhookView>, Problem> {
    Ok(ApiResponse::of(&end_previous_secret(&call.context(), id.as_str()).await?))
}
