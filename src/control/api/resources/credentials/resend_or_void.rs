//! Sending a link or a code once more, and voiding a link.

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{CredentialId, MaybeBody};
use crate::control::api::response::{ApiResponse, replayed};
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{Outcome, send_again, text_again, void_delivery};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(idempotent(routes!(deliver))).routes(routes!(void))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeliverBody {
    /// A new link with a code, or only a code for the link that waits. A link by default.
    #[schema(inline)]
    what: Option<DeliverWhat>,
}

/// What is sent once more.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DeliverWhat {
    Link,
    Code,
}

/// Sends a secret that was not shown yet once more: a new link, which replaces the previous one, or a new code. Refused
/// with too_many_requests above 3 text messages an hour and 10 in all for a link, 10 a day for a number, and
/// delivery.sms.daily for an account.
#[utoipa::path(
    post, path = "/credentials/{id}/deliver", tag = TAG, operation_id = "deliver_credential",
    request_body = DeliverBody,
    responses((status = 200, body = CredentialView))
)]
async fn deliver(
    call: ApiCall,
    CredentialId(id): CredentialId,
    MaybeBody(body): MaybeBody<DeliverBody>,
) -> Result<ApiResponse<CredentialView>, Problem> {
    let outcome = match body.what {
        Some(DeliverWhat::Code) => text_again(&call.context(), id.as_str()).await?,
        Some(DeliverWhat::Link) | None => send_again(&call.context(), id.as_str()).await?,
    };
    Ok(match outcome {
        Outcome::Fresh(record) => ApiResponse::resource(CredentialView::at(&record, call.now())),
        Outcome::Replayed(stored) => ApiResponse::resource(replayed::<CredentialView>(stored)?).with_replayed(true),
    })
}

/// Voids the link that waits to show a secret; the secret is never made.
#[utoipa::path(
    post, path = "/credentials/{id}/void", tag = TAG, operation_id = "void_delivery",
    responses((status = 200, body = CredentialView))
)]
async fn void(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    Ok(ApiResponse::resource(CredentialView::at(&void_delivery(&call.context(), id.as_str()).await?, call.now())))
}
