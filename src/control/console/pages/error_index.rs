//! What each code of a problem document means, for everyone who receives one from the gate or the management API.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;

use crate::auth::REJECTIONS;
use crate::config::ERROR_PAGES;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Anyone;
use crate::control::console::pages::error_help::{Help, Span};
use crate::control::console::view::View;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route(ERROR_PAGES, get(index)).route(&format!("{ERROR_PAGES}/{{code}}"), get(page))
}

/// A row of one of the two tables.
struct Row {
    code: &'static str,
    title: &'static str,
    text: &'static str,
    status: u16,
}

#[derive(Template)]
#[template(path = "error_index.html")]
struct Index<'p> {
    v: &'p View,
    /// With the message of its heading.
    tables: [(&'static str, Vec<Row>); 2],
}

#[derive(Template)]
#[template(path = "error_code.html")]
struct CodePage<'p> {
    v: &'p View,
    row: Row,
    /// Each with the message of its heading.
    help: [(&'static str, Vec<Span>); 3],
    /// A message: which of the two answers with it.
    origin: &'static str,
}

fn gate() -> impl Iterator<Item = Row> {
    let rows = REJECTIONS.into_iter();
    rows.map(|row| Row { code: row.code, title: row.title, text: row.detail, status: row.status.as_u16() })
}

fn api() -> impl Iterator<Item = Row> {
    let row = |code: &Code| Row {
        code: code.as_str(),
        title: code.title(),
        text: code.explanation(),
        status: code.status().as_u16(),
    };
    Code::ALL.iter().map(row)
}

async fn index(visitor: Anyone) -> Answer {
    let tables = [("error-index-gate", gate().collect()), ("error-index-api", api().collect())];
    let body = Index { v: &visitor, tables };
    visitor.show(Page::new(visitor.t("error-index-title"), &body)?)
}

async fn page(visitor: Anyone, Path(word): Path<String>) -> Answer {
    let of_gate = gate().find(|row| row.code == word).map(|row| (row, "error-index-gate"));
    let found = of_gate.or_else(|| api().find(|row| row.code == word).map(|row| (row, "error-index-api")));
    let (row, origin) = found.ok_or_else(|| Problem::english(Code::NotFound, "no error has this code"))?;
    let Help { meaning, caller, operator } = Help::of(row.code);
    let help = [("error-index-meaning", meaning), ("error-index-caller", caller), ("error-index-operator", operator)];
    visitor.show(Page::new(row.title, &CodePage { v: &visitor, row, help, origin })?)
}
