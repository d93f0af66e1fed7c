//! The pages, one file a group. A group has its routes, its lines of the menu, its templates and its texts.

mod access;
mod accounts;
mod addresses;
mod api_docs;
mod audit;
mod credentials;
mod demo;
mod error_help;
mod error_index;
mod files;
mod mailbox;
mod management;
mod message_failures;
mod missing;
mod overview;
mod own_key;
mod places;
mod profile;
mod request_facts;
mod requests;
pub(super) mod reveal;
mod setup;
mod sign_in;
mod status;
mod token_addresses;
mod token_confirm;
mod tokens;
mod users;

use axum::Router;

use super::menu::Entry;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[&[Entry]] = &[
    overview::MENU,
    access::MENU,
    requests::MENU,
    accounts::MENU,
    credentials::MENU,
    files::MENU,
    own_key::MENU,
    management::MENU,
    users::MENU,
    tokens::MENU,
    audit::MENU,
    status::MENU,
];

/// On the console, unless it has a listener of its own.
fn reveal_routes(state: &ControlState) -> Router<ControlState> {
    match state.settings.load().delivery.reveal_listen {
        Some(_) => Router::new(),
        None => reveal::routes(),
    }
}

pub(super) fn routes(state: &ControlState) -> Router<ControlState> {
    Router::new()
        .merge(sign_in::routes())
        .merge(setup::routes())
        .merge(reveal_routes(state))
        .merge(profile::routes())
        .merge(overview::routes())
        .merge(access::routes())
        .merge(requests::routes())
        .merge(accounts::routes())
        .merge(credentials::routes())
        .merge(files::routes())
        .merge(own_key::routes())
        .merge(management::routes())
        .merge(users::routes())
        .merge(tokens::routes())
        .merge(token_confirm::routes())
        .merge(audit::routes())
        .merge(status::routes())
        .merge(error_index::routes())
        .merge(api_docs::routes())
        .merge(demo::routes(state))
        .merge(mailbox::routes(state))
}
