//! Users of an account, for its owners; of all accounts, for staff.

mod confirm;
mod create;
mod detail;
mod list;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};

use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::operations::{NewSetupLink, Right};
use crate::control::web::state::ControlState;
use crate::store::{Role, UserRecord};

const LIST: &str = "/users";

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Account,
    place: 40,
    label: "users-title",
    path: LIST,
    is_visible: |standing| standing.may(Right::ManageUsers),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/users", get(list::list))
        .route("/users/new", get(create::form).post(create::create))
        .route("/users/{id}", get(detail::show).post(detail::edit))
        .route("/users/{id}/disable", get(confirm::ask_to_disable).post(confirm::disable))
        .route("/users/{id}/enable", post(detail::enable))
        .route("/users/{id}/end-sessions", get(confirm::ask_to_end_sessions).post(confirm::end_sessions))
        .route("/users/{id}/setup-link", get(confirm::ask_for_link).post(confirm::create_link))
}

/// A set-up link, once.
#[derive(Template)]
#[template(path = "user_link.html")]
struct LinkPage<'p> {
    v: &'p Visit,
    email: &'p str,
    url: String,
    /// The address of the console is not configured: `url` begins with its path.
    is_relative: bool,
    link: &'p NewSetupLink,
    next: String,
}

/// What stands as a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    /// Has no password yet.
    Invited,
    Disabled,
}

impl State {
    fn of(user: &UserRecord) -> Self {
        match user {
            _ if !user.enabled => Self::Disabled,
            _ if user.password_hash.is_none() => Self::Invited,
            _ => Self::Active,
        }
    }
}

/// Answers the POST that created the link. `next` is the page to go on to.
fn reveal(visit: &Visit, email: &str, link: &NewSetupLink, next: String) -> Answer {
    let ticket = link.ticket.reveal();
    let absolute = visit.settings.setup_url(ticket);
    let body = LinkPage {
        v: visit,
        email,
        is_relative: absolute.is_none(),
        url: absolute.unwrap_or_else(|| visit.url(&format!("/setup/{ticket}"))),
        link,
        next: visit.url(&next),
    };
    visit.show(Page::new(visit.t("users-link-title"), &body)?.secret(next))
}

/// A message: what a role is for.
pub(super) fn role_lead(role: Role) -> &'static str {
    match role {
        Role::Staff => "users-role-staff",
        Role::Owner => "users-role-owner",
        Role::Implementer => "users-role-implementer",
        Role::Member => "users-role-member",
    }
}

/// The roles that this person may give. A user stays with the staff or outside.
fn roles(visit: &Visit, of: Option<&UserRecord>) -> Vec<Role> {
    let all = [Role::Owner, Role::Implementer, Role::Member, Role::Staff];
    let is_fit = |role: &Role| match of {
        Some(user) => (user.role == Role::Staff) == (*role == Role::Staff),
        None => *role != Role::Staff || visit.standing.is_staff(),
    };
    all.into_iter().filter(is_fit).collect()
}
