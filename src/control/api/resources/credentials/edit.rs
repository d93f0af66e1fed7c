use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::new_credential_body::{MAX_MOBILE_CHARS, rate_limit};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::JsonObject;
use crate::control::api::extract::{Body, CredentialId};
use crate::control::api::fields::{FieldReader, nullable, patch};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{
    Edit, Invalid, MAX_ADDRESSES, MAX_DESCRIPTION_LENGTH, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, MAX_SCOPES, edit,
};
use crate::control::views::{CredentialView, RateLimitView};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(edit_one))
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
