//! A user's own key over HTTP.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::credentials::body::WithSecret;
use super::credentials::told;
use crate::control::api::call::ApiCall;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{Created, Outcome, disable_own_key, enable_own_key, own_key, regenerate_own_key};
use crate::control::views::CredentialView;
use crate::control::web::state::ControlState;

const TAG: &str = "own key";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(switch_on))
        .routes(routes!(regenerate))
        .routes(routes!(switch_off))
}

/// Your own key.
#[derive(Serialize, ToSchema)]
struct OwnKey {
    /// Null before it was switched on for the first time.
    key: Option<CredentialView>,
}

/// Your own key, as it stands.
#[utoipa::path(
    get, path = "/own-key", tag = TAG, operation_id = "show_own_key", responses((status = 200, body = OwnKey))
)]
async fn show(asked: ApiCall) -> Result<Answer<OwnKey>, Problem> {
    let key = own_key(&asked.call()).await?;
    Ok(Answer::ok(OwnKey { key: key.as_ref().map(CredentialView::from) }))
}

/// Switches your own key on: it is made. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/own-key/on", tag = TAG, operation_id = "switch_on_own_key",
    responses((status = 200, body = WithSecret, headers(("ETag" = String))), (status = 409))
)]
async fn switch_on(asked: ApiCall) -> Result<Answer<WithSecret>, Problem> {
    answer(enable_own_key(&asked.call()).await?)
}

/// Gives your own key a new secret; the one before is dead at once.
#[utoipa::path(
    post, path = "/own-key/regenerate", tag = TAG, operation_id = "regenerate_own_key",
    responses((status = 200, body = WithSecret, headers(("ETag" = String))), (status = 404), (status = 409))
)]
async fn regenerate(asked: ApiCall) -> Result<Answer<WithSecret>, Problem> {
    answer(regenerate_own_key(&asked.call()).await?)
}

/// Switches your own key off: its secret is dead.
#[utoipa::path(
    post, path = "/own-key/off", tag = TAG, operation_id = "switch_off_own_key",
    responses((status = 200, body = CredentialView, headers(("ETag" = String))), (status = 404))
)]
async fn switch_off(asked: ApiCall) -> Result<Answer<CredentialView>, Problem> {
    Ok(told(&disable_own_key(&asked.call()).await?))
}

fn answer(outcome: Outcome<Created>) -> Result<Answer<WithSecret>, Problem> {
    let answer = match outcome {
        Outcome::Fresh(created) => WithSecret::new(&created.record, &created.secret),
        Outcome::Replayed(facts) => WithSecret::repeated(facts)?,
    };
    Ok(answer.renewed())
}
