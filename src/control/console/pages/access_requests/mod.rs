//! The queue of access requests, and each of them.

mod decide;
mod detail;
mod list;

pub(super) use self::list::names;

use axum::Router;
use axum::routing::{get, post};

use crate::control::console::menu::{Entry, Section};
use crate::control::operations::Right;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Provider,
    place: 10,
    label: "requests-title",
    path: "/requests",
    is_visible: |standing| standing.may(Right::GrantAccess),
    count: Some(|standing| standing.waiting_requests),
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/requests", get(list::list))
        .route("/requests/decide", post(decide::many))
        .route("/requests/{id}", get(detail::detail))
        .route("/requests/{id}/approve", post(decide::approve))
        .route("/requests/{id}/decline", post(decide::decline))
}
