//! Signing in and out, and the password of whoever has.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::Me;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::Body;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{Refusal, change_password, sign_in, sign_out};
use crate::control::web::anonymous::AnonymousCaller;
use crate::control::web::caller::COOKIE_NAME;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "session";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(begin_session, end_session)).routes(routes!(choose_password))
}

/// Who somebody says they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// What they sign in with.
    #[schema(max_length = 254)]
    email: String,
    /// What only they know.
    #[schema(max_length = 1024, format = Password)]
    password: String,
}

/// Signs in: the session is in a cookie. One that the browser had before is over.
#[utoipa::path(
    post, path = "/session", tag = TAG, request_body = SignIn, security(()),
    responses((status = 200, body = Me, headers(("Set-Cookie" = String))), (status = 401))
)]
async fn begin_session(visitor: AnonymousCaller, Body(body): Body<SignIn>) -> Result<Response, Problem> {
    visitor.knock()?;
    let signed_in = sign_in(&visitor.doorstep(), &body.email, PlainPassword::new(body.password.as_bytes())).await?;
    // Nobody holds it any more, once the browser has the new one.
    if let Some(replaced) = &visitor.session {
        sign_out(&visitor.doorstep(), replaced).await?;
    }
    let mut response = Answer::ok(Me::new(&signed_in.caller, &visitor.in_force)).into_response();
    let seconds = signed_in.ends_at.duration_since(visitor.state.0.clock.now()).as_secs().max(0);
    set_cookie(&mut response, signed_in.ticket.reveal(), seconds);
    Ok(response)
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = TAG, security(()), responses((status = 204)))]
async fn end_session(visitor: AnonymousCaller) -> Result<Response, Problem> {
    if let Some(session) = &visitor.session {
        sign_out(&visitor.doorstep(), session).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, "", 0);
    Ok(response)
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The one of now.
    #[schema(max_length = 1024, format = Password)]
    current: String,
    /// The one to come.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: String,
}

/// Changes your password, and ends all your other sessions.
#[utoipa::path(
    post, path = "/session/password", tag = TAG, request_body = NewPassword, responses((status = 204))
)]
async fn choose_password(
    asked: ApiCall,
    visitor: AnonymousCaller,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    // Scripts have none.
    let session = visitor.session.as_deref().ok_or(Refusal::Forbidden)?;
    let [current, new] = [body.current, body.password].map(|text| PlainPassword::new(text.as_bytes()));
    change_password(&asked.call(), &asked.doorstep(), session, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Over TLS only, for this host only, never for scripts of a page, and with no request that another site makes a
/// browser send, but for following a link.
fn set_cookie(response: &mut Response, value: &str, seconds: i64) {
    let cookie = format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
