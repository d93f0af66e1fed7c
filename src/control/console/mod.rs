//! The pages of the console: read requests, call operations, write HTML. The rules are in the operations. How a page is
//! added: `docs/develop/console.md`.

mod assets;
mod base_path;
mod confirmation;
mod error_pages;
mod flash_message;
mod form_field;
mod form_idempotency;
mod form_state;
mod markup;
mod menu;
mod middleware;
mod page;
mod page_callers;
mod pages;
mod posted_form;
mod time;
mod view;
mod wording;

use axum::Router;
use axum::middleware::from_fn_with_state;

use self::middleware::MiddlewareState;
use super::web::problem::{Code, Problem};
use super::web::state::ControlState;

use crate::control::Sentence;

pub(super) use self::base_path::{strip as strip_base_path, strip_for_reveal};

/// The page of links to secrets alone.
pub(super) fn reveal_router(state: ControlState) -> Router {
    let middleware = from_fn_with_state(MiddlewareState::new(state.clone()), middleware::handle);
    pages::reveal::routes()
        .method_not_allowed_fallback(async || Problem::english(Code::MethodNotAllowed, "see the header Allow"))
        .fallback(async || Problem::new(Code::NotFound, Sentence::PathUnknown))
        .layer(middleware)
        .with_state(state.clone())
        .merge(assets::routes().with_state(state))
}

/// Every page, and the answer to every path that is none.
pub(super) fn router(state: ControlState) -> Router {
    let middleware = from_fn_with_state(MiddlewareState::new(state.clone()), middleware::handle);
    pages::routes(&state)
        .method_not_allowed_fallback(async || Problem::english(Code::MethodNotAllowed, "see the header Allow"))
        .fallback(async || Problem::new(Code::NotFound, Sentence::PathUnknown))
        .layer(middleware)
        .with_state(state.clone())
        .merge(assets::routes().with_state(state))
}
