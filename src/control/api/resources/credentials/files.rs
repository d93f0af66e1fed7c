//! Many credentials at once: a file in, a file out, with digests and hashes.

use std::io::{BufWriter, Seek as _, Write as _};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::export_summary::ExportSummary;
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::api::call::ApiCall;
use crate::control::api::extract::Query;
use crate::control::api::field_problem::{FieldProblem, Position};
use crate::control::api::fields::Fields;
use crate::control::api::problem::{Code, Problem};
use crate::control::api::response::Answer;
use crate::control::operations::{Imported, export, import, may_import};
use crate::control::web::csrf::demand_no_link;
use crate::control::web::state::ControlState;
use crate::credential::Label;
use crate::formats::{self, Import, Users};

const TAG: &str = "credentials";
/// A few hundred thousand credentials.
const LARGEST_FILE: usize = 64 * 1024 * 1024;
const PIECE: usize = 64 * 1024;
/// What a file holds, and what not.
const EXPORTED: HeaderName = HeaderName::from_static("claviger-exported");

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(take_out, take_in)).layer(DefaultBodyLimit::max(LARGEST_FILE))
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FileFormat {
    /// The credentials file.
    #[default]
    Yaml,
    /// A table with a line of column names.
    Csv,
    /// USER:HASH lines; Basic pairs only.
    Htpasswd,
}

/// Which file.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OutQuery {
    /// How it is written.
    #[serde(default)]
    #[param(inline, default = "yaml")]
    format: FileFormat,
    /// Only those of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
}

/// Credentials as a file: digests and hashes, never a secret. That they were taken away is put down in the audit.
#[utoipa::path(
    get, path = "/credential-files", tag = TAG, operation_id = "export_credentials", params(OutQuery),
    responses(
        (status = 200, body = String, content_type = "text/plain", headers(
            ("Claviger-Exported" = String, description = "How many credentials it holds, and how many are left out or not whole: a dictionary of numbers (RFC 9651).")
        )),
        (status = 404)
    )
)]
async fn take_out(asked: ApiCall, headers: HeaderMap, Query(query): Query<OutQuery>) -> Result<Response, Problem> {
    demand_no_link(&headers)?;
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    fields.finish()?;
    // Of a million they are too many to hold, and what is wrong has to be said before the first of them.
    let mut spool = tempfile::tempfile()?;
    let exported = export(&asked.call(), query.format.into(), account.as_ref(), BufWriter::new(&spool)).await?;
    for error in &exported.unreadable {
        tracing::error!("{error}");
    }
    spool.flush().and_then(|()| spool.rewind())?;
    let file = tokio::fs::File::from_std(spool);
    let pieces = stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(query.format.disposition()));
    if let Ok(summary) = HeaderValue::from_str(&ExportSummary::from(&exported).to_string()) {
        headers.insert(EXPORTED, summary);
    }
    Ok(response)
}

/// What is to be done with the file.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InQuery {
    /// How it is written.
    #[serde(default)]
    #[param(inline, default = "yaml")]
    format: FileFormat,
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// Of an htpasswd file, and needed there: whose its users are.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Of an htpasswd file: the version of the API that new users are pinned to.
    #[param(min_length = 1, max_length = 128)]
    version: Option<String>,
}

/// What has changed, or would change.
#[derive(Serialize, ToSchema)]
#[schema(as = Imported)]
struct ImportedBody {
    /// Nothing has changed: it was only asked what would.
    dry_run: bool,
    /// Accounts that were not there.
    new_accounts: Vec<AccountAccess>,
    /// Accounts whose access was switched.
    switched_accounts: Vec<AccountAccess>,
    /// Credentials, in the order of their ids.
    credentials: Vec<ImportedOne>,
    /// How many are as they were.
    unchanged: usize,
}

/// An account, and whether it has access.
#[derive(Serialize, ToSchema)]
struct AccountAccess {
    /// Which.
    id: String,
    /// Its credentials are let through.
    access: bool,
}

/// A credential of a file.
#[derive(Serialize, ToSchema)]
struct ImportedOne {
    /// Which.
    id: String,
    /// Whose.
    account: String,
    /// What is different; null for one that was not there.
    changed: Option<Vec<&'static str>>,
}

/// Adds and replaces the credentials of a file, all of them or none; deletes none. For staff.
#[utoipa::path(
    post, path = "/credential-files", tag = TAG, operation_id = "import_credentials", params(InQuery),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = ImportedBody))
)]
async fn take_in(
    asked: ApiCall,
    Query(query): Query<InQuery>,
    request: Request,
) -> Result<Answer<ImportedBody>, Problem> {
    // Before a large file is read for somebody who may not.
    may_import(&asked.call())?;
    let text = text_of(request).await?;
    let mut fields = Fields::default();
    let account = fields.maybe_label("account", query.account.as_deref());
    let version = fields.maybe_label("version", query.version.as_deref());
    let is_of_users = query.format == FileFormat::Htpasswd;
    if is_of_users && query.account.is_none() {
        fields.add("account", "is missing: an htpasswd file does not say whose its users are");
    }
    for (field, is_there) in [("account", query.account.is_some()), ("version", query.version.is_some())] {
        if is_there && !is_of_users {
            fields.add(field, "is for htpasswd files: this one says it itself");
        }
    }
    fields.finish()?;
    let call = asked.call();
    let catalogs = call.terms.catalogs;
    let read = match (query.format, account) {
        (FileFormat::Htpasswd, Some(account)) => Import::htpasswd(&text, &Users { account, version }, catalogs),
        (FileFormat::Csv, _) => Import::csv(&text, catalogs),
        (FileFormat::Yaml | FileFormat::Htpasswd, _) => Import::yaml(&text, catalogs),
    };
    let imported = import(&call, &read?, query.dry_run).await?;
    Ok(Answer::ok(ImportedBody::new(imported, query.dry_run)))
}

async fn text_of(request: Request) -> Result<String, Problem> {
    String::from_request(request, &()).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::TooLarge, format!("a file may have {LARGEST_FILE} bytes")),
        _ => Problem::new(Code::Malformed, "the file was cut off, or is not UTF-8"),
    })
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
            switched_accounts: accounts(imported.switched_accounts),
            credentials: credentials.collect(),
            unchanged: imported.unchanged,
        }
    }
}

impl FileFormat {
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

/// Each where it stands in the file.
impl From<Diagnostics> for Problem {
    fn from(faults: Diagnostics) -> Self {
        let field = |fault: Diagnostic| {
            let hint = fault.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let at = match fault.origin {
                Origin::File { line, column } if line > 0 => Some(Position { line, column }),
                Origin::File { .. } | Origin::Environment(_) | Origin::Flag(_) => None,
            };
            FieldProblem { at, ..FieldProblem::new(fault.path, fault.problem + &hint) }
        };
        let count = faults.0.len();
        let detail = format!("{count} fault{}; nothing was imported", if count == 1 { "" } else { "s" });
        Self { fields: faults.0.into_iter().map(field).collect(), ..Self::new(Code::Invalid, detail) }
    }
}
