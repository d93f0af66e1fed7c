use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::TAG;
use super::body::{WebhookWithSecret, view};
use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Query, WebhookId};
use crate::control::api::fields::{FieldReader, not_null};
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    ANY, EditWebhook, NewWebhook, WebhookSearch, create_webhook, delete_webhook, edit_webhook, list_webhooks,
    pause_webhook, play_webhook, show_webhook,
};
use crate::control::views::WebhookView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::WebhookState;

pub(super) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(create)))
        .routes(routes!(show, edit, delete))
        .routes(routes!(pause))
        .routes(routes!(play))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WebhookQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// The id of a credential.
    #[param(min_length = 1, max_length = 128)]
    credential: Option<String>,
    /// The id of the user whose own key it belongs to.
    #[param(min_length = 1, max_length = 128)]
    owner: Option<String>,
    /// active, failing, paused, switched_off or stopped.
    state: Option<String>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists webhooks, newest first.
#[utoipa::path(
    get, path = "/webhooks", tag = TAG, operation_id = "list_webhooks", params(WebhookQuery),
    responses((status = 200, body = Page<WebhookView>))
)]
async fn list(call: ApiCall, Query(query): Query<WebhookQuery>) -> Result<ApiResponse<Page<WebhookView>>, Problem> {
    let mut fields = FieldReader::default();
    let states = WebhookState::ALL.map(|state| (state.as_str(), state));
    let search = WebhookSearch {
        account: fields.optional_label("account", query.account.as_deref()),
        credential: fields.optional_label("credential", query.credential.as_deref()),
        owner: fields.optional_label("owner", query.owner.as_deref()),
        state: fields.word("state", query.state.as_deref(), &states),
    };
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let listing = list_webhooks(&call.context(), &search, wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::with(listing, |listed| {
        let last_delivery_at = listed.last_delivery_at.map(|at| at.to_string());
        WebhookView { last_delivery_at, ..view(&call, &listed.webhook) }
    })))
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
struct NewWebhookBody {
    /// The credential that it belongs to, and stops with.
    #[schema(min_length = 1, max_length = 128)]
    credential: String,
    /// Where events are sent: https, a name, and addresses that are public.
    #[schema(max_length = 2000, example = "https://hooks.example.org/claviger")]
    url: String,
    /// What it receives events about; * or left out for anything.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    entity: Option<String>,
    /// The operation on that entity; * or left out for all operations.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    operation: Option<String>,
}

/// Creates a webhook. Only this response shows its secret.
#[utoipa::path(
    post, path = "/webhooks", tag = TAG, operation_id = "create_webhook", request_body = NewWebhookBody,
    responses((status = 201, body = WebhookWithSecret))
)]
async fn create(call: ApiCall, Body(body): Body<NewWebhookBody>) -> Result<ApiResponse<WebhookWithSecret>, Problem> {
    let mut fields = FieldReader::default();
    let credential = fields.label("credential", &body.credential);
    fields.finish()?;
    let Some(credential) = credential else {
        return Err(Problem::of_field("credential", Sentence::english("must be an id")));
    };
    let new = NewWebhook {
        credential,
        url: body.url,
        entity: body.entity.unwrap_or_else(|| ANY.to_owned()),
        operation: body.operation.unwrap_or_else(|| ANY.to_owned()),
    };
    Ok(ApiResponse::created(WebhookWithSecret::created(create_webhook(&call.context(), new).await?)?))
}

/// Shows a webhook, without its secret.
#[utoipa::path(
    get, path = "/webhooks/{id}", tag = TAG, operation_id = "show_webhook", responses((status = 200, body = WebhookView))
)]
async fn show(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<WebhookView>, Problem> {
    let record = show_webhook(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::resource(view(&call, &record)))
}

/// Changes of a webhook; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditWebhook)]
struct EditWebhookBody {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(max_length = 2000, nullable = false)]
    url: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    entity: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    operation: Option<String>,
}

/// Changes where a webhook leads, or what it receives. What waits goes to the new URL.
#[utoipa::path(
    patch, path = "/webhooks/{id}", tag = TAG, operation_id = "edit_webhook", request_body = EditWebhookBody,
    responses((status = 200, body = WebhookView))
)]
async fn edit(
    call: ApiCall,
    WebhookId(id): WebhookId,
    Body(body): Body<EditWebhookBody>,
) -> Result<ApiResponse<WebhookView>, Problem> {
    let edit = EditWebhook { url: body.url, entity: body.entity, operation: body.operation };
    Ok(ApiResponse::of(&edit_webhook(&call.conditional()?, id.as_str(), edit).await?))
}

/// Deletes a webhook with its deliveries, and returns its last state.
#[utoipa::path(
    delete, path = "/webhooks/{id}", tag = TAG, operation_id = "delete_webhook", responses((status = 200, body = WebhookView))
)]
async fn delete(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<WebhookView>, Problem> {
    Ok(ApiResponse::ok(WebhookView::from(&delete_webhook(&call.context(), id.as_str()).await?)))
}

/// Pauses a webhook: what waits is skipped, and so are new events until it is played.
#[utoipa::path(
    post, path = "/webhooks/{id}/pause", tag = TAG, operation_id = "pause_webhook", responses((status = 200, body = WebhookView))
)]
async fn pause(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<WebhookView>, Problem> {
    Ok(ApiResponse::of(&pause_webhook(&call.context(), id.as_str()).await?))
}

/// Lets a webhook go on that was paused, or switched off after failures.
#[utoipa::path(
    post, path = "/webhooks/{id}/play", tag = TAG, operation_id = "play_webhook", responses((status = 200, body = WebhookView))
)]
async fn play(call: ApiCall, WebhookId(id): WebhookId) -> Result<ApiResponse<WebhookView>, Problem> {
    Ok(ApiResponse::of(&play_webhook(&call.context(), id.as_str()).await?))
}
