//! The first page after signing in.

use askama::Template;
use axum::Router;
use axum::routing::get;

use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::visit::Visit;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[Entry] =
    &[Entry { section: Section::Api, place: 0, label: "overview-title", path: "/", is_visible: |_| true, count: None }];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route("/", get(overview))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'p> {
    v: &'p Visit,
    /// A message.
    access: &'static str,
}

async fn overview(visit: Visit) -> Answer {
    let access = match &visit.standing.account {
        None => "overview-staff",
        Some(account) if !account.granted => "overview-not-granted",
        Some(account) if !account.switched_on => "overview-off",
        Some(_) => "overview-on",
    };
    visit.show(Page::new(visit.t("overview-title"), &Overview { v: &visit, access })?)
}
