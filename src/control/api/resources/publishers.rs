use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, PublisherId, Query};
use crate::control::api::fields::{FieldReader, not_null};
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::{ApiResponse, Resource, replayed};
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    NewPublisher, Outcome, create_publisher, delete_publisher, disable_publisher, enable_publisher, list_publishers,
    show_publisher,
};
use crate::control::views::PublisherView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "publishers";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(create)))
        .routes(routes!(show, delete))
        .routes(routes!(disable))
        .routes(routes!(enable))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PublisherQuery {
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the publishers, newest first.
#[utoipa::path(
    get, path = "/publishers", tag = TAG, operation_id = "list_publishers", params(PublisherQuery),
    responses((status = 200, body = Page<PublisherView>))
)]
async fn list(call: ApiCall, Query(query): Query<PublisherQuery>) -> Result<ApiResponse<Page<PublisherView>>, Problem> {
    let mut fields = FieldReader::default();
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    Ok(ApiResponse::ok(Page::of(list_publishers(&call.context(), wanted.paging()).await?)))
}

/// A new publisher.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublisher)]
struct NewPublisherBody {
    /// Display name.
    #[schema(min_length = 1, max_length = 200, example = "shop backend")]
    name: String,
    /// The one account whose events it may post; left out for all.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(min_length = 1, max_length = 128, nullable = false)]
    account: Option<String>,
    /// No longer valid from this time on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(format = "date-time", nullable = false)]
    expires_at: Option<String>,
}

/// A new publisher with its token.
#[derive(Serialize, ToSchema)]
struct PublisherWithToken {
    publisher: PublisherView,
    /// The token, shown once; null where the response repeats an earlier one.
    token: Option<String>,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

/// Creates a token with which the API behind posts its events. Only this response shows the token.
#[utoipa::path(
    post, path = "/publishers", tag = TAG, operation_id = "create_publisher", request_body = NewPublisherBody,
    responses((status = 201, body = PublisherWithToken))
)]
async fn create(call: ApiCall, Body(body): Body<NewPublisherBody>) -> Result<ApiResponse<PublisherWithToken>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", body.account.as_deref());
    let expires_at = fields.timestamp("expires_at", body.expires_at.as_deref());
    fields.finish()?;
    let new = NewPublisher { name: body.name, account, expires_at };
    Ok(ApiResponse::created(match create_publisher(&call.context(), new).await? {
        Outcome::Fresh(created) => PublisherWithToken {
            publisher: PublisherView::from(&created.record),
            token: Some(created.token.reveal().to_owned()),
            repeated: false,
        },
        Outcome::Replayed(stored) => PublisherWithToken { publisher: replayed(stored)?, token: None, repeated: true },
    }))
}

/// Shows a publisher, without its token.
#[utoipa::path(
    get, path = "/publishers/{id}", tag = TAG, operation_id = "show_publisher", responses((status = 200, body = PublisherView))
)]
async fn show(call: ApiCall, PublisherId(id): PublisherId) -> Result<ApiResponse<PublisherView>, Problem> {
    Ok(ApiResponse::of(&show_publisher(&call.context(), &id).await?))
}

/// Deletes a publisher for good, and returns its last state. Its events stay.
#[utoipa::path(
    delete, path = "/publishers/{id}", tag = TAG, operation_id = "delete_publisher", responses((status = 200, body = PublisherView))
)]
async fn delete(call: ApiCall, PublisherId(id): PublisherId) -> Result<ApiResponse<PublisherView>, Problem> {
    Ok(ApiResponse::ok(PublisherView::from(&delete_publisher(&call.context(), &id).await?)))
}

/// Disables a publisher: its next request is refused.
#[utoipa::path(
    post, path = "/publishers/{id}/disable", tag = TAG, operation_id = "disable_publisher", responses((status = 200, body = PublisherView))
)]
async fn disable(call: ApiCall, PublisherId(id): PublisherId) -> Result<ApiResponse<PublisherView>, Problem> {
    Ok(ApiResponse::of(&disable_publisher(&call.context(), &id).await?))
}

/// Enables a publisher.
#[utoipa::path(
    post, path = "/publishers/{id}/enable", tag = TAG, operation_id = "enable_publisher", responses((status = 200, body = PublisherView))
)]
async fn enable(call: ApiCall, PublisherId(id): PublisherId) -> Result<ApiResponse<PublisherView>, Problem> {
    Ok(ApiResponse::of(&enable_publisher(&call.context(), &id).await?))
}

impl Resource for PublisherWithToken {
    const COLLECTION: &'static str = PublisherView::COLLECTION;

    fn id(&self) -> &str {
        self.publisher.id()
    }

    fn revision(&self) -> i64 {
        self.publisher.revision()
    }

    fn is_replayed(&self) -> bool {
        self.repeated
    }
}
