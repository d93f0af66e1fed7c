//! Webhooks: where events of the account are sent.

mod create;
mod credential_choice;
mod credential_section;
mod delete;
mod deliveries;
mod delivery;
mod detail;
mod edit;
mod event_choice;
mod failure_alerts;
mod guard;
mod list;
mod pause;
mod pause_button;
mod replay;
mod secret;
mod state_badge;
mod stop_count;
mod test_event;
mod visible_url;

use axum::Router;
use axum::routing::{get, post};

pub(super) use self::credential_section::{Part as WebhooksPart, WebhooksOfCredential, stopping};
pub(super) use self::failure_alerts::Alerts;
pub(super) use self::guard::MENU;
pub(super) use self::state_badge::state_message;
pub(super) use self::stop_count::{stopping_of_account, stopping_of_credentials, stopping_of_user};
use crate::control::web::state::ControlState;

const LIST: &str = "/webhooks";

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/webhooks", get(list::list))
        .route("/webhooks/new", get(create::form).post(create::create_one))
        .route("/webhooks/{id}", get(detail::detail))
        .route("/webhooks/{id}/pause", post(pause::pause))
        .route("/webhooks/{id}/play", post(pause::play))
        .route("/webhooks/{id}/test", post(test_event::send))
        .route("/webhooks/{id}/edit", get(edit::form).post(edit::edit_one))
        .route("/webhooks/{id}/secret", get(secret::ask).post(secret::renew))
        .route("/webhooks/{id}/end-overlap", post(secret::end_overlap))
        .route("/webhooks/{id}/replay", get(replay::form).post(replay::replay))
        .route("/webhooks/{id}/stop-replay", post(replay::stop))
        .route("/webhooks/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/webhooks/{id}/deliveries/{delivery}", get(delivery::detail))
        .route("/webhooks/{id}/deliveries/{delivery}/replay", post(delivery::replay))
}
