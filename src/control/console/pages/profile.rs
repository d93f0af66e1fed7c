//! The person who is signed in: password and sessions.

use axum::Router;

use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
}
