//! Credentials of an account, which pages call API accounts.

mod access_losses;
mod confirm;
mod create;
mod delivery_choice;
mod delivery_status;
mod description;
mod detail;
mod display_names;
mod duplicate;
mod edit;
mod field_texts;
mod filter;
mod guard;
mod list;
mod paths;
mod reset;
mod restrictions;
mod secret;
mod upgrade;

use axum::Router;
use axum::routing::{get, post};

pub(super) use self::display_names::{people, title};
pub(super) use self::guard::MENU;
pub(super) use self::secret::example;
use crate::control::web::state::ControlState;

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/credentials", get(list::list))
        .route("/credentials/new", get(create::form).post(create::create_one))
        .route("/credentials/{id}", get(detail::detail))
        .route("/credentials/{id}/active", post(detail::set_active))
        .route("/credentials/{id}/end-overlap", post(detail::end_overlap_now))
        .route("/credentials/{id}/send-again", post(delivery_status::send_again_now))
        .route("/credentials/{id}/text-again", post(delivery_status::text_again_now))
        .route("/credentials/{id}/void", get(delivery_status::ask_void).post(delivery_status::void))
        .route("/credentials/{id}/edit", get(edit::form).post(edit::edit_one))
        .route("/credentials/{id}/reset", get(reset::form).post(reset::reset_one))
        .route("/credentials/{id}/duplicate", get(duplicate::form).post(duplicate::duplicate_one))
        .route("/credentials/{id}/upgrade", get(upgrade::form).post(upgrade::upgrade_one))
        .merge(confirm::routes())
}
