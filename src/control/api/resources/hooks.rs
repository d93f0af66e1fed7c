//! REST hooks: integration platforms subscribe webhooks with the API key itself.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::extract::{Body, Query, WebhookId};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{
    CreatedWebhook, HookSubscription, Invalid, OperationContext, Subscription, WebhookTerms, list_hooks, sample_events,
    subscribe_hook, unsubscribe_hook, unsubscribe_hook_url,
};
use crate::control::web::api_key::{KeyHolder, key_holder};
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::{ControlState, LiveSettings};
use crate::store::WebhookRecord;

const TAG: &str = "REST hooks";
const TARGET_FIELDS: &str = "must be given once, as target_url, targetUrl, hookUrl or url";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list, subscribe, unsubscribe_url))
        .routes(routes!(unsubscribe))
        .routes(routes!(samples))
}

/// A program with a right API key, where webhooks are configured.
struct KeyCall {
    state: ControlState,
    settings: std::sync::Arc<LiveSettings>,
    holder: KeyHolder,
}

impl FromRequestParts<ControlState> for KeyCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let settings = state.settings.load_full();
        let holder = key_holder(state, &settings, parts).await?;
        if settings.webhooks.is_none() {
            return Err(Problem::english(Code::NotFound, "webhooks are not configured here"));
        }
        Ok(Self { state: state.clone(), settings, holder })
    }
}

impl KeyCall {
    fn context(&self) -> OperationContext<'_> {
        let context = OperationContext::new(
            &self.state.store,
            &self.holder.caller,
            self.state.clock.now(),
            self.settings.terms(),
        );
        OperationContext { installation_keys: self.state.installation_keys.get(), ..context }
    }

    fn terms(&self) -> Result<&WebhookTerms, Problem> {
        self.settings
            .webhooks
            .as_deref()
            .ok_or_else(|| Problem::english(Code::NotFound, "webhooks are not configured here"))
    }

    /// `event`, or entity and operation apart.
    fn subscription(
        &self,
        event: Option<&str>,
        entity: Option<&str>,
        operation: Option<&str>,
    ) -> Result<Subscription, Problem> {
        let settings = &self.terms()?.settings;
        Ok(match (event, entity, operation) {
            (Some(event), None, None) => Subscription::parse_event(event, settings)?,
            (None, Some(entity), Some(operation)) => Subscription::parse(entity, operation, settings)?,
            _ => {
                let problem = "must be given: contact.created, or entity and operation instead";
                return Err(Invalid::one("event", Sentence::english(problem)).into());
            }
        })
    }
}

/// The holder of the API key: a connection test.
#[derive(Serialize, ToSchema)]
struct KeyHolderBody {
    account: String,
    /// The name of the credential, or its id where it has none.
    name: String,
    /// Last four characters of the key; null for a user name and password.
    hint: Option<String>,
}

/// A hook, as its subscriber sees it.
#[derive(Serialize, ToSchema)]
struct HookBody {
    id: String,
    /// The event it was subscribed to.
    #[schema(example = "contact.created")]
    event: String,
    target_url: String,
    /// Verifies signatures (Standard Webhooks); only in the response to a subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    secret: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
}

/// A subscription: the URL, and what to send there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHook)]
struct NewHookBody {
    /// Where events are sent.
    target_url: Option<String>,
    /// The same as target_url.
    #[serde(rename = "targetUrl")]
    target_url_camel: Option<String>,
    /// The same as target_url.
    #[serde(rename = "hookUrl")]
    hook_url: Option<String>,
    /// The same as target_url.
    url: Option<String>,
    /// Entity and operation: contact.created.
    event: Option<String>,
    /// With operation, instead of event.
    entity: Option<String>,
    /// With entity, instead of event.
    operation: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TargetQuery {
    /// The URL of the hooks to remove.
    #[param(max_length = 2000)]
    target_url: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SampleQuery {
    /// Entity and operation: contact.created.
    #[param(max_length = 100)]
    event: String,
}

/// Shows whose API key this is.
#[utoipa::path(
    get, path = "/hooks/me", tag = TAG, operation_id = "show_key_holder", responses((status = 200, body = KeyHolderBody))
)]
async fn me(call: KeyCall) -> Result<ApiResponse<KeyHolderBody>, Problem> {
    let credential = &call.holder.credential;
    Ok(ApiResponse::ok(KeyHolderBody {
        account: credential.account.to_string(),
        name: credential.name.clone().unwrap_or_else(|| credential.id.to_string()),
        hint: credential.hint.clone(),
    }))
}

/// Lists the hooks of this API key.
#[utoipa::path(
    get, path = "/hooks", tag = TAG, operation_id = "list_hooks", responses((status = 200, body = Vec<HookBody>))
)]
async fn list(call: KeyCall) -> Result<ApiResponse<Vec<HookBody>>, Problem> {
    let hooks = list_hooks(&call.context(), &call.holder.credential).await?;
    Ok(ApiResponse::ok(hooks.iter().map(HookBody::from).collect()))
}

/// Subscribes a URL to an event. The same URL and event again return the existing hook.
#[utoipa::path(
    post, path = "/hooks", tag = TAG, operation_id = "subscribe_hook", request_body = NewHookBody,
    responses((status = 201, body = HookBody), (status = 200, body = HookBody))
)]
async fn subscribe(call: KeyCall, Body(body): Body<NewHookBody>) -> Result<ApiResponse<HookBody>, Problem> {
    let given = [&body.target_url, &body.target_url_camel, &body.hook_url, &body.url];
    let mut urls = given.into_iter().flatten();
    let (Some(url), None) = (urls.next(), urls.next()) else {
        return Err(Invalid::one("target_url", Sentence::english(TARGET_FIELDS)).into());
    };
    let (event, entity, operation) = (body.event.as_deref(), body.entity.as_deref(), body.operation.as_deref());
    let wanted = call.subscription(event, entity, operation)?;
    let subscribed = subscribe_hook(&call.context(), &call.holder.credential, url, &wanted).await;
    Ok(match subscribed.map_err(|error| renamed(error.into()))? {
        HookSubscription::New(created) => {
            ApiResponse::ok(HookBody::with_secret(&created)).with_status(StatusCode::CREATED)
        }
        HookSubscription::Existing(existing) => ApiResponse::ok(HookBody::with_secret(&existing)),
    })
}

/// Removes the hooks of this API key with this URL; also where there are none.
#[utoipa::path(
    delete, path = "/hooks", tag = TAG, operation_id = "unsubscribe_hook_url", params(TargetQuery), responses((status = 204))
)]
async fn unsubscribe_url(call: KeyCall, Query(query): Query<TargetQuery>) -> Result<StatusCode, Problem> {
    unsubscribe_hook_url(&call.context(), &call.holder.credential, &query.target_url).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a hook of this API key; also one that is gone already.
#[utoipa::path(
    delete, path = "/hooks/{id}", tag = TAG, operation_id = "unsubscribe_hook", responses((status = 204))
)]
async fn unsubscribe(call: KeyCall, id: Result<WebhookId, Problem>) -> Result<StatusCode, Problem> {
    // What is no id is the id of no hook.
    if let Ok(WebhookId(id)) = id {
        unsubscribe_hook(&call.context(), &call.holder.credential, id.as_str()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Shows up to three events as they were delivered, newest first; before the first one an example, if the settings have
/// one.
#[utoipa::path(
    get, path = "/hooks/samples", tag = TAG, operation_id = "sample_events", params(SampleQuery),
    responses((status = 200, body = Vec<Object>))
)]
async fn samples(call: KeyCall, Query(query): Query<SampleQuery>) -> Result<ApiResponse<Vec<Value>>, Problem> {
    let wanted = call.subscription(Some(&query.event), None, None)?;
    Ok(ApiResponse::ok(sample_events(&call.context(), &call.holder.credential, &wanted).await?))
}

/// Names the field as most subscribers do.
fn renamed(mut problem: Problem) -> Problem {
    for fault in problem.fields.iter_mut().filter(|fault| fault.field == "url") {
        fault.field = "target_url".into();
    }
    problem
}

impl HookBody {
    fn with_secret(created: &CreatedWebhook) -> Self {
        Self { secret: Some(created.secret.to_string()), ..Self::from(&created.record) }
    }
}

impl From<&WebhookRecord> for HookBody {
    fn from(record: &WebhookRecord) -> Self {
        Self {
            id: record.id.to_string(),
            event: format!("{}.{}", record.entity, record.operation),
            target_url: record.url.clone(),
            secret: None,
            created_at: record.created_at.to_string(),
        }
    }
}
