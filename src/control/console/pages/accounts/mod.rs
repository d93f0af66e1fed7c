//! Accounts, for staff.

mod create;
mod detail;
mod grant_access;
mod list;
mod rename;

use axum::Router;
use axum::routing::{get, post};

use crate::control::console::menu::{Entry, Section};
use crate::control::operations::Right;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Provider,
    place: 20,
    label: "accounts-title",
    path: "/accounts",
    is_visible: |standing| standing.may(Right::GrantAccess),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/accounts", get(list::list))
        .route("/accounts/new", get(create::form).post(create::create))
        .route("/accounts/{id}", get(detail::detail))
        .route("/accounts/{id}/rename", get(rename::form).post(rename::rename))
        .route("/accounts/{id}/grant", post(grant_access::grant))
        .route("/accounts/{id}/withdraw", get(grant_access::ask_withdraw).post(grant_access::withdraw))
}
