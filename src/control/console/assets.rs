//! Stylesheet, script and images. Their addresses change with their contents.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::control::look::ASSETS;
use crate::control::web::state::ControlState;

/// For an image that is opened as a page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
const FOREVER: &str = "public, max-age=31536000, immutable";

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route(&format!("{ASSETS}/{{digest}}/{{name}}"), get(asset))
}

async fn asset(State(state): State<ControlState>, uri: Uri) -> Response {
    let settings = state.settings.load();
    let Some(asset) = settings.look.assets.find(uri.path()) else {
        return (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)])
            .into_response();
    };
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, FOREVER),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, asset.bytes.clone().into_owned()).into_response()
}
