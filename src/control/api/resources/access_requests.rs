//! Requests for API access over HTTP.

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
    Decision, NewAccessRequest, NotFound, Outcome, decide_requests, list_access_requests, request_access,
    show_access_request, withdraw_request,
};
use crate::control::views::{AccessRequestView, RequestStateName};
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::{AccessRequestFilter, AccessRequestRecord, RequestState};

const TAG: &str = "access requests";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(show))
        .routes(routes!(withdraw))
        .routes(routes!(approve))
        .routes(routes!(decline))
        .routes(routes!(decide))
}

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RequestQuery {
    /// Of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// That stand so.
    #[param(inline)]
    state: Option<RequestStateName>,
    /// As the page before gave it.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The requests that you may see: those that wait the oldest first, all others the newest first.
#[utoipa::path(
    get, path = "/access-requests", tag = TAG, operation_id = "list_access_requests", params(RequestQuery),
    responses((status = 200, body = Page<AccessRequestView>), (status = 404))
)]
async fn list(asked: ApiCall, Query(query): Query<RequestQuery>) -> Result<Answer<Page<AccessRequestView>>, Problem> {
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    let wanted = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = AccessRequestFilter { account, state: query.state.map(RequestState::from) };
    let listing = list_access_requests(&asked.call(), filter, wanted.paging()).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// What is asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccessRequest)]
struct NewRequestBody {
    /// For which account.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    account: String,
    /// When they want to begin; not in the past.
    #[schema(format = "date", example = "2027-01-31")]
    start_on: String,
    /// For what: third_party_tool, data_extraction, reporting, integration, automation or "other: " and what.
    #[schema(min_items = 1, max_items = 10, example = json!(["reporting"]))]
    use_cases: Vec<String>,
    /// Where they say what they do with data: a public web address.
    #[schema(max_length = 2000, format = "uri")]
    privacy_policy: Option<String>,
}

/// Asks for API access for an account.
#[utoipa::path(
    post, path = "/access-requests", tag = TAG, operation_id = "ask_for_access", request_body = NewRequestBody,
    responses(
        (status = 201, body = AccessRequestView, headers(("ETag" = String), ("Location" = String))),
        (status = 404), (status = 409)
    )
)]
async fn ask(asked: ApiCall, Body(body): Body<NewRequestBody>) -> Result<Answer<AccessRequestView>, Problem> {
    let mut fields = Fields::default();
    let account = fields.label("account", &body.account);
    fields.finish()?;
    let account = account.ok_or_else(|| Problem::of_field("account", "must not be empty"))?;
    let NewRequestBody { start_on, use_cases, privacy_policy, .. } = body;
    let new = NewAccessRequest { account, start_on, use_cases, privacy_policy };
    let (body, is_replayed) = match request_access(&asked.call(), new).await? {
        Outcome::Fresh(record) => (AccessRequestView::from(&record), false),
        Outcome::Replayed(facts) => (answered_before(facts)?, true),
    };
    let (place, revision) = (location("access-requests", &known(&body.id)?), body.revision);
    Ok(Answer::created(body, place).of_revision(revision).replayed(is_replayed))
}

/// A request, as it stands.
#[utoipa::path(
    get, path = "/access-requests/{id}", tag = TAG, operation_id = "show_access_request",
    params(("id" = String, Path)), responses((status = 200, body = AccessRequestView, headers(("ETag" = String))))
)]
async fn show(asked: ApiCall, Id(id): Id) -> Result<Answer<AccessRequestView>, Problem> {
    Ok(told(&show_access_request(&asked.call(), known(&id)?.as_str()).await?))
}

/// Withdraws a request.
#[utoipa::path(
    post, path = "/access-requests/{id}/withdraw", tag = TAG, operation_id = "withdraw_access_request",
    params(("id" = String, Path)),
    responses((status = 200, body = AccessRequestView, headers(("ETag" = String))), (status = 409))
)]
async fn withdraw(asked: ApiCall, Id(id): Id) -> Result<Answer<AccessRequestView>, Problem> {
    Ok(told(&withdraw_request(&asked.call(), known(&id)?.as_str()).await?))
}

/// Lets the account of a request use the API.
#[utoipa::path(
    post, path = "/access-requests/{id}/approve", tag = TAG, operation_id = "approve_access_request",
    params(("id" = String, Path)),
    responses((status = 200, body = AccessRequestView, headers(("ETag" = String))), (status = 409))
)]
async fn approve(asked: ApiCall, Id(id): Id) -> Result<Answer<AccessRequestView>, Problem> {
    decide_one(&asked, &id, &Decision::Approve).await
}

/// Why not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decline {
    /// The account is told.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Declines a request, with a reason.
#[utoipa::path(
    post, path = "/access-requests/{id}/decline", tag = TAG, operation_id = "decline_access_request",
    params(("id" = String, Path)), request_body = Decline,
    responses((status = 200, body = AccessRequestView, headers(("ETag" = String))), (status = 409))
)]
async fn decline(asked: ApiCall, Id(id): Id, Body(body): Body<Decline>) -> Result<Answer<AccessRequestView>, Problem> {
    decide_one(&asked, &id, &Decision::Decline(body.reason)).await
}

/// About many at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideMany {
    /// About these: all of them or none.
    #[schema(min_items = 1, max_items = 200)]
    ids: Vec<String>,
    /// What is decided.
    decision: DecisionName,
    /// Why not; with decline, and only there.
    #[schema(min_length = 1, max_length = 1000)]
    reason: Option<String>,
}

/// What is decided.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Decision)]
enum DecisionName {
    /// They may use the API.
    Approve,
    /// They may not.
    Decline,
}

/// What has become of them.
#[derive(Serialize, ToSchema)]
struct Decided {
    /// In the order of their ids.
    items: Vec<AccessRequestView>,
}

/// Decides about many requests: about all that are named, or about none.
#[utoipa::path(
    post, path = "/access-requests/decide", tag = TAG, operation_id = "decide_access_requests",
    request_body = DecideMany, responses((status = 200, body = Decided), (status = 404), (status = 409))
)]
async fn decide(asked: ApiCall, Body(body): Body<DecideMany>) -> Result<Answer<Decided>, Problem> {
    let decision = match (body.decision, body.reason) {
        (DecisionName::Approve, None) => Decision::Approve,
        (DecisionName::Decline, Some(reason)) => Decision::Decline(reason),
        (DecisionName::Approve, Some(_)) => return Err(Problem::of_field("reason", "has no meaning with approve")),
        (DecisionName::Decline, None) => return Err(Problem::of_field("reason", "is missing")),
    };
    let mut fields = Fields::default();
    fields.labels("ids", &body.ids, 200);
    fields.finish()?;
    let records = decide_requests(&asked.call(), &body.ids, &decision).await?;
    Ok(Answer::ok(Decided { items: records.iter().map(AccessRequestView::from).collect() }))
}

async fn decide_one(asked: &ApiCall, id: &str, decision: &Decision) -> Result<Answer<AccessRequestView>, Problem> {
    let id = known(id)?.to_string();
    let records = decide_requests(&asked.call(), &[id], decision).await?;
    let record = records.first().ok_or(NotFound("access request"))?;
    Ok(told(record))
}

fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("access request").into())
}

fn told(record: &AccessRequestRecord) -> Answer<AccessRequestView> {
    Answer::ok(AccessRequestView::from(record)).of_revision(record.revision)
}
