use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::Right;
use crate::control::views::SecretKind;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::{Credential, Label, StoredSecret};

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list_file_credentials))
}

#[derive(Serialize, ToSchema)]
struct FileCredentials {
    /// In the order of the file.
    items: Vec<FileCredential>,
}

/// A credential of the credentials file.
#[derive(Serialize, ToSchema)]
struct FileCredential {
    id: String,
    /// The id of the account.
    account: String,
    /// Display name.
    name: Option<String>,
    kind: SecretKind,
    /// For a password.
    username: Option<String>,
    enabled: bool,
    /// The version of the API that it is pinned to.
    version: Option<String>,
    /// The scopes; null for no restriction.
    scopes: Option<Vec<String>>,
    /// Addresses and ranges that it may be used from; empty for no restriction.
    addresses: Vec<String>,
    /// Refused from this time on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// Always true: to change it, edit the file.
    read_only: bool,
}

/// Lists the credentials of the credentials file for the accounts that you manage.
#[utoipa::path(
    get, path = "/file-credentials", tag = "credentials", responses((status = 200, body = FileCredentials))
)]
async fn list_file_credentials(call: ApiCall) -> Result<ApiResponse<FileCredentials>, Problem> {
    let scope = call.context().reach_granted(Right::ManageCredentials).await?;
    let visible = call.settings().file.iter().filter(|credential| scope.covers(&credential.account.id));
    Ok(ApiResponse::ok(FileCredentials { items: visible.map(FileCredential::from).collect() }))
}

impl From<&Credential> for FileCredential {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.id.to_string(),
            account: credential.account.id.to_string(),
            name: credential.name.as_deref().map(str::to_owned),
            kind: match &credential.secret {
                StoredSecret::Token(_) => SecretKind::Token,
                StoredSecret::Password { .. } => SecretKind::Password,
            },
            username: credential.username().map(str::to_owned),
            enabled: credential.enabled,
            version: credential.version.as_ref().map(Label::to_string),
            scopes: credential.scopes.as_ref().map(|scopes| scopes.names().map(str::to_owned).collect()),
            addresses: credential.addresses.iter().map(ToString::to_string).collect(),
            expires_at: credential.expires_at.map(|end| end.to_string()),
            read_only: true,
        }
    }
}
