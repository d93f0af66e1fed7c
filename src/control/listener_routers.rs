use axum::Router;
use axum::extract::Request;
use tower::util::MapRequest;

use super::web::state::ControlState;
use super::{api, console};

/// What the listener of `delivery.reveal.listen` serves: the page of links to secrets, and nothing else.
pub fn reveal_listener(state: ControlState) -> Router {
    let settings = state.settings.clone();
    let strip = move |request: Request| console::strip_for_reveal(&settings, request);
    Router::new().fallback_service(MapRequest::new(console::reveal_router(state), strip))
}

/// What the console listener serves: the pages and, under `/api/v1`, the management API.
pub fn console_listener(state: ControlState) -> Router {
    let settings = state.settings.clone();
    let router = console::router(state.clone()).merge(api::router(state));
    // Before the route is chosen.
    let strip = move |request: Request| console::strip_base_path(&settings, request);
    Router::new().fallback_service(MapRequest::new(router, strip))
}
