//! Publishers: tokens with which the API behind posts its events. For staff.

mod confirm;
mod create;
mod example;
mod list;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::{get, post};

use crate::control::console::menu::{Entry, Section};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::{page_of, with_query};
use crate::control::operations::{NotFound, Right};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::credential::Label;

const LIST: &str = "/publishers";

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Provider,
    place: 30,
    label: "publishers-title",
    path: LIST,
    is_visible: |standing| standing.has_webhooks && standing.may(Right::ManagePublishers),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/publishers", get(list::list))
        .route("/publishers/new", get(create::form).post(create::create_one))
        .route("/publishers/{id}/disable", get(confirm::ask_to_disable).post(confirm::disable))
        .route("/publishers/{id}/enable", post(list::enable))
        .route("/publishers/{id}/delete", get(confirm::ask_to_delete).post(confirm::delete))
}

/// The page that asks before it disables this publisher.
fn disable_page(id: &Label) -> String {
    format!("{}/disable", page_of(LIST, id))
}

/// The page that asks before it deletes this publisher.
fn delete_page(id: &Label) -> String {
    format!("{}/delete", page_of(LIST, id))
}

/// A page of the list.
fn list_page(cursor: &str) -> String {
    with_query(LIST, &[("cursor", cursor)])
}

/// A person who manages publishers. Handlers extract this first: it answers for all others.
struct Manager(Visit);

impl FromRequestParts<ControlState> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ControlState) -> Result<Self, Problem> {
        let visit = Visit::from_request_parts(parts, state).await?;
        if !visit.standing.has_webhooks {
            return Err(NotFound("page").into());
        }
        visit.require(Right::ManagePublishers)?;
        Ok(Self(visit))
    }
}
