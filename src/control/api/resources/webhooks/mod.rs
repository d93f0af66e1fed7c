//! Webhooks of credentials.

pub(super) mod body;
mod deliveries;
mod manage;
mod secret;

use utoipa_axum::router::OpenApiRouter;

use crate::control::web::state::ControlState;

const TAG: &str = "webhooks";

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().merge(manage::routes()).merge(secret::routes()).merge(deliveries::routes())
}
