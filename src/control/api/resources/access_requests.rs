use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{AccessRequestId, Body, Query};
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    Decision, NewAccessRequest, NotFound, decide_requests, list_access_requests, request_access, show_access_request,
    withdraw_request,
};
use crate::control::views::{AccessRequestView, RequestStateName};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{AccessRequestFilter, RequestState};

const TAG: &str = "access requests";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(ask)))
        .routes(routes!(show))
        .routes(routes!(withdraw))
        .routes(routes!(approve))
        .routes(routes!(decline))
        .routes(routes!(decide))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RequestQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    #[param(inline)]
    state: Option<RequestStateName>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the access requests that you may see: pending ones oldest first, then the others newest first.
#[utoipa::path(
    get, path = "/access-requests", tag = TAG, operation_id = "list_access_requests", params(RequestQuery),
    responses((status = 200, body = Page<AccessRequestView>))
)]
async fn list(
    call: ApiCall,
    Query(query): Query<RequestQuery>,
) -> Result<ApiResponse<Page<AccessRequestView>>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", query.account.as_deref());
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = AccessRequestFilter { account, state: query.state.map(RequestState::from) };
    let listing = list_access_requests(&call.context(), filter, wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::of(listing)))
}

/// A new access request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccessRequest)]
struct NewRequestBody {
    /// The id of the account.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    account: String,
    /// The planned start, not in the past.
    #[schema(format = "date", example = "2027-01-31")]
    start_on: String,
    /// third_party_tool, data_extraction, reporting, integration, automation, or "other: " with a description.
    #[schema(min_items = 1, max_items = 10, example = json!(["reporting"]))]
    use_cases: Vec<String>,
    /// The public address of the privacy policy.
    #[schema(max_length = 2000, format = "uri")]
    privacy_policy: Option<String>,
}

/// Requests API access for an account.
#[utoipa::path(
    post, path = "/access-requests", tag = TAG, operation_id = "ask_for_access", request_body = NewRequestBody,
    responses(
        (status = 201, body = AccessRequestView)
    )
)]
async fn ask(call: ApiCall, Body(body): Body<NewRequestBody>) -> Result<ApiResponse<AccessRequestView>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.label("account", &body.account);
    fields.finish()?;
    let account = account.ok_or_else(|| Problem::of_field("account", Sentence::Empty))?;
    let NewRequestBody { start_on, use_cases, privacy_policy, .. } = body;
    let new = NewAccessRequest { account, start_on, use_cases, privacy_policy };
    ApiResponse::created_once(request_access(&call.context(), new).await?)
}

/// Shows an access request.
#[utoipa::path(
    get, path = "/access-requests/{id}", tag = TAG, operation_id = "show_access_request", responses((status = 200, body = AccessRequestView))
)]
async fn show(call: ApiCall, AccessRequestId(id): AccessRequestId) -> Result<ApiResponse<AccessRequestView>, Problem> {
    Ok(ApiResponse::of(&show_access_request(&call.context(), id.as_str()).await?))
}

/// Withdraws an access request.
#[utoipa::path(
    post, path = "/access-requests/{id}/withdraw", tag = TAG, operation_id = "withdraw_access_request",
    responses((status = 200, body = AccessRequestView))
)]
async fn withdraw(
    call: ApiCall,
    AccessRequestId(id): AccessRequestId,
) -> Result<ApiResponse<AccessRequestView>, Problem> {
    Ok(ApiResponse::of(&withdraw_request(&call.context(), id.as_str()).await?))
}

/// Approves an access request: the account is granted API access.
#[utoipa::path(
    post, path = "/access-requests/{id}/approve", tag = TAG, operation_id = "approve_access_request",
    responses((status = 200, body = AccessRequestView))
)]
async fn approve(call: ApiCall, id: AccessRequestId) -> Result<ApiResponse<AccessRequestView>, Problem> {
    decide_one(&call, id, &Decision::Approve).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decline {
    /// Shown to the account.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Declines an access request.
#[utoipa::path(
    post, path = "/access-requests/{id}/decline", tag = TAG, operation_id = "decline_access_request", request_body = Decline,
    responses((status = 200, body = AccessRequestView))
)]
async fn decline(
    call: ApiCall,
    id: AccessRequestId,
    Body(body): Body<Decline>,
) -> Result<ApiResponse<AccessRequestView>, Problem> {
    decide_one(&call, id, &Decision::Decline(body.reason)).await
}

/// One decision about many access requests.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideMany {
    /// The ids of the requests: all are decided, or none.
    #[schema(min_items = 1, max_items = 200)]
    ids: Vec<String>,
    decision: DecisionName,
    /// Required with decline, not permitted with approve.
    #[schema(min_length = 1, max_length = 1000)]
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Decision)]
enum DecisionName {
    Approve,
    Decline,
}

#[derive(Serialize, ToSchema)]
struct Decided {
    /// The decided requests, ordered by id.
    items: Vec<AccessRequestView>,
}

/// Approves or declines many access requests: all that are named, or none.
#[utoipa::path(
    post, path = "/access-requests/decide", tag = TAG, operation_id = "decide_access_requests",
    request_body = DecideMany, responses((status = 200, body = Decided))
)]
async fn decide(call: ApiCall, Body(body): Body<DecideMany>) -> Result<ApiResponse<Decided>, Problem> {
    let decision = match (body.decision, body.reason) {
        (DecisionName::Approve, None) => Decision::Approve,
        (DecisionName::Decline, Some(reason)) => Decision::Decline(reason),
        (DecisionName::Approve, Some(_)) => {
            return Err(Problem::of_field("reason", Sentence::english("has no meaning with approve")));
        }
        (DecisionName::Decline, None) => return Err(Problem::of_field("reason", Sentence::Missing)),
    };
    let mut fields = FieldReader::default();
    fields.labels("ids", &body.ids, 200);
    fields.finish()?;
    let records = decide_requests(&call.context(), &body.ids, &decision).await?;
    Ok(ApiResponse::ok(Decided { items: records.iter().map(AccessRequestView::from).collect() }))
}

async fn decide_one(
    call: &ApiCall,
    AccessRequestId(id): AccessRequestId,
    decision: &Decision,
) -> Result<ApiResponse<AccessRequestView>, Problem> {
    let records = decide_requests(&call.context(), &[id.to_string()], decision).await?;
    Ok(ApiResponse::of(records.first().ok_or(NotFound("access request"))?))
}
