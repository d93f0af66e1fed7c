//! The credentials of the file: shown here, changed only there.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::Right;
use crate::control::views::SecretKind;
use crate::control::web::state::ControlState;
use crate::credential::{Credential, Label, StoredSecret};

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list_file_credentials))
}

/// The credentials of the file.
#[derive(Serialize, ToSchema)]
struct FileCredentials {
    /// In the order of the file.
    items: Vec<FileCredential>,
}

/// A credential of the file.
#[derive(Serialize, ToSchema)]
struct FileCredential {
    /// Unique.
    id: String,
    /// Whose it is.
    account: String,
    /// For people.
    name: Option<String>,
    /// What it is recognised by.
    kind: SecretKind,
    /// Of a Basic pair.
    username: Option<String>,
    /// Switched on.
    enabled: bool,
    /// The version of the API it is pinned to.
    version: Option<String>,
    /// What it may call; null for everything.
    scopes: Option<Vec<String>>,
    /// Where it may be used from; empty for anywhere.
    addresses: Vec<String>,
    /// Refused from this moment on.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// Always true: whoever wants to change it edits the file.
    read_only: bool,
}

/// The credentials that are kept in a file and not in the database, of the accounts that you look after.
#[utoipa::path(
    get, path = "/file-credentials", tag = "credentials", responses((status = 200, body = FileCredentials))
)]
async fn list_file_credentials(asked: ApiCall) -> Result<Answer<FileCredentials>, Problem> {
    let reach = asked.call().reach_granted(Right::ManageCredentials).await?;
    let seen = asked.in_force().file.iter().filter(|credential| reach.covers(&credential.account.id));
    Ok(Answer::ok(FileCredentials { items: seen.map(FileCredential::from).collect() }))
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
