use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::Body;
use crate::control::api::routes::routes;
use crate::control::operations::{OperationRefusal, change_password};
use crate::control::web::anonymous_caller::AnonymousCaller;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "session";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(choose_password)).routes(routes!(request_password_link))
}

/// The user who has lost their password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LostPassword {
    /// The address that they sign in with.
    #[schema(max_length = 254)]
    email: String,
}

/// Sends a mail with a link that sets a new password, if a user has this address. The answer does not tell.
#[utoipa::path(
    post, path = "/session/lost-password", tag = TAG, request_body = LostPassword, responses((status = 202))
)]
async fn request_password_link(caller: AnonymousCaller, Body(body): Body<LostPassword>) -> Result<StatusCode, Problem> {
    caller.count_attempt()?;
    caller.request_new_password(body.email)?;
    Ok(StatusCode::ACCEPTED)
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The current password.
    #[schema(max_length = 1024, format = Password)]
    current: String,
    /// The new password.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: String,
}

/// Changes your password and ends your other sessions.
#[utoipa::path(
    post, path = "/session/password", tag = TAG, request_body = NewPassword, responses((status = 204))
)]
async fn choose_password(
    call: ApiCall,
    caller: AnonymousCaller,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    // Operator tokens have no password.
    let session = caller.session.as_deref().ok_or_else(OperationRefusal::for_no_role)?;
    let [current, new] = [body.current, body.password].map(|text| PlainPassword::new(text.as_bytes()));
    change_password(&call.context(), &call.sign_in_context(), session, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}
