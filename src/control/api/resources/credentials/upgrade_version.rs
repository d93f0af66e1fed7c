//! Pins one credential, or all that have no version, to a version of the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, CredentialId, MaybeBody};
use crate::control::api::fields::{FieldReader, not_null};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{OperationError, UpgradeVersion, upgrade_unversioned, upgrade_version};
use crate::control::views::CredentialView;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(upgrade_one)).routes(routes!(upgrade_all_unversioned))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Upgrade {
    /// The newest version in service if left out.
    #[schema(min_length = 1, max_length = 128)]
    version: Option<String>,
    /// Permits a version older than the current one.
    #[serde(default)]
    allow_older: bool,
}

/// Pins a credential to another version of the API.
#[utoipa::path(
    post, path = "/credentials/{id}/upgrade", tag = TAG, operation_id = "upgrade_credential", request_body = Upgrade,
    responses((status = 200, body = CredentialView))
)]
async fn upgrade_one(
    call: ApiCall,
    CredentialId(id): CredentialId,
    MaybeBody(body): MaybeBody<Upgrade>,
) -> Result<ApiResponse<CredentialView>, Problem> {
    let mut fields = FieldReader::default();
    let to = fields.optional_label("version", body.version.as_deref());
    fields.finish()?;
    let how = UpgradeVersion { to, allow_older: body.allow_older };
    let record = upgrade_version(&call.context(), id.as_str(), &how).await?;
    Ok(ApiResponse::resource(CredentialView::at(&record, call.now())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpgradeUnversioned {
    /// A configured version in service.
    #[schema(min_length = 1, max_length = 128)]
    version: String,
    /// The id of an account; every account that you manage if left out.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(min_length = 1, max_length = 128, nullable = false)]
    account: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Upgraded {
    /// Number of credentials that were pinned.
    upgraded: u64,
}

/// Pins every credential without a version to a version of the API.
#[utoipa::path(
    post, path = "/unversioned-credentials/upgrade", tag = TAG, operation_id = "upgrade_unversioned_credentials",
    request_body = UpgradeUnversioned, responses((status = 200, body = Upgraded))
)]
async fn upgrade_all_unversioned(
    call: ApiCall,
    Body(body): Body<UpgradeUnversioned>,
) -> Result<ApiResponse<Upgraded>, Problem> {
    let mut fields = FieldReader::default();
    let version = fields.label("version", &body.version);
    let account = fields.optional_label("account", body.account.as_deref());
    fields.finish()?;
    let version = version.ok_or_else(|| Problem::of_field("version", Sentence::Empty))?;
    let upgraded = upgrade_unversioned(&call.context(), account.as_ref(), &version).await.map_err(interrupted)?;
    Ok(ApiResponse::ok(Upgraded { upgraded }))
}

/// The batches before a failure of the database stay.
fn interrupted(error: OperationError) -> Problem {
    let is_of_store = matches!(error, OperationError::Store(_));
    let problem = Problem::from(error);
    let detail = "some credentials may be pinned already; repeat the call for the others";
    if is_of_store { Problem { detail: Sentence::english(detail).into(), ..problem } } else { problem }
}
