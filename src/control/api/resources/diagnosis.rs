//! "Why do I not see it?", over HTTP.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::Id;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{NotFound, Step, diagnose};
use crate::control::web::state::ControlState;
use crate::credential::Label;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(diagnose_user))
}

/// What has to be so before a user can use the API.
#[derive(Serialize, ToSchema)]
struct Diagnosis {
    /// In the order in which to see to them.
    steps: Vec<Step>,
}

/// Says of a user what of all that is needed to use the API is there.
#[utoipa::path(
    get, path = "/users/{id}/diagnosis", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = Diagnosis))
)]
async fn diagnose_user(asked: ApiCall, Id(id): Id) -> Result<Answer<Diagnosis>, Problem> {
    let id: Label = id.parse().map_err(|_| NotFound("user"))?;
    let steps = diagnose(&asked.call(), id.as_str()).await?;
    Ok(Answer::ok(Diagnosis { steps }))
}
