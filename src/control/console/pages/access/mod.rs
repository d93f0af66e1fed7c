//! API access of an account: what is missing, the request for it, its switches.

mod forms;
mod guard;
mod request_access;
mod show;
mod switches;

use axum::Router;
use axum::routing::{get, post};

use crate::control::web::state::ControlState;

pub(super) use self::guard::MENU;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/access", get(show::access))
        .route("/access/ask", post(request_access::ask))
        .route("/access/requests/{id}/withdraw", post(request_access::withdraw))
        .route("/access/on", post(switches::on))
        .route("/access/off", get(switches::ask_off).post(switches::off))
        .route("/access/members", post(switches::members))
}
