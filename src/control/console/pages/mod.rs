//! The pages, one file a group. A group has its routes, its lines of the menu, its templates and its texts.

mod access;
mod access_conditions;
mod access_request_summary;
mod access_requests;
mod accounts;
mod api_docs;
mod audit;
mod credentials;
mod demo_mailbox;
mod demo_sign_in;
mod error_help;
mod error_index;
mod files;
mod member_keys;
mod message_failures;
mod operator_token_confirm;
mod operator_token_urls;
mod operator_tokens;
mod overview;
mod own_key;
mod page_urls;
mod profile;
mod publishers;
pub(super) mod reveal;
mod setup_link;
mod shell_quoting;
mod sign_in;
mod status;
mod url_params;
mod users;
mod webhooks;

use axum::Router;

use super::menu::Entry;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[&[Entry]] = &[
    overview::MENU,
    access::MENU,
    access_requests::MENU,
    accounts::MENU,
    credentials::MENU,
    files::MENU,
    own_key::MENU,
    member_keys::MENU,
    webhooks::MENU,
    users::MENU,
    operator_tokens::MENU,
    audit::MENU,
    publishers::MENU,
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
        .merge(setup_link::routes())
        .merge(reveal_routes(state))
        .merge(profile::routes())
        .merge(overview::routes())
        .merge(access::routes())
        .merge(access_requests::routes())
        .merge(accounts::routes())
        .merge(credentials::routes())
        .merge(files::routes())
        .merge(own_key::routes())
        .merge(member_keys::routes())
        .merge(webhooks::routes())
        .merge(users::routes())
        .merge(operator_tokens::routes())
        .merge(operator_token_confirm::routes())
        .merge(audit::routes())
        .merge(publishers::routes())
        .merge(status::routes())
        .merge(error_index::routes())
        .merge(api_docs::routes())
        .merge(demo_sign_in::routes(state))
        .merge(demo_mailbox::routes(state))
}
