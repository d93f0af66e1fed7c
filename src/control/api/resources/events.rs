//! Where the API behind posts its events, with a token that can do nothing else.

use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::extract::{EventsBody, MAX_EVENTS_BYTES};
use crate::control::api::fields::not_null;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{Invalid, PostedEvent, event_field, post_events, publisher_of_token};
use crate::control::web::caller::{bearer_token, client_address};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;
use crate::store::PublisherRecord;

const TAG: &str = "events";
const NO_PUBLISHER: &str =
    "the publisher's token is missing, unknown, disabled or expired; send one as Authorization: Bearer clvpub_…";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(post)).layer(DefaultBodyLimit::max(MAX_EVENTS_BYTES))
}

/// A publisher that proved its token.
struct PublisherCall {
    state: ControlState,
    publisher: PublisherRecord,
}

impl FromRequestParts<ControlState> for PublisherCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let settings = state.settings.load();
        let steady = state.clock.steady();
        let token = bearer_token(&parts.headers).map_err(|problem| match problem.code {
            Code::Unauthenticated => Problem::english(Code::Unauthenticated, NO_PUBLISHER),
            _ => problem,
        })?;
        let Some(publisher) = publisher_of_token(&state.store, token, state.clock.now()).await? else {
            state.rate_limits.count_failure(client_address(parts, &settings), steady)?;
            return Err(Problem::english(Code::Unauthenticated, NO_PUBLISHER));
        };
        state.rate_limits.count_call(&format!("publisher {}", publisher.id), steady)?;
        Ok(Self { state: state.clone(), publisher })
    }
}

/// What has happened in the API behind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEvent)]
struct EventBody {
    /// Chosen by the API: the same id again within seven days is the same event, which is not sent again.
    #[schema(min_length = 1, max_length = 128, example = "contact-4711-created")]
    id: String,
    /// The account whose webhooks receive it.
    #[schema(min_length = 1, max_length = 128)]
    account: String,
    /// One of webhooks.entities in the settings.
    #[schema(example = "contact")]
    entity: String,
    /// One of the operations of the entity.
    #[schema(example = "created")]
    operation: String,
    #[schema(format = "date-time")]
    occurred_at: String,
    /// What receivers get.
    #[schema(value_type = Object)]
    data: Value,
    /// Only webhooks of these credentials receive it; left out for all of the account.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(min_items = 1, max_items = 100, nullable = false)]
    credentials: Option<Vec<String>>,
    /// Only webhooks of credentials with this scope receive it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    scope: Option<String>,
}

/// An accepted event.
#[derive(Serialize, ToSchema)]
struct AcceptedEventBody {
    /// Its id, as receivers see it.
    event: String,
    /// True where the publisher posted this id before; nothing is sent again.
    repeated: bool,
}

/// Posts one event, or a list of up to 100: all of them are accepted, or none. Webhooks of the account receive them.
/// Needs a publisher's token, which can do nothing else.
#[utoipa::path(
    post, path = "/events", tag = TAG, operation_id = "post_events", request_body = inline(Vec<EventBody>),
    responses((status = 202, body = Vec<AcceptedEventBody>))
)]
async fn post(
    call: PublisherCall,
    EventsBody(bodies): EventsBody<EventBody>,
) -> Result<ApiResponse<Vec<AcceptedEventBody>>, Problem> {
    let now = call.state.clock.now();
    let settings = call.state.settings.load_full();
    let mut invalid = Invalid::default();
    let is_list = bodies.len() > 1;
    let mut events = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        match body.occurred_at.parse::<Timestamp>() {
            Ok(occurred_at) => events.push(PostedEvent {
                id: body.id,
                account: body.account,
                entity: body.entity,
                operation: body.operation,
                occurred_at,
                data: body.data,
                credentials: body.credentials,
                scope: body.scope,
            }),
            Err(_) => {
                let field = event_field(is_list.then_some(index), "occurred_at");
                invalid.add(field, Sentence::english("must be a time such as 2027-01-01T00:00:00Z (RFC 3339)"));
            }
        }
    }
    invalid.into_result()?;
    let accepted = post_events(&call.state.store, settings.terms(), &call.publisher, &events, now).await?;
    call.state.webhook_wake.notify_one();
    let shown = accepted.into_iter().map(|event| AcceptedEventBody { event: event.id, repeated: event.is_repeated });
    Ok(ApiResponse::ok(shown.collect()).with_status(StatusCode::ACCEPTED))
}
