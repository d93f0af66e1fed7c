use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::setup_links::{MadeLink, SetupLink};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Query, UserId};
use crate::control::api::fields::{FieldReader, nullable};
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::{ApiResponse, Resource, replayed};
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    EditUser, NewUser, Outcome, create_setup_link, create_user, disable_user, edit_user, enable_user,
    end_sessions_of_user, list_users, show_user,
};
use crate::control::views::{RoleName, UserView};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{Role, UserFilter};

const TAG: &str = "users";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(create)))
        .routes(routes!(show, edit))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(end_sessions))
        .routes(idempotent(routes!(create_link)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    #[param(inline)]
    role: Option<RoleName>,
    enabled: Option<bool>,
    /// The next_cursor of the previous page.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the users that you manage, newest first.
#[utoipa::path(
    get, path = "/users", tag = TAG, operation_id = "list_users", params(UserQuery),
    responses((status = 200, body = Page<UserView>))
)]
async fn list(call: ApiCall, Query(query): Query<UserQuery>) -> Result<ApiResponse<Page<UserView>>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", query.account.as_deref());
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    fields.finish()?;
    let filter = UserFilter { account: account.as_ref(), role: query.role.map(Role::from), enabled: query.enabled };
    let listing = list_users(&call.context(), filter, wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::of(listing)))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
struct NewUserBody {
    role: RoleName,
    /// The id of the account; left out for staff.
    #[schema(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// The e-mail address for signing in.
    #[schema(min_length = 3, max_length = 254, example = "ann@acme.example")]
    email: String,
    /// Display name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// A new user with the link for choosing a password.
#[derive(Serialize, ToSchema)]
struct UserWithLink {
    user: UserView,
    /// Shown once; null where the response repeats an earlier one, and where the link is sent by mail.
    setup_link: Option<SetupLink>,
    /// The link is sent to the user by mail.
    invited: bool,
    /// True where the response repeats that of an earlier call with the same Idempotency-Key.
    repeated: bool,
}

/// Creates a user. The link for choosing a password is sent to them by mail; without mail, only this response shows it.
#[utoipa::path(
    post, path = "/users", tag = TAG, operation_id = "create_user", request_body = NewUserBody,
    responses((status = 201, body = UserWithLink))
)]
async fn create(call: ApiCall, Body(body): Body<NewUserBody>) -> Result<ApiResponse<UserWithLink>, Problem> {
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", body.account.as_deref());
    fields.finish()?;
    let new = NewUser { role: body.role.into(), account, email: body.email, name: body.name };
    let invited = call.context().terms.delivery.mail.is_some();
    Ok(ApiResponse::created(match create_user(&call.context(), new).await? {
        Outcome::Fresh(created) => {
            let setup_link = created.link.as_ref().map(|link| SetupLink::new(link, call.settings()));
            UserWithLink { user: UserView::from(&created.record), setup_link, invited, repeated: false }
        }
        Outcome::Replayed(stored) => {
            UserWithLink { user: replayed(stored)?, setup_link: None, invited, repeated: true }
        }
    }))
}

/// Shows a user.
#[utoipa::path(
    get, path = "/users/{id}", tag = TAG, operation_id = "show_user",
    responses((status = 200, body = UserView))
)]
async fn show(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<UserView>, Problem> {
    Ok(ApiResponse::of(&show_user(&call.context(), &id).await?))
}

/// Changes to a user. Fields that are left out keep their values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditUser)]
struct EditUserBody {
    /// Display name; null removes it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// The e-mail address for signing in.
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    role: Option<RoleName>,
}

/// Edits a user. Needs If-Match.
#[utoipa::path(
    patch, path = "/users/{id}", tag = TAG, operation_id = "edit_user",
    request_body = EditUserBody,
    responses((status = 200, body = UserView))
)]
async fn edit(
    call: ApiCall,
    UserId(id): UserId,
    Body(body): Body<EditUserBody>,
) -> Result<ApiResponse<UserView>, Problem> {
    let context = call.conditional()?;
    let edit = EditUser { name: body.name.into(), email: body.email, role: body.role.map(Role::from) };
    Ok(ApiResponse::of(&edit_user(&context, &id, edit).await?))
}

/// Disables a user: their sessions end, and the gate refuses their own key.
#[utoipa::path(
    post, path = "/users/{id}/disable", tag = TAG, operation_id = "disable_user",
    responses((status = 200, body = UserView))
)]
async fn disable(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<UserView>, Problem> {
    Ok(ApiResponse::of(&disable_user(&call.context(), &id).await?))
}

/// Enables a user.
#[utoipa::path(
    post, path = "/users/{id}/enable", tag = TAG, operation_id = "enable_user",
    responses((status = 200, body = UserView))
)]
async fn enable(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<UserView>, Problem> {
    Ok(ApiResponse::of(&enable_user(&call.context(), &id).await?))
}

/// Ends every session of a user, who has to sign in again. Their password and their own key stay.
#[utoipa::path(
    post, path = "/users/{id}/end-sessions", tag = TAG, operation_id = "end_sessions_of_user",
    responses((status = 200, body = UserView))
)]
async fn end_sessions(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<UserView>, Problem> {
    Ok(ApiResponse::of(&end_sessions_of_user(&call.context(), &id).await?))
}

/// Creates a link with which a user chooses a password. Only this response shows it.
#[utoipa::path(
    post, path = "/users/{id}/setup-link", tag = TAG, operation_id = "new_setup_link",
    responses((status = 200, body = MadeLink))
)]
async fn create_link(call: ApiCall, UserId(id): UserId) -> Result<ApiResponse<MadeLink>, Problem> {
    Ok(match create_setup_link(&call.context(), &id).await? {
        Outcome::Fresh(link) => ApiResponse::ok(MadeLink::new(&link, call.settings())),
        Outcome::Replayed(stored) => ApiResponse::ok(MadeLink::repeated(stored)?).with_replayed(true),
    })
}

impl Resource for UserWithLink {
    const COLLECTION: &'static str = UserView::COLLECTION;

    fn id(&self) -> &str {
        self.user.id()
    }

    fn revision(&self) -> i64 {
        self.user.revision()
    }

    fn is_replayed(&self) -> bool {
        self.repeated
    }
}
