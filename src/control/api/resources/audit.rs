//! What has been done, over HTTP.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::Query;
use crate::control::api::fields::Fields;
use crate::control::api::paging::{Page, Wanted};
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{OperationError, export_audit, list_audit};
use crate::control::views::AuditView;
use crate::control::web::csrf::demand_no_link;
use crate::control::web::state::ControlState;
use crate::store::{ActorKind, AuditFilter};

const TAG: &str = "audit";
const LONGEST: usize = 256;
const KINDS: [ActorKind; 5] = [ActorKind::System, ActorKind::Shell, ActorKind::User, ActorKind::Token, ActorKind::Link];

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(table))
}

/// Which lines: those for which all that is said holds.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Of this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// By this kind of caller: system, shell, user, token or link.
    #[param(max_length = 256)]
    actor_kind: Option<String>,
    /// By this caller.
    #[param(max_length = 256)]
    actor: Option<String>,
    /// This was done.
    #[param(max_length = 256)]
    verb: Option<String>,
    /// To this kind of thing.
    #[param(max_length = 256)]
    target_kind: Option<String>,
    /// To this thing.
    #[param(max_length = 256)]
    target: Option<String>,
    /// From this moment on.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Before this moment.
    #[param(format = "date-time")]
    until: Option<String>,
    /// As the page before gave it; of the list alone.
    #[param(max_length = 1024)]
    cursor: Option<String>,
    /// At most so many; of the list alone.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What has been done, the newest first.
#[utoipa::path(
    get, path = "/audit", tag = TAG, operation_id = "list_audit", params(AuditQuery),
    responses((status = 200, body = Page<AuditView>), (status = 404))
)]
async fn list(asked: ApiCall, Query(query): Query<AuditQuery>) -> Result<Answer<Page<AuditView>>, Problem> {
    let mut fields = Fields::default();
    let wanted = Wanted::read(&mut fields, query.cursor.as_deref(), query.limit);
    let filter = query.filter(&mut fields);
    fields.finish()?;
    let listing = list_audit(&asked.call(), filter, wanted.paging()).await?;
    Ok(Answer::ok(Page::of(listing)))
}

/// What has been done, as a table (RFC 4180), the newest first. That it was taken away is put down, too.
#[utoipa::path(
    get, path = "/audit.csv", tag = TAG, operation_id = "export_audit", params(AuditQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404))
)]
async fn table(asked: ApiCall, headers: HeaderMap, Query(query): Query<AuditQuery>) -> Result<Response, Problem> {
    demand_no_link(&headers)?;
    let mut fields = Fields::default();
    for (field, is_there) in [("cursor", query.cursor.is_some()), ("limit", query.limit.is_some())] {
        if is_there {
            fields.add(field, "has no meaning for a table");
        }
    }
    let filter = query.filter(&mut fields);
    fields.finish()?;
    let table = export_audit(&asked.call(), filter).await?;
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
    fn filter(self, fields: &mut Fields) -> AuditFilter {
        let kinds = KINDS.map(|kind| (kind.as_str(), kind));
        AuditFilter {
            account: fields.maybe_label("account", self.account.as_deref()),
            actor_kind: fields.word("actor_kind", self.actor_kind.as_deref(), &kinds),
            actor: fields.line("actor", self.actor, LONGEST),
            verb: fields.line("verb", self.verb, LONGEST),
            target_kind: fields.line("target_kind", self.target_kind, LONGEST),
            target: fields.line("target", self.target, LONGEST),
            since: fields.moment("since", self.since.as_deref()),
            until: fields.moment("until", self.until.as_deref()),
        }
    }
}
