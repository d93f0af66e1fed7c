//! Secrets of credentials, and whether they are let in, over HTTP.

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::WithSecret;
use super::{known, told};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Id, MaybeBody};
use crate::control::api::fields::Fields;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{MAX_DESCRIPTION_LENGTH, Outcome, Reset, clear, disable, enable, end_overlap, reset};
use crate::control::views::CredentialView;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(reset_one))
        .routes(routes!(end_overlap_of))
        .routes(routes!(clear_one))
        .routes(routes!(disable_one))
        .routes(routes!(enable_one))
}

/// How it is reset.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// Of a Basic pair: the new password; made up when it is left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// For so many seconds the secret before counts beside the new one: of a token, at most 366 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 31622400_u64)]
    overlap_seconds: u64,
}

/// Gives a credential a new secret. The one before is dead at once, or after the overlap.
#[utoipa::path(
    post, path = "/credentials/{id}/reset", tag = TAG, operation_id = "reset_credential",
    params(("id" = String, Path)), request_body = ResetBody,
    responses((status = 200, body = WithSecret, headers(("ETag" = String))), (status = 409))
)]
async fn reset_one(
    asked: ApiCall,
    Id(id): Id,
    MaybeBody(body): MaybeBody<ResetBody>,
) -> Result<Answer<WithSecret>, Problem> {
    let how = Reset {
        chosen: body.password.map(|password| PlainPassword::new(password.as_bytes())),
        overlap: std::time::Duration::from_secs(body.overlap_seconds),
    };
    let answer = match reset(&asked.call(), known(&id)?.as_str(), how).await? {
        Outcome::Fresh(done) => WithSecret::new(&done.record, &done.secret),
        Outcome::Replayed(facts) => WithSecret::repeated(facts)?,
    };
    Ok(answer.renewed())
}

/// Why something is switched off.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DisableBody {
    /// Stays on record.
    #[schema(min_length = 1, max_length = 2000)]
    reason: Option<String>,
}

/// Switches a credential off: from now on it is refused.
#[utoipa::path(
    post, path = "/credentials/{id}/disable", tag = TAG, operation_id = "disable_credential",
    params(("id" = String, Path)), request_body = DisableBody,
    responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn disable_one(
    asked: ApiCall,
    Id(id): Id,
    MaybeBody(body): MaybeBody<DisableBody>,
) -> Result<Answer<CredentialView>, Problem> {
    let mut fields = Fields::default();
    let reason = fields.lines("reason", body.reason, MAX_DESCRIPTION_LENGTH);
    fields.finish()?;
    let record = disable(&asked.call(), known(&id)?.as_str(), reason).await?;
    Ok(told(&record))
}

/// Switches a credential on, with the secret it had.
#[utoipa::path(
    post, path = "/credentials/{id}/enable", tag = TAG, operation_id = "enable_credential",
    params(("id" = String, Path)),
    responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn enable_one(asked: ApiCall, Id(id): Id) -> Result<Answer<CredentialView>, Problem> {
    let record = enable(&asked.call(), known(&id)?.as_str()).await?;
    Ok(told(&record))
}

/// Ends the overlap of a reset: the secret before is dead at once.
#[utoipa::path(
    post, path = "/credentials/{id}/end-overlap", tag = TAG, operation_id = "end_overlap",
    params(("id" = String, Path)), responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn end_overlap_of(asked: ApiCall, Id(id): Id) -> Result<Answer<CredentialView>, Problem> {
    Ok(told(&end_overlap(&asked.call(), known(&id)?.as_str()).await?))
}

/// Takes the secret of a credential away: nobody is let in by it until it is reset.
#[utoipa::path(
    post, path = "/credentials/{id}/clear", tag = TAG, operation_id = "clear_credential",
    params(("id" = String, Path)), responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn clear_one(asked: ApiCall, Id(id): Id) -> Result<Answer<CredentialView>, Problem> {
    Ok(told(&clear(&asked.call(), known(&id)?.as_str()).await?))
}
