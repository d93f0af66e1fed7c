//! Answers with a file. A POST, so that no link starts it; without the hidden field `once`, because the page stays and
//! the next file may be wanted, too.

use std::io::{BufWriter, Seek as _, Write as _};

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;

use super::{FORMATS, require, show};
use crate::control::console::form_state::Form;
use crate::control::console::page::Answer;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::url_params::{label, word};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Invalid, export};
use crate::control::web::file_body::body_of;
use crate::control::web::problem::Problem;
use crate::formats::Format;

pub(super) async fn export_file(visit: Visit, posted: Posted) -> Answer {
    require(&visit)?;
    let mut reader = posted.reader();
    let format = reader.text("format");
    let account = if visit.standing.is_staff() { reader.text("account") } else { "" };
    reader.finish()?;
    match write(&visit, format, account).await {
        Ok(file) => Ok(file),
        Err(problem) => show(&visit, Form::refused(&visit, &posted, problem)?, Form::new(&visit), Vec::new()),
    }
}

async fn write(visit: &Visit, format: &str, account: &str) -> Result<Response, Problem> {
    let mut invalid = Invalid::default();
    let account = label(&mut invalid, "account", account);
    let format = word(&mut invalid, "format", format, &FORMATS).unwrap_or(Format::Yaml);
    invalid.into_result()?;
    // A million do not fit into memory, and an error has to be known before the first byte of the response.
    let mut spool = tempfile::tempfile()?;
    let exported = export(&visit.context(), format, account.as_ref(), BufWriter::new(&spool)).await?;
    for error in &exported.unreadable {
        tracing::error!("{error}");
    }
    spool.flush().and_then(|()| spool.rewind())?;
    let mut response = Response::new(body_of(spool));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let disposition = match format {
        Format::Yaml => "attachment; filename=\"credentials.yaml\"",
        Format::Csv => "attachment; filename=\"credentials.csv\"",
        Format::Htpasswd => "attachment; filename=\"credentials.htpasswd\"",
    };
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}
