//! Other details and rights for a credential, or a second one with the same, over HTTP.

use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::WithSecret;
use super::create::{MAX_MOBILE_LENGTH, rate_limit};
use super::{known, told};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{Body, Id, MaybeBody};
use crate::control::api::fields::{Fields, given, said};
use crate::control::api::json_object::Object;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{
    Duplicate, Edit, Invalid, MAX_ADDRESSES, MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_SCOPES,
    Outcome, duplicate, edit, upgrade_version,
};
use crate::control::views::{CredentialView, RateLimitView};
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(edit_one)).routes(routes!(upgrade_one)).routes(routes!(duplicate_one))
}

/// What shall be different. What is left out stays; null takes it away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditCredential)]
struct EditBody {
    /// For people.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// For people.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    description: Option<Option<String>>,
    /// The person at the integrator.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 254)]
    contact_email: Option<Option<String>>,
    /// Their mobile (E.164).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    contact_mobile: Option<Option<String>>,
    /// The version of the API.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    version: Option<Option<String>>,
    /// What it may call; null for everything.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    scopes: Option<Option<Vec<String>>>,
    /// Addresses and ranges it may be used from; null for anywhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, max_items = 200)]
    addresses: Option<Option<Vec<String>>>,
    /// Refused from this moment on; null for never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Option<String>>,
    /// How often it may be used; null for as the settings say.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RateLimitView>)]
    rate_limit: Option<Option<Object<RateLimitView>>>,
}

/// Changes details and rights of a credential, never its secret. Needs If-Match.
#[utoipa::path(
    patch, path = "/credentials/{id}", tag = TAG, operation_id = "edit_credential", params(("id" = String, Path)),
    request_body = EditBody,
    responses((status = 200, body = CredentialView, headers(("ETag" = String))), (status = 428))
)]
async fn edit_one(asked: ApiCall, Id(id): Id, Body(body): Body<EditBody>) -> Result<Answer<CredentialView>, Problem> {
    let (call, id) = (asked.conditional()?, known(&id)?);
    let edited = edit(&call, id.as_str(), body.read()?).await?;
    Ok(told(&edited))
}

impl EditBody {
    fn read(self) -> Result<Edit, Invalid> {
        let mut fields = Fields::default();
        let edit = Edit {
            name: said(self.name, |text| fields.line("name", Some(text), MAX_NAME_LENGTH)),
            description: said(self.description, |text| fields.lines("description", Some(text), MAX_DESCRIPTION_LENGTH)),
            contact_email: said(self.contact_email, |text| fields.line("contact_email", Some(text), MAX_EMAIL_LENGTH)),
            contact_mobile: said(self.contact_mobile, |text| {
                fields.line("contact_mobile", Some(text), MAX_MOBILE_LENGTH)
            }),
            version: said(self.version, |text| fields.label("version", &text)),
            scopes: said(self.scopes, |texts| Some(fields.labels("scopes", &texts, MAX_SCOPES))),
            addresses: said(self.addresses, |texts| Some(fields.addresses("addresses", &texts, MAX_ADDRESSES))),
            expires_at: said(self.expires_at, |text| fields.moment("expires_at", Some(&text))),
            rate_limit: said(self.rate_limit, |Object(limit)| rate_limit(&mut fields, limit)),
        };
        fields.finish().map(|()| edit)
    }
}

/// To which version.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Upgrade {
    /// The newest in service when it is left out.
    #[schema(min_length = 1, max_length = 128)]
    version: Option<String>,
}

/// Pins a credential to a newer version of the API.
#[utoipa::path(
    post, path = "/credentials/{id}/upgrade", tag = TAG, operation_id = "upgrade_credential",
    params(("id" = String, Path)), request_body = Upgrade,
    responses((status = 200, body = CredentialView, headers(("ETag" = String))))
)]
async fn upgrade_one(
    asked: ApiCall,
    Id(id): Id,
    MaybeBody(body): MaybeBody<Upgrade>,
) -> Result<Answer<CredentialView>, Problem> {
    let mut fields = Fields::default();
    let version = fields.maybe_label("version", body.version.as_deref());
    fields.finish()?;
    Ok(told(&upgrade_version(&asked.call(), known(&id)?.as_str(), version.as_ref()).await?))
}

/// In what the second one is different.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Duplicate)]
struct DuplicateBody {
    /// Made up from the account's when it is left out.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@/+-]+$")]
    id: Option<String>,
    /// The same when it is left out.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Of a Basic pair: another user name, which it needs.
    #[schema(min_length = 1, max_length = 256)]
    username: Option<String>,
    /// Of a Basic pair; made up when it is left out.
    #[schema(min_length = 8, max_length = 1022, format = Password)]
    password: Option<String>,
}

/// Makes a second credential with the same rights and settings, and a secret of its own.
#[utoipa::path(
    post, path = "/credentials/{id}/duplicate", tag = TAG, operation_id = "duplicate_credential",
    params(("id" = String, Path)), request_body = DuplicateBody,
    responses((status = 201, body = WithSecret, headers(("ETag" = String), ("Location" = String))), (status = 409))
)]
async fn duplicate_one(
    asked: ApiCall,
    Id(id): Id,
    MaybeBody(body): MaybeBody<DuplicateBody>,
) -> Result<Answer<WithSecret>, Problem> {
    let mut fields = Fields::default();
    let how = Duplicate {
        id: fields.maybe_label("id", body.id.as_deref()),
        name: fields.line("name", body.name, MAX_NAME_LENGTH),
        username: body.username,
        chosen: body.password.map(|password| PlainPassword::new(password.as_bytes())),
    };
    fields.finish()?;
    let answer = match duplicate(&asked.call(), known(&id)?.as_str(), how).await? {
        Outcome::Fresh(created) => WithSecret::new(&created.record, &created.secret),
        Outcome::Replayed(facts) => WithSecret::repeated(facts)?,
    };
    answer.created()
}
