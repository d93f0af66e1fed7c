//! Accounts over HTTP.

use serde::Deserialize;
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
    MAX_NAME_LENGTH, NewAccount, NotFound, Outcome, create_account, grant_access, list_accounts, rename_account,
    set_access, set_member_policy, show_account, withdraw_access,
};
use crate::control::views::AccountView;
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::{AccountFilter, AccountRecord};

const TAG: &str = "accounts";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, rename))
        .routes(routes!(grant))
        .routes(routes!(withdraw))
        .routes(routes!(switch_on))
        .routes(routes!(switch_off))
        .routes(routes!(allow_members))
}

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AccountQuery {
    /// In the name or the id, in whatever case.
    #[param(max_length = 200)]
    part: Option<String>,
    /// Those that the provider lets use the API, or does not.
    granted: Option<bool>,
    /// As the page before gave it.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The accounts that you may see, in the order of their ids.
#[utoipa::path(
    get, path = "/accounts", tag = TAG, operation_id = "list_accounts", params(AccountQuery),
    responses((status = 200, body = Page<AccountView>))
)]
async fn list(asked: ApiCall, Query(query): Query<AccountQuery>) -> Result<Answer<Page<AccountView>>, Problem> {
    let mut fields = Fields::default();
    let part = fields.line("part", query.part, MAX_NAME_LENGTH);
    let wanted = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = AccountFilter { only: None, part, granted: query.granted };
    let listing = list_accounts(&asked.call(), filter, wanted.paging()).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
struct NewAccountBody {
    /// Made up when it is left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$", example = "acme")]
    id: Option<String>,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Makes an account, which has no access before it is granted.
#[utoipa::path(
    post, path = "/accounts", tag = TAG, operation_id = "create_account", request_body = NewAccountBody,
    responses((status = 201, body = AccountView, headers(("ETag" = String), ("Location" = String))), (status = 409))
)]
async fn create(asked: ApiCall, Body(body): Body<NewAccountBody>) -> Result<Answer<AccountView>, Problem> {
    let mut fields = Fields::default();
    let id = fields.maybe_label("id", body.id.as_deref());
    let name = fields.line("name", body.name, MAX_NAME_LENGTH);
    fields.finish()?;
    let (body, is_replayed) = match create_account(&asked.call(), NewAccount { id, name }).await? {
        Outcome::Fresh(record) => (AccountView::from(&record), false),
        Outcome::Replayed(facts) => (answered_before(facts)?, true),
    };
    let (place, revision) = (location("accounts", &known(&body.id)?), body.revision);
    Ok(Answer::created(body, place).of_revision(revision).replayed(is_replayed))
}

/// An account, as it stands.
#[utoipa::path(
    get, path = "/accounts/{id}", tag = TAG, operation_id = "show_account", params(("id" = String, Path)),
    responses((status = 200, body = AccountView, headers(("ETag" = String))))
)]
async fn show(asked: ApiCall, Id(id): Id) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&show_account(&asked.call(), &known(&id)?).await?))
}

/// What an account is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountName {
    /// For people; null for none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(min_length = 1, max_length = 200, required)]
    name: Option<String>,
}

/// Gives an account another name. Needs If-Match.
#[utoipa::path(
    patch, path = "/accounts/{id}", tag = TAG, operation_id = "rename_account", params(("id" = String, Path)),
    request_body = AccountName,
    responses((status = 200, body = AccountView, headers(("ETag" = String))), (status = 428))
)]
async fn rename(asked: ApiCall, Id(id): Id, Body(body): Body<AccountName>) -> Result<Answer<AccountView>, Problem> {
    let (call, id) = (asked.conditional()?, known(&id)?);
    let mut fields = Fields::default();
    let name = fields.line("name", body.name, MAX_NAME_LENGTH);
    fields.finish()?;
    Ok(told(&rename_account(&call, &id, name).await?))
}

/// Lets an account use the API.
#[utoipa::path(
    post, path = "/accounts/{id}/grant", tag = TAG, operation_id = "grant_access", params(("id" = String, Path)),
    responses((status = 200, body = AccountView, headers(("ETag" = String))))
)]
async fn grant(asked: ApiCall, Id(id): Id) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&grant_access(&asked.call(), &known(&id)?).await?))
}

/// Lets an account use the API no more: every credential of it is refused.
#[utoipa::path(
    post, path = "/accounts/{id}/withdraw", tag = TAG, operation_id = "withdraw_access", params(("id" = String, Path)),
    responses((status = 200, body = AccountView, headers(("ETag" = String))))
)]
async fn withdraw(asked: ApiCall, Id(id): Id) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&withdraw_access(&asked.call(), &known(&id)?).await?))
}

/// Switches API access of an account on.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-on", tag = TAG, operation_id = "switch_account_on",
    params(("id" = String, Path)),
    responses((status = 200, body = AccountView, headers(("ETag" = String))), (status = 409))
)]
async fn switch_on(asked: ApiCall, Id(id): Id) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&set_access(&asked.call(), &known(&id)?, true).await?))
}

/// Switches API access of an account off: every credential of it is refused.
#[utoipa::path(
    post, path = "/accounts/{id}/switch-off", tag = TAG, operation_id = "switch_account_off",
    params(("id" = String, Path)), responses((status = 200, body = AccountView, headers(("ETag" = String))))
)]
async fn switch_off(asked: ApiCall, Id(id): Id) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&set_access(&asked.call(), &known(&id)?, false).await?))
}

/// Whether members have keys of their own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberPolicy {
    /// False: those they have are refused.
    allowed: bool,
}

/// Lets the members of an account have keys of their own, or not.
#[utoipa::path(
    put, path = "/accounts/{id}/member-policy", tag = TAG, operation_id = "set_member_policy",
    params(("id" = String, Path)), request_body = MemberPolicy,
    responses((status = 200, body = AccountView, headers(("ETag" = String))), (status = 409))
)]
async fn allow_members(
    asked: ApiCall,
    Id(id): Id,
    Body(body): Body<MemberPolicy>,
) -> Result<Answer<AccountView>, Problem> {
    Ok(told(&set_member_policy(&asked.call(), &known(&id)?, body.allowed).await?))
}

fn told(record: &AccountRecord) -> Answer<AccountView> {
    Answer::ok(AccountView::from(record)).of_revision(record.revision)
}

fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("account").into())
}
