use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::TAG;
use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, DeliveryId, Query, WebhookId};
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{
    ReplayWhat, list_deliveries, replay_delivery, replay_since, send_test_event, show_delivery, stop_replay,
};
use crate::control::views::{WebhookDeliveryDetailView, WebhookDeliveryView};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::DeliveryState;

pub(super) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(replay_one))
        .routes(routes!(replay))
        .routes(routes!(stop))
        .routes(routes!(test))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// waiting, delivered, failed, skipped or dropped.
    state: Option<String>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the deliveries of a webhook, newest first.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries", tag = TAG, operation_id = "list_webhook_deliveries", params(DeliveryQuery),
    responses((status = 200, body = Page<WebhookDeliveryView>))
)]
async fn list(
    call: ApiCall,
    WebhookId(id): WebhookId,
    Query(query): Query<DeliveryQuery>,
) -> Result<ApiResponse<Page<WebhookDeliveryView>>, Problem> {
    let mut fields = FieldReader::default();
    let states = DeliveryState::ALL.map(|state| (state.as_str(), state));
    let state = fields.word("state", query.state.as_deref(), &states);
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    Ok(ApiResponse::ok(Page::of(list_deliveries(&call.context(), id.as_str(), state, wanted.paging()).await?)))
}

/// Shows a delivery with its attempts. Staff sees neither what was sent nor what was answered.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries/{delivery}", tag = TAG, operation_id = "show_webhook_delivery",
    responses((status = 200, body = WebhookDeliveryDetailView))
)]
async fn show(
    call: ApiCall,
    DeliveryId(id, delivery): DeliveryId,
) -> Result<ApiResponse<WebhookDeliveryDetailView>, Problem> {
    let detail = show_delivery(&call.context(), id.as_str(), delivery.as_str()).await?;
    Ok(ApiResponse::ok(WebhookDeliveryDetailView::from(&detail)))
}

/// Sends a delivery once more, with the same id.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{delivery}/replay", tag = TAG, operation_id = "replay_webhook_delivery",
    responses((status = 200, body = WebhookDeliveryDetailView))
)]
async fn replay_one(
    call: ApiCall,
    DeliveryId(id, delivery): DeliveryId,
) -> Result<ApiResponse<WebhookDeliveryDetailView>, Problem> {
    let context = call.context();
    replay_delivery(&context, id.as_str(), delivery.as_str()).await?;
    call.wake_webhooks();
    let detail = show_delivery(&context, id.as_str(), delivery.as_str()).await?;
    Ok(ApiResponse::ok(WebhookDeliveryDetailView::from(&detail)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    /// failed, missed (skipped or dropped) or both.
    what: String,
    /// Deliveries that were created from this time on.
    #[schema(format = "date-time")]
    since: String,
}

/// How many deliveries an operation concerned.
#[derive(Serialize, ToSchema)]
struct ReplayCount {
    deliveries: u64,
}

/// Sends what failed, or was missed, once more: oldest first, at most five a second.
#[utoipa::path(
    post, path = "/webhooks/{id}/replay", tag = TAG, operation_id = "replay_webhook", request_body = ReplayBody,
    responses((status = 200, body = ReplayCount))
)]
async fn replay(
    call: ApiCall,
    WebhookId(id): WebhookId,
    Body(body): Body<ReplayBody>,
) -> Result<ApiResponse<ReplayCount>, Problem> {
    let mut fields = FieldReader::default();
    let words = ReplayWhat::ALL.map(|what| (what.as_str(), what));
    let what = fields.word("what", Some(&body.what), &words);
    let since = fields.timestamp("since", Some(&body.since));
    fields.finish()?;
    let (Some(what), Some(since)) = (what, since) else {
        return Err(Problem::of_field("since", Sentence::english("must be a time")));
    };
    let deliveries = replay_since(&call.context(), id.as_str(), what, since).await?;
    call.wake_webhooks();
    Ok(ApiResponse::ok(ReplayCount { deliveries }))
}

/// Takes back the replays of a webhook that are not sent yet.
#[utoipa::path(
    post, path = "/webhooks/{id}/stop-replay", tag = TAG, operation_id = "stop_webhook_replay",
    responses((status = 200, body = ReplayCount))
)]
async fn stop(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<ReplayCount>, Problem> {
    Ok(ApiResponse::ok(ReplayCount { deliveries: stop_replay(&call.context(), id.as_str()).await? }))
}

/// The delivery of a test event.
#[derive(Serialize, ToSchema)]
struct TestDelivery {
    /// Its id; its state shows what came of it.
    delivery: String,
}

/// Sends a test event to a webhook, also to a paused one.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", tag = TAG, operation_id = "test_webhook", responses((status = 200, body = TestDelivery))
)]
async fn test(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<TestDelivery>, Problem> {
    let delivery = send_test_event(&call.context(), id.as_str()).await?;
    call.wake_webhooks();
    Ok(ApiResponse::ok(TestDelivery { delivery }))
}
