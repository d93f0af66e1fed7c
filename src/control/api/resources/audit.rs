use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::control::Sentence;
use crate::control::api::call::ApiCall;
use crate::control::api::extract::Query;
use crate::control::api::fields::FieldReader;
use crate::control::api::paging::{Page, PageQuery};
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{OperationError, export_audit, list_audit};
use crate::control::views::AuditView;
use crate::control::web::csrf::reject_cross_site_link;
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{ActorKind, AuditFilter};

const TAG: &str = "audit";
const MAX_WORD_CHARS: usize = 256;
const KINDS: [ActorKind; ActorKind::ALL.len()] = ActorKind::ALL;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(table))
}

/// Entries that match all given conditions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// The id of an account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// system, shell, user, token or link.
    #[param(max_length = 256)]
    actor_kind: Option<String>,
    /// The id of the caller.
    #[param(max_length = 256)]
    actor: Option<String>,
    /// What was done, such as `create` or `reset`.
    #[param(max_length = 256)]
    verb: Option<String>,
    /// The kind of resource, such as `credential`.
    #[param(max_length = 256)]
    target_kind: Option<String>,
    /// The id of the resource.
    #[param(max_length = 256)]
    target: Option<String>,
    /// From this time on, inclusive.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Before this time.
    #[param(format = "date-time")]
    until: Option<String>,
    /// The next_cursor of the previous page; not for the CSV file.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// The maximum number of entries; not for the CSV file.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Lists the audit log, newest first.
#[utoipa::path(
    get, path = "/audit", tag = TAG, operation_id = "list_audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditView>))
)]
async fn list(call: ApiCall, Query(query): Query<AuditQuery>) -> Result<ApiResponse<Page<AuditView>>, Problem> {
    let mut fields = FieldReader::default();
    let wanted = PageQuery::read(&mut fields, query.cursor.as_deref(), query.limit);
    let filter = query.filter(&mut fields);
    fields.finish()?;
    let listing = list_audit(&call.context(), filter, wanted.paging()).await?;
    Ok(ApiResponse::ok(Page::of(listing)))
}

/// Exports the audit log as CSV (RFC 4180), newest first. The export itself is recorded in the audit log.
#[utoipa::path(
    get, path = "/audit.csv", tag = TAG, operation_id = "export_audit", params(AuditQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn table(call: ApiCall, headers: HeaderMap, Query(query): Query<AuditQuery>) -> Result<Response, Problem> {
    reject_cross_site_link(&headers)?;
    let mut fields = FieldReader::default();
    for (field, is_there) in [("cursor", query.cursor.is_some()), ("limit", query.limit.is_some())] {
        if is_there {
            fields.add(field, Sentence::english("does not apply to an export"));
        }
    }
    let filter = query.filter(&mut fields);
    fields.finish()?;
    let table = export_audit(&call.context(), filter).await?;
    let parts = stream::try_unfold(table, async |mut table| {
        let part = table.next_part().await?;
        for error in table.unreadable() {
            tracing::error!("{error}");
        }
        Ok::<_, OperationError<std::io::Error>>(part.map(|part| (part, table)))
    });
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    Ok(response)
}

impl AuditQuery {
    fn filter(self, fields: &mut FieldReader) -> AuditFilter {
        let kinds = KINDS.map(|kind| (kind.as_str(), kind));
        AuditFilter {
            account: fields.optional_label("account", self.account.as_deref()),
            actor_kind: fields.word("actor_kind", self.actor_kind.as_deref(), &kinds),
            actor: fields.line("actor", self.actor, MAX_WORD_CHARS),
            verb: fields.line("verb", self.verb, MAX_WORD_CHARS),
            target_kind: fields.line("target_kind", self.target_kind, MAX_WORD_CHARS),
            target: fields.line("target", self.target, MAX_WORD_CHARS),
            since: fields.timestamp("since", self.since.as_deref()),
            until: fields.timestamp("until", self.until.as_deref()),
        }
    }
}
