use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::new_credential_body::{MAX_MOBILE_CHARS, rate_limit};
use super::secret_response::{DeliverWord, WithSecret};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::JsonObject;
use crate::control::api::extract::{Body, CredentialId, MaybeBody};
use crate::control::api::fields::{FieldReader, nullable, patch};
use crate::control::api::openapi::idempotent;
use crate::control::api::response::ApiResponse;
use crate::control::operations::{
    Deliver, Duplicate, Edit, Invalid, MAX_ADDRESSES, MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH,
    MAX_SCOPES, OperationError, UpgradeVersion, duplicate, edit, upgrade_unversioned, upgrade_version,
};
use crate::control::views::{CredentialView, RateLimitView};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new()
        .routes(routes!(edit_one))
        .routes(routes!(upgrade_one))
        .routes(routes!(upgrade_all_unversioned))
        .routes(idempotent(routes!(duplicate_one)))
}

/// Changes to a credential. Fields that are left out keep their values; null removes a value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditCredential)]
struct EditBody {
    /// Display name.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    description: Option<Option<String>>,
    /// The e-mail address of the contact at the integrator.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    contact_email: Option<Option<String>>,
    /// The contact's mobile number (E.164).
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    contact_mobile: Option<Option<String>>,
    /// Further e-mail addresses that receive notices about it; null removes them.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>, max_items = 5)]
    developer_emails: Option<Option<Vec<String>>>,
    /// The version of the API.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    version: Option<Option<String>>,
    /// The scopes; null removes the restriction.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100)]
    scopes: Option<Option<Vec<String>>>,
    /// Addresses and ranges that it may be used from; null removes the restriction.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 200)]
    addresses: Option<Option<Vec<String>>>,
    /// Refused from this time on; null for never.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Option<String>>,
    /// The rate limit; null for that of the settings.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<RateLimitView>)]
    rate_limit: Option<Option<JsonObject<RateLimitView>>>,
}

/// Edits a credential, but never its secret. Needs If-Match.
#[utoipa::path(
    patch, path = "/credentials/{id}", tag = TAG, operation_id = "edit_credential",
    request_body = EditBody,
    responses((status = 200, body = CredentialView))
)]
async fn edit_one(
    call: ApiCall,
    CredentialId(id): CredentialId,
    Body(body): Body<EditBody>,
) -> Result<ApiResponse<CredentialView>, Problem> {
    let context = call.conditional()?;
    let edited = edit(&context, id.as_str(), body.read()?).await?;
    Ok(ApiResponse::resource(CredentialView::at(&edited, call.now())))
}

impl EditBody {
    fn read(self) -> Result<Edit, Invalid> {
        let mut fields = FieldReader::default();
        let edit = Edit {
            name: patch(self.name, |text| fields.line("name", Some(text), MAX_NAME_LENGTH)),
            description: patch(self.description, |text| {
                fields.lines("description", Some(text), MAX_DESCRIPTION_LENGTH)
            }),
            contact_email: patch(self.contact_email, |text| fields.line("contact_email", Some(text), MAX_EMAIL_LENGTH)),
            contact_mobile: patch(self.contact_mobile, |text| {
                fields.line("contact_mobile", Some(text), MAX_MOBILE_CHARS)
            }),
            developer_emails: patch(self.developer_emails, Some),
            version: patch(self.version, |text| fields.label("version", &text)),
            scopes: patch(self.scopes, |texts| Some(fields.some_labels("scopes", &texts, MAX_SCOPES))),
            addresses: patch(self.addresses, |texts| Some(fields.addresses("addresses", &texts, MAX_ADDRESSES))),
            expires_at: patch(self.expires_at, |text| fields.timestamp("expires_at", Some(&text))),
            rate_limit: patch(self.rate_limit, |JsonObject(limit)| rate_limit(&mut fields, limit)),
        };
        fields.finish().map(|()| edit)
    }
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
    #[schema(min_length = 1, max_length = 128)]
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
    let version = version.ok_or_else(|| Problem::of_field("version", "must not be empty"))?;
    let upgraded = upgrade_unversioned(&call.context(), account.as_ref(), &version).await.map_err(interrupted)?;
    Ok(ApiResponse::ok(Upgraded { upgraded }))
}

/// The batches before a failure of the database stay.
fn interrupted(error: OperationError) -> Problem {
    let is_of_store = matches!(error, OperationError::Store(_));
    let problem = Problem::from(error);
    let detail = "some credentials may be pinned already; repeat the call for the others";
    if is_of_store { Problem { detail: detail.into(), ..problem } } else { problem }
}

/// How the new credential differs.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Duplicate)]
struct DuplicateBody {
    /// Generated from the id of the account if left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    id: Option<String>,
    /// The same if left out.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Required for a password: another user name.
    #[schema(min_length = 1, max_length = 256)]
    username: Option<String>,
    /// For a password; generated if left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
    /// Send the secret to the contact, or show it in the response. By default as delivery.show_to_creator has it.
    deliver: Option<DeliverWord>,
}

/// Creates a second credential with the same rights and settings and a new secret.
#[utoipa::path(
    post, path = "/credentials/{id}/duplicate", tag = TAG, operation_id = "duplicate_credential", request_body = DuplicateBody,
    responses((status = 201, body = WithSecret))
)]
async fn duplicate_one(
    call: ApiCall,
    CredentialId(id): CredentialId,
    MaybeBody(body): MaybeBody<DuplicateBody>,
) -> Result<ApiResponse<WithSecret>, Problem> {
    let mut fields = FieldReader::default();
    let how = Duplicate {
        id: fields.optional_label("id", body.id.as_deref()),
        name: fields.line("name", body.name, MAX_NAME_LENGTH),
        username: body.username,
        chosen: body.password.map(|password| PlainPassword::new(password.as_bytes())),
        deliver: body.deliver.map(Deliver::from),
    };
    fields.finish()?;
    Ok(ApiResponse::created(WithSecret::once(duplicate(&call.context(), id.as_str(), how).await?, call.now())?))
}
