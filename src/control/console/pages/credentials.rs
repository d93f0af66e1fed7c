//! Credentials of an account.

use axum::Router;

use crate::control::console::menu::Entry;
use crate::control::web::state::ControlState;

pub(super) const MENU: &[Entry] = &[];

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
}
