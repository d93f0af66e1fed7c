//! One file a resource: its routes, bodies and handlers.

pub(super) mod access_requests;
pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod credentials;
pub(super) mod diagnosis;
pub(super) mod events;
pub(super) mod form_settings;
pub(super) mod hooks;
pub(super) mod me;
pub(super) mod operator_tokens;
pub(super) mod own_key;
pub(super) mod password;
pub(super) mod publishers;
pub(super) mod session;
pub(super) mod setup_links;
pub(super) mod users;
pub(super) mod webhooks;
