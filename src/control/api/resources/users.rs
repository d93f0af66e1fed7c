//! Users over HTTP.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::setup::{MadeLink, SetupLink};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Id, Query};
use crate::control::api::fields::{Fields, given};
use crate::control::api::paging::{Page, Wanted};
use crate::control::api::problem::Problem;
use crate::control::api::response::{Answer, answered_before, location};
use crate::control::operations::{
    EditUser, NewUser, NotFound, Outcome, create_setup_link, create_user, disable_user, edit_user, enable_user,
    list_users, show_user,
};
use crate::control::views::{RoleName, UserView};
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::store::{Role, UserFilter, UserRecord};

const TAG: &str = "users";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, edit))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(make_link))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// Of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// With this role.
    #[param(inline)]
    role: Option<RoleName>,
    /// Switched on, or off.
    enabled: Option<bool>,
    /// As the page before gave it.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The users that you look after, the newest first.
#[utoipa::path(
    get, path = "/users", tag = TAG, operation_id = "list_users", params(UserQuery),
    responses((status = 200, body = Page<UserView>), (status = 404))
)]
async fn list(asked: ApiCall, Query(query): Query<UserQuery>) -> Result<Answer<Page<UserView>>, Problem> {
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    let wanted = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = UserFilter { account: account.as_ref(), role: query.role.map(Role::from), enabled: query.enabled };
    let listing = list_users(&asked.call(), filter, wanted.paging()).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// Who it shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
struct NewUserBody {
    /// What they may do.
    role: RoleName,
    /// Whose; left out for staff.
    #[schema(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// What they sign in with.
    #[schema(min_length = 3, max_length = 254, example = "ann@acme.example")]
    email: String,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// A user who was just added, and the link with which they choose a password.
#[derive(Serialize, ToSchema)]
struct UserWithLink {
    /// As they are kept.
    user: UserView,
    /// Seen once: null where this call was answered before.
    setup_link: Option<SetupLink>,
    /// True where a call with this Idempotency-Key was answered before, with the link.
    repeated: bool,
}

/// Adds a user. The link with which they choose a password is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/users", tag = TAG, operation_id = "create_user", request_body = NewUserBody,
    responses((status = 201, body = UserWithLink, headers(("ETag" = String), ("Location" = String))), (status = 404))
)]
async fn create(asked: ApiCall, Body(body): Body<NewUserBody>) -> Result<Answer<UserWithLink>, Problem> {
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", body.account.as_deref());
    fields.finish()?;
    let new = NewUser { role: body.role.into(), account, email: body.email, name: body.name };
    let body = match create_user(&asked.call(), new).await? {
        Outcome::Fresh(created) => {
            let setup_link = Some(SetupLink::new(&created.link, asked.in_force()));
            UserWithLink { user: UserView::from(&created.record), setup_link, repeated: false }
        }
        Outcome::Replayed(facts) => UserWithLink { user: answered_before(facts)?, setup_link: None, repeated: true },
    };
    let (place, revision, is_replayed) = (location("users", &known(&body.user.id)?), body.user.revision, body.repeated);
    Ok(Answer::created(body, place).of_revision(revision).replayed(is_replayed))
}

/// A user.
#[utoipa::path(
    get, path = "/users/{id}", tag = TAG, operation_id = "show_user", params(("id" = String, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String))))
)]
async fn show(asked: ApiCall, Id(id): Id) -> Result<Answer<UserView>, Problem> {
    Ok(told(&show_user(&asked.call(), &known(&id)?).await?))
}

/// What shall be different; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditUser)]
struct EditUserBody {
    /// For people; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// What they sign in with.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// What they may do.
    role: Option<RoleName>,
}

/// Changes a user. Needs If-Match.
#[utoipa::path(
    patch, path = "/users/{id}", tag = TAG, operation_id = "edit_user", params(("id" = String, Path)),
    request_body = EditUserBody,
    responses((status = 200, body = UserView, headers(("ETag" = String))), (status = 428))
)]
async fn edit(asked: ApiCall, Id(id): Id, Body(body): Body<EditUserBody>) -> Result<Answer<UserView>, Problem> {
    let (call, id) = (asked.conditional()?, known(&id)?);
    let edit = EditUser { name: body.name.into(), email: body.email, role: body.role.map(Role::from) };
    Ok(told(&edit_user(&call, &id, edit).await?))
}

/// Switches a user off: their sessions end, and their own key is refused.
#[utoipa::path(
    post, path = "/users/{id}/disable", tag = TAG, operation_id = "disable_user", params(("id" = String, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String))), (status = 409))
)]
async fn disable(asked: ApiCall, Id(id): Id) -> Result<Answer<UserView>, Problem> {
    Ok(told(&disable_user(&asked.call(), &known(&id)?).await?))
}

/// Switches a user on.
#[utoipa::path(
    post, path = "/users/{id}/enable", tag = TAG, operation_id = "enable_user", params(("id" = String, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String))))
)]
async fn enable(asked: ApiCall, Id(id): Id) -> Result<Answer<UserView>, Problem> {
    Ok(told(&enable_user(&asked.call(), &known(&id)?).await?))
}

/// Makes a link with which a user chooses a password. It is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/users/{id}/setup-link", tag = TAG, operation_id = "new_setup_link", params(("id" = String, Path)),
    responses((status = 200, body = MadeLink))
)]
async fn make_link(asked: ApiCall, Id(id): Id) -> Result<Answer<MadeLink>, Problem> {
    Ok(match create_setup_link(&asked.call(), &known(&id)?).await? {
        Outcome::Fresh(link) => Answer::ok(MadeLink::new(&link, asked.in_force())),
        Outcome::Replayed(facts) => Answer::ok(MadeLink::repeated(facts)?).replayed(true),
    })
}

fn told(record: &UserRecord) -> Answer<UserView> {
    Answer::ok(UserView::from(record)).of_revision(record.revision)
}

fn known(id: &str) -> Result<Label, Problem> {
    id.parse().map_err(|_| NotFound("user").into())
}
