use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::{AccountId, Body, Query};
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    AccountSummary, NewAccount, create_account, grant_access, list_accounts, rename_account, set_access,
    set_member_policy, show_account, summarize_account, withdraw_access,
};
use crate::control::views::AccountView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::AccountFilter;

const TAG: &str = "accounts";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(create)))
        .routes(routes!(show, rename))
        .routes(routes!(summarize))
        .routes(routes!(grant))
        .routes(routes!(withdraw))
        .routes(routes!(switch_on))
        .routes(routes!(switch_off))
        .routes(routes!(allow_members))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AccountQuery {
    /// A part of the name or the id, case-insensitive.
    #[param(max_length = 200)]
    part: Option<String>,
    /// Whether the provider has granted API access.
    granted: Option<bool>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the accounts that you may see, ordered by id.
#[utoipa::path(
    get, path = "/accounts", tag = TAG, operation_id = "list_accounts", params(AccountQuery),
    responses((status = 200, body = Page<AccountView>))
)]
async fn list(call: ApiCall, Query(query): Query<AccountQuery>) -> Result<ApiResponse<Page<AccountView>>, Problem> {
    let mut fields = FieldReader::default();
    let part = fields.line("part", query.part, 200);
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = AccountFilter { only: None, part, granted: query.granted };
    let listing = list_accounts(&call.context(), filter, wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::of(listing)))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
struct NewAccountBody {
    /// Generated if left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$", example = "acme")]
    id: Option<String>,
    /// Display name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Creates an account. It has no API access until that is granted.
#[utoipa::path(
    post, path = "/accounts", tag = TAG, operation_id = "create_account", request_body = NewAccountBody,
    responses((status = 201, body = AccountView))
)]
async fn create(call: ApiCall, Body(body): Body<NewAccountBody>) -> Result<ApiResponse<AccountView>, Problem> {
    let mut fields = FieldReader::default();
    let id = fields.optional_label("id", body.id.as_deref());
    let name = fields.line("name", body.name, 200);
    fields.finish()?;
    ApiResponse::created_once(create_account(&call.context(), NewAccount { id, name }).await?)
}

/// Shows an account.
#[utoipa::path(
    get, path = "/accounts/{id}", tag = TAG, operation_id = "show_account",
    responses((status = 200, body = AccountView))
)]
async fn show(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&show_account(&call.context(), &id).await?))
}

/// What belongs to an account, in numbers.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountSummary)]
struct SummaryBody {
    users: UserCounts,
    credentials: CredentialCounts,
    /// The last use of any credential, exact to a few seconds.
    #[schema(format = "date-time")]
    last_used_at: Option<String>,
}

/// Users of an account. Disabled ones are not among the others.
#[derive(Serialize, ToSchema)]
struct UserCounts {
    owner: i64,
    implementer: i64,
    member: i64,
    disabled: i64,
}

/// Credentials of an account.
#[derive(Serialize, ToSchema)]
struct CredentialCounts {
    enabled: i64,
    disabled: i64,
    expired: i64,
    cleared: i64,
}

/// Counts the users and credentials of an account.
#[utoipa::path(
    get, path = "/accounts/{id}/summary", tag = TAG, operation_id = "summarize_account",
    responses((status = 200, body = SummaryBody))
)]
async fn summarize(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<SummaryBody>, Problem> {
    Ok(ApiResponse::ok(summarize_account(&call.context(), &id).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountName {
    /// Display name; null removes it.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(min_length = 1, max_length = 200, required)]
    name: Option<String>,
}

/// Renames an account. Needs If-Match.
#[utoipa::path(
    patch, path = "/accounts/{id}", tag = TAG, operation_id = "rename_account",
    request_body = AccountName,
    responses((status = 200, body = AccountView))
)]
async fn rename(
    call: ApiCall,
    AccountId(id): AccountId,
    Body(body): Body<AccountName>,
) -> Result<ApiResponse<AccountView>, Problem> {
    let context = call.conditional()?;
    let mut fields = FieldReader::default();
    let name = fields.line("name", body.name, 200);
    fields.finish()?;
    Ok(ApiResponse::of(&rename_account(&context, &id, name).await?))
}

/// Grants an account API access.
#[utoipa::path(
    post, path = "/accounts/{id}/grant", tag = TAG, operation_id = "grant_access",
    responses((status = 200, body = AccountView))
)]
async fn grant(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&grant_access(&call.context(), &id).await?))
}

/// Withdraws API access from an account: the gate refuses all its credentials.
#[utoipa::path(
    post, path = "/accounts/{id}/withdraw", tag = TAG, operation_id = "withdraw_access",
    responses((status = 200, body = AccountView))
)]
async fn withdraw(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&withdraw_access(&call.context(), &id).await?))
}

/// Switches the API access of an account on.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-on", tag = TAG, operation_id = "switch_account_on",
    responses((status = 200, body = AccountView))
)]
async fn switch_on(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&set_access(&call.context(), &id, true).await?))
}

/// Switches the API access of an account off: the gate refuses all its credentials.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-off", tag = TAG, operation_id = "switch_account_off", responses((status = 200, body = AccountView))
)]
async fn switch_off(call: ApiCall, AccountId(id): AccountId) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&set_access(&call.context(), &id, false).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberPolicy {
    /// False: the gate refuses keys that members already have.
    allowed: bool,
}

/// Permits or forbids the members of an account to have keys of their own.
#[utoipa::path(
    put, path = "/accounts/{id}/member-policy", tag = TAG, operation_id = "set_member_policy", request_body = MemberPolicy,
    responses((status = 200, body = AccountView))
)]
async fn allow_members(
    call: ApiCall,
    AccountId(id): AccountId,
    Body(body): Body<MemberPolicy>,
) -> Result<ApiResponse<AccountView>, Problem> {
    Ok(ApiResponse::of(&set_member_policy(&call.context(), &id, body.allowed).await?))
}

impl From<AccountSummary> for SummaryBody {
    fn from(AccountSummary { people, credentials, last_used_at }: AccountSummary) -> Self {
        Self {
            users: UserCounts {
                owner: people.owners,
                implementer: people.implementers,
                member: people.members,
                disabled: people.disabled,
            },
            credentials: CredentialCounts {
                enabled: credentials.enabled,
                disabled: credentials.disabled,
                expired: credentials.expired,
                cleared: credentials.cleared,
            },
            last_used_at: last_used_at.map(|at| at.to_string()),
        }
    }
}
