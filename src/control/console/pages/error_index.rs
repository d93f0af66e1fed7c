//! What each code of a problem document means, for everyone who receives one.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;

use crate::control::console::page::{Answer, Page};
use crate::control::console::visit::Visitor;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::{ControlState, ERROR_PAGES};

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route(ERROR_PAGES, get(index)).route(&format!("{ERROR_PAGES}/{{code}}"), get(page))
}

#[derive(Template)]
#[template(path = "error_index.html")]
struct Index<'p> {
    v: &'p Visitor,
    codes: &'static [Code],
}

#[derive(Template)]
#[template(path = "error_code.html")]
struct CodePage<'p> {
    v: &'p Visitor,
    code: Code,
}

async fn index(visitor: Visitor) -> Answer {
    visitor.show(Page::new(visitor.t("error-index-title"), &Index { v: &visitor, codes: Code::ALL })?)
}

async fn page(visitor: Visitor, Path(word): Path<String>) -> Answer {
    let code = Code::ALL.iter().find(|code| code.as_str() == word);
    let code = *code.ok_or_else(|| Problem::new(Code::NotFound, "no error has this code"))?;
    visitor.show(Page::new(code.title(), &CodePage { v: &visitor, code })?)
}
