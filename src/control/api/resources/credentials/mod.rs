pub(in crate::control::api) mod duplicate;
pub(in crate::control::api) mod edit;
pub(in crate::control::api) mod enable_disable;
pub(in crate::control::api) mod export_summary;
pub(in crate::control::api) mod file_credentials;
pub(in crate::control::api) mod import_export;
pub(super) mod new_credential_body;
pub(in crate::control::api) mod resend_or_void;
pub(super) mod secret_response;
pub(in crate::control::api) mod secrets;
pub(in crate::control::api) mod upgrade_version;
pub(in crate::control::api) mod used_addresses;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use self::new_credential_body::NewCredentialBody;
use self::secret_response::WithSecret;
use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, CredentialId, Query};
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{
    CreatedWhen, CredentialSearch, Right, count_credentials, create, delete, list_credentials, show_credential,
};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{CredentialKind, CredentialState, StateCounts};

const TAG: &str = "credentials";
const MAX_PART_CHARS: usize = 200;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(idempotent(routes!(create_one)))
        .routes(routes!(count))
        .routes(routes!(show, delete_one))
}

/// Credentials that match all given conditions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CredentialQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// The id of the user whose own key it is.
    #[param(min_length = 1, max_length = 128)]
    owner: Option<String>,
    /// A part of the name, the id or the user name, case-insensitive.
    #[param(min_length = 1, max_length = 200)]
    part: Option<String>,
    #[param(inline)]
    created: Option<CreatedWhen>,
    #[param(inline)]
    state: Option<StateName>,
    #[param(inline)]
    kind: Option<KindName>,
    /// The next_cursor of the previous page; not for counts.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries; not for counts.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What becomes of a request with it.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CredentialState)]
enum StateName {
    /// It has no secret, and a link waits to show one.
    Waiting,
    /// It has no secret.
    Cleared,
    Disabled,
    /// Past its date.
    Expired,
    Enabled,
}

/// What it is for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CredentialKind)]
enum KindName {
    /// A token of an account.
    Token,
    /// A Basic pair of an account.
    Password,
    /// A user's own key.
    Own,
}

/// Lists credentials, newest first.
#[utoipa::path(
    get, path = "/credentials", tag = TAG, operation_id = "list_credentials", params(CredentialQuery),
    responses((status = 200, body = Page<CredentialView>))
)]
async fn list(
    call: ApiCall,
    Query(query): Query<CredentialQuery>,
) -> Result<ApiResponse<Page<CredentialView>>, Problem> {
    let mut fields = FieldReader::default();
    let page = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    let wanted = query.wanted(&mut fields);
    fields.finish()?;
    let paging = page.paging();
    let listing = list_credentials(&call.context(), &wanted, paging.after, paging.limit).await?;
    Ok(ApiResponse::ok(Page::with(listing, |record| CredentialView::at(record, call.now()))))
}

/// The number of credentials in each state.
#[derive(Serialize, ToSchema)]
struct Counts {
    waiting: i64,
    cleared: i64,
    disabled: i64,
    expired: i64,
    enabled: i64,
}

/// Counts credentials by state.
#[utoipa::path(
    get, path = "/credential-counts", tag = TAG, operation_id = "count_credentials", params(CredentialQuery),
    responses((status = 200, body = Counts))
)]
async fn count(call: ApiCall, Query(query): Query<CredentialQuery>) -> Result<ApiResponse<Counts>, Problem> {
    let mut fields = FieldReader::default();
    for (field, is_there) in [("cursor", query.cursor.is_some()), ("limit", query.limit.is_some())] {
        if is_there {
            fields.add(field, Sentence::english("does not apply to counts"));
        }
    }
    let wanted = query.wanted(&mut fields);
    fields.finish()?;
    let counts = count_credentials(&call.context(), &wanted).await?;
    let StateCounts { waiting, cleared, disabled, expired, enabled } = counts;
    Ok(ApiResponse::ok(Counts { waiting, cleared, disabled, expired, enabled }))
}

/// Creates a credential. Its secret is sent to the contact, or shown in this response only.
#[utoipa::path(
    post, path = "/credentials", tag = TAG, operation_id = "create_credential", request_body = NewCredentialBody,
    responses(
        (status = 201, body = WithSecret)
    )
)]
async fn create_one(call: ApiCall, Body(new): Body<NewCredentialBody>) -> Result<ApiResponse<WithSecret>, Problem> {
    let context = call.context();
    context.reach(Right::ManageCredentials)?;
    let outcome = create(&context, new.read(&context)?).await?;
    Ok(ApiResponse::created(WithSecret::once(outcome, call.now())?))
}

/// Shows a credential, without its secret.
#[utoipa::path(
    get, path = "/credentials/{id}", tag = TAG, operation_id = "show_credential",
    responses((status = 200, body = CredentialView))
)]
async fn show(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    let record = show_credential(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::resource(CredentialView::at(&record, call.now())))
}

/// Deletes a credential for good, and returns its last state.
#[utoipa::path(
    delete, path = "/credentials/{id}", tag = TAG, operation_id = "delete_credential",
    responses((status = 200, body = CredentialView))
)]
async fn delete_one(call: ApiCall, CredentialId(id): CredentialId) -> Result<ApiResponse<CredentialView>, Problem> {
    let record = delete(&call.context(), id.as_str()).await?;
    Ok(ApiResponse::ok(CredentialView::at(&record, call.now())))
}

impl CredentialQuery {
    fn wanted(self, fields: &mut FieldReader) -> CredentialSearch {
        CredentialSearch {
            account: fields.optional_label("account", self.account.as_deref()),
            owner: fields.optional_label("owner", self.owner.as_deref()),
            owner_part: None,
            part: fields.line("part", self.part, MAX_PART_CHARS),
            created: self.created,
            state: self.state.map(|state| match state {
                StateName::Waiting => CredentialState::Waiting,
                StateName::Cleared => CredentialState::Cleared,
                StateName::Disabled => CredentialState::Disabled,
                StateName::Expired => CredentialState::Expired,
                StateName::Enabled => CredentialState::Enabled,
            }),
            kind: self.kind.map(|kind| match kind {
                KindName::Token => CredentialKind::Token,
                KindName::Password => CredentialKind::Password,
                KindName::Own => CredentialKind::Own,
            }),
        }
    }
}
