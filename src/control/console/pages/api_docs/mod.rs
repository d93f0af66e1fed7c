//! The documentation of the API as a static page without scripts.

mod page;
mod schema;

use std::sync::OnceLock;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::openapi;
use crate::control::web::html::PAGE_HEADERS;
use crate::control::web::state::ControlState;

const STYLE: &str = include_str!("docs.css");

pub(in crate::control::api) fn routes() -> Router<ControlState> {
    Router::new().route("/docs", get(docs)).route("/docs.css", get(style))
}

async fn docs() -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| page::page(&serde_json::to_value(openapi()).unwrap_or_default()));
    (PAGE_HEADERS, page.as_str()).into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}
