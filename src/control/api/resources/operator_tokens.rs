//! Operator tokens over HTTP.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Id, Query};
use crate::control::api::fields::Fields;
use crate::control::api::paging::{Page, Wanted};
use crate::control::api::problem::Problem;
use crate::control::api::response::{Answer, answered_before, location};
use crate::control::operations::{
    NewOperatorToken, NotFound, Outcome, create_operator_token, delete_operator_token, disable_operator_token,
    enable_operator_token, list_operator_tokens, show_operator_token,
};
use crate::control::views::{OperatorTokenView, RoleName};
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

const TAG: &str = "operator tokens";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, delete))
        .routes(routes!(disable))
        .routes(routes!(enable))
}

/// Which operator tokens.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TokenQuery {
    /// Of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// As the page before gave it.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The operator tokens that you look after, the newest first.
#[utoipa::path(
    get, path = "/operator-tokens", tag = TAG, operation_id = "list_operator_tokens", params(TokenQuery),
    responses((status = 200, body = Page<OperatorTokenView>), (status = 404))
)]
async fn list(asked: ApiCall, Query(query): Query<TokenQuery>) -> Result<Answer<Page<OperatorTokenView>>, Problem> {
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    let wanted = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let listing = list_operator_tokens(&asked.call(), account.as_ref(), wanted.paging()).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// What it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOperatorToken)]
struct NewTokenBody {
    /// For people.
    #[schema(min_length = 1, max_length = 200, example = "nightly import")]
    name: String,
    /// What it may do; no script is a member.
    role: RoleName,
    /// Whose; left out for staff.
    #[schema(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Worth nothing from this moment on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
}

/// An operator token that was just made.
#[derive(Serialize, ToSchema)]
struct OperatorTokenWithSecret {
    /// As it is kept.
    operator_token: OperatorTokenView,
    /// Seen once: null where this call was answered before.
    token: Option<String>,
    /// True where a call with this Idempotency-Key was answered before, with the token.
    repeated: bool,
}

/// Makes an operator token. It is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/operator-tokens", tag = TAG, operation_id = "create_operator_token", request_body = NewTokenBody,
    responses(
        (status = 201, body = OperatorTokenWithSecret, headers(("ETag" = String), ("Location" = String))),
        (status = 404)
    )
)]
async fn create(asked: ApiCall, Body(body): Body<NewTokenBody>) -> Result<Answer<OperatorTokenWithSecret>, Problem> {
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", body.account.as_deref());
    let expires_at = fields.moment("expires_at", body.expires_at.as_deref());
    fields.finish()?;
    let new = NewOperatorToken { name: body.name, role: body.role.into(), account, expires_at };
    let body = match create_operator_token(&asked.call(), new).await? {
        Outcome::Fresh(made) => OperatorTokenWithSecret {
            operator_token: OperatorTokenView::from(&made.record),
            token: Some(made.token.reveal().to_owned()),
            repeated: false,
        },
        Outcome::Replayed(facts) => {
            OperatorTokenWithSecret { operator_token: answered_before(facts)?, token: None, repeated: true }
        }
    };
    let (token, is_replayed) = (&body.operator_token, body.repeated);
    let (place, revision) = (location("operator-tokens", &known(&token.id)?), token.revision);
    Ok(Answer::created(body, place).of_revision(revision).replayed(is_replayed))
}

/// What may be known of an operator token.
#[utoipa::path(
    get, path = "/operator-tokens/{id}", tag = TAG, operation_id = "show_operator_token",
    params(("id" = String, Path)), responses((status = 200, body = OperatorTokenView, headers(("ETag" = String))))
)]
async fn show(asked: ApiCall, Id(id): Id) -> Result<Answer<OperatorTokenView>, Problem> {
    Ok(told(&show_operator_token(&asked.call(), &known(&id)?).await?))
}

/// Deletes an operator token for good, and tells what it was.
#[utoipa::path(
    delete, path = "/operator-tokens/{id}", tag = TAG, operation_id = "delete_operator_token",
    params(("id" = String, Path)), responses((status = 200, body = OperatorTokenView))
)]
async fn delete(asked: ApiCall, Id(id): Id) -> Result<Answer<OperatorTokenView>, Problem> {
    let record = delete_operator_token(&asked.call(), &known(&id)?).await?;
    Ok(Answer::ok(OperatorTokenView::from(&record)))
}

/// Switches an operator token off: its next request is refused.
#[utoipa::path(
    post, path = "/operator-tokens/{id}/disable", tag = TAG, operation_id = "disable_operator_token",
    params(("id" = String, Path)), responses((status = 200, body = OperatorTokenView, headers(("ETag" = String))))
)]
async fn disable(asked: ApiCall, Id(id): Id) -> Result<Answer<OperatorTokenView>, Problem> {
    Ok(told(&disable_operator_token(&asked.call(), &known(&id)?).await?))
}

/// Switches an operator token on.
#[utoipa::path(
    post, path = "/operator-tokens/{id}/enable", tag = TAG, operation_id = "enable_operator_token",
    params(("id" = String, Path)), responses((status = 200, body = OperatorTokenView, headers(("ETag" = String))))
)]
async fn enable(asked: ApiCall, Id(id): Id) -> Result<Answer<OperatorTokenView>, Problem> {
    Ok(told(&enable_operator_token(&asked.call(), &known(&id)?).await?))
}

fn told(record: &OperatorTokenRecord) -> Answer<OperatorTokenView> {
    Answer::ok(OperatorTokenView::from(record)).of_revision(record.revision)
}

fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("operator token").into())
}
