//! A user's own key over HTTP.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::credentials::body::WithSecret;
use super::credentials::told;
use crate::control::api::call::ApiCall;
use crate::control::api::problem::{Code, Problem};
use crate::control::api::response::Answer;
use crate::control::operations::{
    Created, Once, OwnKeyError, own_key, regenerate_own_key, switch_off_own_key, switch_on_own_key,
};
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
    answer(switch_on_own_key(&asked.call()).await?)
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
    Ok(told(&switch_off_own_key(&asked.call()).await?))
}

fn answer(outcome: Once<Created>) -> Result<Answer<WithSecret>, Problem> {
    let answer = match outcome {
        Once::Done(created) => WithSecret::new(&created.record, &created.secret),
        Once::Repeated(facts) => WithSecret::repeated(facts)?,
    };
    Ok(answer.renewed())
}

impl From<OwnKeyError> for Problem {
    fn from(error: OwnKeyError) -> Self {
        match error {
            OwnKeyError::Refused(refusal) => refusal.into(),
            OwnKeyError::AlreadyOn => Self::new(Code::Conflict, error.to_string()),
            OwnKeyError::IdTaken(_) => Self::new(Code::IdTaken, error.to_string()),
            OwnKeyError::Secret(error) => error.into(),
            OwnKeyError::Store(error) => error.into(),
        }
    }
}
