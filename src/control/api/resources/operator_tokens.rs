use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, OperatorTokenId, Query};
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::{ApiResponse, Resource, replayed};
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    NewOperatorToken, Outcome, create_operator_token, delete_operator_token, disable_operator_token,
    enable_operator_token, list_operator_tokens, show_operator_token,
};
use crate::control::views::{OperatorTokenView, RoleName};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "operator tokens";

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
struct TokenQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the operator tokens that you manage, newest first.
#[utoipa::path(
    get, path = "/operator-tokens", tag = TAG, operation_id = "list_operator_tokens", params(TokenQuery),
    responses((status = 200, body = Page<OperatorTokenView>))
)]
async fn list(call: ApiCall, Query(query): Query<TokenQuery>) -> Result<ApiResponse<Page<OperatorTokenView>>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", query.account.as_deref());
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let listing = list_operator_tokens(&call.context(), account.as_ref(), wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::of(listing)))
}

/// A new operator token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOperatorToken)]
struct NewTokenBody {
    /// Display name.
    #[schema(min_length = 1, max_length = 200, example = "nightly import")]
    name: String,
    /// Any role but member.
    role: RoleName,
    /// The id of the account; left out for staff.
    #[schema(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// No longer valid from this time on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
}

/// A new operator token with its secret.
#[derive(Serialize, ToSchema)]
struct OperatorTokenWithSecret {
    operator_token: OperatorTokenView,
    /// The secret, shown once; null where the response repeats an earlier one.
    token: Option<String>,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

/// Creates an operator token. Only this response shows the secret.
#[utoipa::path(
    post, path = "/operator-tokens", tag = TAG, operation_id = "create_operator_token", request_body = NewTokenBody,
    responses(
        (status = 201, body = OperatorTokenWithSecret)
    )
)]
async fn create(
    call: ApiCall,
    Body(body): Body<NewTokenBody>,
) -> Result<ApiResponse<OperatorTokenWithSecret>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", body.account.as_deref());
    let expires_at = fields.timestamp("expires_at", body.expires_at.as_deref());
    fields.finish()?;
    let new = NewOperatorToken { name: body.name, role: body.role.into(), account, expires_at };
    Ok(ApiResponse::created(match create_operator_token(&call.context(), new).await? {
        Outcome::Fresh(created) => OperatorTokenWithSecret {
            operator_token: OperatorTokenView::from(&created.record),
            token: Some(created.token.reveal().to_owned()),
            repeated: false,
        },
        Outcome::Replayed(stored) => {
            OperatorTokenWithSecret { operator_token: replayed(stored)?, token: None, repeated: true }
        }
    }))
}

/// Shows an operator token, without its secret.
#[utoipa::path(
    get, path = "/operator-tokens/{id}", tag = TAG, operation_id = "show_operator_token", responses((status = 200, body = OperatorTokenView))
)]
async fn show(call: ApiCall, OperatorTokenId(id): OperatorTokenId) -> Result<ApiResponse<OperatorTokenView>, Problem> {
    Ok(ApiResponse::of(&show_operator_token(&call.context(), &id).await?))
}

/// Deletes an operator token for good, and returns its last state.
#[utoipa::path(
    delete, path = "/operator-tokens/{id}", tag = TAG, operation_id = "delete_operator_token", responses((status = 200, body = OperatorTokenView))
)]
async fn delete(
    call: ApiCall,
    OperatorTokenId(id): OperatorTokenId,
) -> Result<ApiResponse<OperatorTokenView>, Problem> {
    let record = delete_operator_token(&call.context(), &id).await?;
    Ok(ApiResponse::ok(OperatorTokenView::from(&record)))
}

/// Disables an operator token: its next request is refused.
#[utoipa::path(
    post, path = "/operator-tokens/{id}/disable", tag = TAG, operation_id = "disable_operator_token", responses((status = 200, body = OperatorTokenView))
)]
async fn disable(
    call: ApiCall,
    OperatorTokenId(id): OperatorTokenId,
) -> Result<ApiResponse<OperatorTokenView>, Problem> {
    Ok(ApiResponse::of(&disable_operator_token(&call.context(), &id).await?))
}

/// Enables an operator token.
#[utoipa::path(
    post, path = "/operator-tokens/{id}/enable", tag = TAG, operation_id = "enable_operator_token", responses((status = 200, body = OperatorTokenView))
)]
async fn enable(
    call: ApiCall,
    OperatorTokenId(id): OperatorTokenId,
) -> Result<ApiResponse<OperatorTokenView>, Problem> {
    Ok(ApiResponse::of(&enable_operator_token(&call.context(), &id).await?))
}

impl Resource for OperatorTokenWithSecret {
    const COLLECTION: &'static str = OperatorTokenView::COLLECTION;

    fn id(&self) -> &str {
        self.operator_token.id()
    }

    fn revision(&self) -> i64 {
        self.operator_token.revision()
    }

    fn is_replayed(&self) -> bool {
        self.repeated
    }
}
