//! Answers with the audit as a file. A POST, so that no link starts it; without the hidden field `once`, because the
//! page stays and the next file may be wanted, too.

use std::io::{BufWriter, Seek as _, Write as _};

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::post;

use super::filter::Filter;
use super::show;
use crate::control::console::page::Answer;
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Right, export_audit};
use crate::control::web::file_body::body_of;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/audit/export", post(export))
}

async fn export(visit: Visit, posted: Posted) -> Answer {
    visit.require(Right::ReadAudit)?;
    let mut reader = posted.reader();
    let filter = Filter::read(&mut reader);
    reader.finish()?;
    match write(&visit, &filter).await {
        Ok(file) => Ok(file),
        // The list has the same filter, and shows what is wrong with it.
        Err(problem) if problem.code == Code::Invalid => show(&visit, &posted).await,
        Err(problem) => Err(problem),
    }
}

/// An error has to be known before the first byte of the response.
async fn write(visit: &Visit, filter: &Filter<'_>) -> Result<Response, Problem> {
    let mut table = export_audit(&visit.context(), filter.filter()?).await?;
    let mut spool = BufWriter::new(tempfile::tempfile()?);
    while let Some(part) = table.next_part().await? {
        for error in table.unreadable() {
            tracing::error!("{error}");
        }
        spool.write_all(&part)?;
    }
    let mut spool = spool.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    spool.rewind()?;
    let mut response = Response::new(body_of(spool));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    Ok(response)
}
