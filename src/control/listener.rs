use axum::Router;
use axum::extract::Request;
use tower::util::MapRequest;

use super::web::state::ControlState;
use super::{api, console};

/// What the console listener serves: the pages and, under `/api/v1`, the management API.
pub fn console_listener(state: ControlState) -> Router {
    let settings = state.settings.clone();
    let router = console::router(state.clone()).merge(api::router(state));
    // Before the route is chosen.
    let strip = move |request: Request| console::strip_base_path(&settings, request);
    Router::new().fallback_service(MapRequest::new(router, strip))
}
