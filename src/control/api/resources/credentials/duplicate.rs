use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::secret_response::{DeliverWord, WithSecret};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::{CredentialId, MaybeBody};
use crate::control::api::fields::FieldReader;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::{idempotent, routes};
use crate::control::operations::{Deliver, Duplicate, MAX_NAME_LENGTH, duplicate};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::PlainPassword;

const TAG: &str = "credentials";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(idempotent(routes!(duplicate_one)))
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
