//! Import and export of files with digests and hashes.

use std::io::{BufWriter, Seek as _, Write as _};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::export_summary::ExportSummary;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::Query;
use crate::control::api::fields::FieldReader;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{Imported, Invalid, export, import, may_import};
use crate::control::web::csrf::reject_cross_site_link;
use crate::control::web::file_body::body_of;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::problem::{FieldProblem, Position};
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::formats::{self, Catalogs, Import, ImportFormat, MAX_YAML_BYTES, Source, Unusable, Users};

const TAG: &str = "credentials";
/// Enough for a few million credentials. A file is kept in the temporary folder while it is imported.
const MAX_FILE_BYTES: usize = 512 * 1024 * 1024;
/// Carries an [`ExportSummary`].
const EXPORTED: HeaderName = HeaderName::from_static("claviger-exported");

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(export_file, import_file)).layer(DefaultBodyLimit::max(MAX_FILE_BYTES))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FileFormat {
    /// The credentials file of the gate.
    #[default]
    Yaml,
    /// With a header row.
    Csv,
    /// USER:HASH lines; passwords only.
    Htpasswd,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OutQuery {
    #[serde(default)]
    #[param(inline, default = "yaml")]
    format: FileFormat,
    /// The id of an account; all accounts if left out.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
}

/// Exports credentials as a file with digests and hashes, never secrets. The export itself is recorded in the audit log.
#[utoipa::path(
    get, path = "/credential-files", tag = TAG, operation_id = "export_credentials", params(OutQuery),
    responses(
        (status = 200, body = String, content_type = "text/plain", headers(
            ("Claviger-Exported" = String, description = "The number of credentials in the file, and of those left out or incomplete: a dictionary of integers (RFC 9651).")
        ))
    )
)]
async fn export_file(call: ApiCall, headers: HeaderMap, Query(query): Query<OutQuery>) -> Result<Response, Problem> {
    reject_cross_site_link(&headers)?;
    let mut fields = FieldReader::default();
    let account = fields.optional_label("account", query.account.as_deref());
    fields.finish()?;
    // A million do not fit into memory, and an error has to be known before the first byte of the response.
    let mut spool = tempfile::tempfile()?;
    let exported = export(&call.context(), query.format.into(), account.as_ref(), BufWriter::new(&spool)).await?;
    for error in &exported.unreadable {
        tracing::error!("{error}");
    }
    spool.flush().and_then(|()| spool.rewind())?;
    let mut response = Response::new(body_of(spool));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(query.format.disposition()));
    if let Ok(summary) = HeaderValue::from_str(&ExportSummary::from(&exported).to_string()) {
        headers.insert(EXPORTED, summary);
    }
    Ok(response)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InQuery {
    #[serde(default)]
    #[param(inline, default = "yaml")]
    format: FileFormat,
    /// Report the changes without making them.
    #[serde(default)]
    dry_run: bool,
    /// Import the usable entries and list the faults of the others in `skipped`, instead of refusing the file.
    #[serde(default)]
    skip_unusable: bool,
    /// Required for htpasswd: the id of the account of its users.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// For htpasswd: the version of the API that new credentials are pinned to.
    #[param(min_length = 1, max_length = 128)]
    version: Option<String>,
}

/// The changes of an import. Lists are ordered by id and have at most 10,000 items; the numbers count all.
#[derive(Serialize, ToSchema)]
#[schema(as = Imported)]
struct ImportedBody {
    /// True where nothing was changed.
    dry_run: bool,
    new_accounts: Vec<AccountAccess>,
    /// The number of new accounts.
    accounts_added: usize,
    /// Accounts whose API access the file switches.
    switched_accounts: Vec<AccountAccess>,
    /// The number of accounts whose API access the file switches.
    accounts_switched: usize,
    /// The new and changed credentials.
    credentials: Vec<ImportedOne>,
    /// The number of new credentials.
    added: usize,
    /// The number of changed credentials.
    changed: usize,
    /// The number of unchanged credentials.
    unchanged: usize,
    /// The faults of entries that were left out (`skip_unusable`).
    skipped: Vec<FieldProblem>,
}

/// An account of an imported file.
#[derive(Serialize, ToSchema)]
struct AccountAccess {
    id: String,
    /// Whether it has API access.
    access: bool,
}

/// A credential of an imported file.
#[derive(Serialize, ToSchema)]
struct ImportedOne {
    id: String,
    /// The id of the account.
    account: String,
    /// The changed fields; null for a new credential.
    changed: Option<Vec<&'static str>>,
}

/// Imports a file: adds and replaces its credentials, all or none, and deletes none. For staff.
#[utoipa::path(
    post, path = "/credential-files", tag = TAG, operation_id = "import_credentials", params(InQuery),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = ImportedBody))
)]
async fn import_file(
    call: ApiCall,
    Query(query): Query<InQuery>,
    request: Request,
) -> Result<ApiResponse<ImportedBody>, Problem> {
    // Before the body: a large file takes minutes to arrive.
    may_import(&call.context())?;
    let users = query.users()?;
    let file = spool(request, query.format).await?;
    let call = call.context();
    let Catalogs { versions, scopes } = call.terms.catalogs;
    let (versions, scopes) = (versions.clone(), scopes.clone());
    let unusable = if query.skip_unusable { Unusable::Skip } else { Unusable::Refuse };
    let read = move || {
        let format = ImportFormat::new(query.format.into(), users.as_ref())?;
        Import::read(file, format, Catalogs { versions: &versions, scopes: &scopes }, unusable)
    };
    // A large file takes seconds.
    let read = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other)?;
    let imported = import(&call, &read?, query.dry_run).await?;
    Ok(ApiResponse::ok(ImportedBody::new(imported, query.dry_run)))
}

impl InQuery {
    /// Of an htpasswd file.
    fn users(&self) -> Result<Option<Users>, Invalid> {
        let mut fields = FieldReader::default();
        let account = fields.optional_label("account", self.account.as_deref());
        let version = fields.optional_label("version", self.version.as_deref());
        let needs_users = formats::Format::from(self.format).needs_users();
        if needs_users && self.account.is_none() {
            fields.add("account", Sentence::HtpasswdAccount);
        }
        for (field, is_there) in [("account", self.account.is_some()), ("version", self.version.is_some())] {
            if is_there && !needs_users {
                fields.add(field, Sentence::HtpasswdOnly);
            }
        }
        fields.finish()?;
        Ok(account.map(|account| Users { account, version }))
    }
}

/// Keeps the body in a temporary file: a million credentials do not fit into memory.
async fn spool(request: Request, format: FileFormat) -> Result<Source, Problem> {
    let too_large = || Problem::english(Code::TooLarge, format.too_large());
    let max_bytes = format.max_bytes();
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > max_bytes as u64) {
        return Err(too_large());
    }
    let mut file = tokio::fs::File::from_std(tempfile::tempfile()?);
    let mut pieces = request.into_body().into_data_stream();
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            Problem::english(Code::Malformed, "the connection ended before the whole file arrived; send it again")
        })?;
        size += piece.len();
        if size > max_bytes {
            return Err(too_large());
        }
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(file.into_std().await.into())
}

impl ImportedBody {
    fn new(imported: Imported, dry_run: bool) -> Self {
        let accounts = |all: Vec<(Label, bool)>| {
            all.into_iter().map(|(id, access)| AccountAccess { id: id.to_string(), access }).collect()
        };
        let credentials = imported.credentials.into_iter().map(|one| ImportedOne {
            id: one.id.to_string(),
            account: one.account.to_string(),
            changed: one.changed,
        });
        Self {
            dry_run,
            new_accounts: accounts(imported.new_accounts),
            accounts_added: imported.accounts_added,
            switched_accounts: accounts(imported.switched_accounts),
            accounts_switched: imported.accounts_switched,
            credentials: credentials.collect(),
            added: imported.added,
            changed: imported.changed,
            unchanged: imported.unchanged,
            skipped: imported.skipped.0.into_iter().map(field_problem).collect(),
        }
    }
}

impl FileFormat {
    fn max_bytes(self) -> usize {
        match self {
            Self::Yaml => MAX_YAML_BYTES,
            Self::Csv | Self::Htpasswd => MAX_FILE_BYTES,
        }
    }

    fn too_large(self) -> String {
        let max_bytes = self.max_bytes();
        match self {
            Self::Yaml => format!(
                "a YAML file may have at most {max_bytes} bytes; send it in several files, or as CSV, which may have more"
            ),
            Self::Csv | Self::Htpasswd => format!("a file may have at most {max_bytes} bytes"),
        }
    }

    fn disposition(self) -> &'static str {
        match self {
            Self::Yaml => "attachment; filename=\"credentials.yaml\"",
            Self::Csv => "attachment; filename=\"credentials.csv\"",
            Self::Htpasswd => "attachment; filename=\"credentials.htpasswd\"",
        }
    }
}

impl From<FileFormat> for formats::Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Yaml => Self::Yaml,
            FileFormat::Csv => Self::Csv,
            FileFormat::Htpasswd => Self::Htpasswd,
        }
    }
}

/// With the position in the file.
fn field_problem(fault: Diagnostic) -> FieldProblem {
    let hint = fault.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    let at = match fault.origin {
        Origin::File { line, column } if line > 0 => Some(Position { line, column }),
        Origin::File { .. } | Origin::Environment(_) | Origin::Flag(_) => None,
    };
    FieldProblem { at, ..FieldProblem::new(fault.path, Sentence::english(fault.problem + &hint)) }
}

impl From<Diagnostics> for Problem {
    fn from(faults: Diagnostics) -> Self {
        let count = faults.0.len();
        let detail = format!("{count} fault{}; nothing was imported", if count == 1 { "" } else { "s" });
        Self { fields: faults.0.into_iter().map(field_problem).collect(), ..Self::english(Code::Invalid, detail) }
    }
}
