use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::me::Me;
use crate::control::api::extract::Body;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{sign_in, sign_out};
use crate::control::web::anonymous_caller::AnonymousCaller;
use crate::control::web::caller::session_cookie_header;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "session";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(begin_session, end_session))
}

/// E-mail address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 1024, format = Password)]
    password: String,
}

/// Signs in. The session is in a cookie; the previous session of the browser ends.
#[utoipa::path(
    post, path = "/session", tag = TAG, request_body = SignIn,
    responses((status = 200, body = Me, headers(("Set-Cookie" = String))))
)]
async fn begin_session(caller: AnonymousCaller, Body(body): Body<SignIn>) -> Result<Response, Problem> {
    caller.count_attempt()?;
    let signed_in =
        sign_in(&caller.sign_in_context(), &body.email, PlainPassword::new(body.password.as_bytes())).await?;
    // The new cookie replaces the old one, so the old session is lost.
    if let Some(replaced) = &caller.session {
        sign_out(&caller.sign_in_context(), replaced).await?;
    }
    let mut response = ApiResponse::ok(Me::new(&signed_in.caller, &caller.settings)).into_response();
    let seconds = signed_in.ends_at.duration_since(caller.state.clock.now()).as_secs().max(0);
    set_cookie(&mut response, signed_in.ticket.reveal(), seconds);
    Ok(response)
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = TAG, responses((status = 204)))]
async fn end_session(caller: AnonymousCaller) -> Result<Response, Problem> {
    if let Some(session) = &caller.session {
        sign_out(&caller.sign_in_context(), session).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, "", 0);
    Ok(response)
}

fn set_cookie(response: &mut Response, value: &str, seconds: i64) {
    if let Some(cookie) = session_cookie_header(value, seconds) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
