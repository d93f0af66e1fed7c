//! Who asks, and what they may do.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{Caller, Right};
use crate::control::views::RoleName;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::Label;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(me))
}

/// Whoever asks.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct Me {
    /// What kind of caller: user, token or shell.
    kind: &'static str,
    /// Which one.
    id: String,
    /// What they are.
    role: RoleName,
    /// What that is called here.
    role_label: String,
    /// Whose; null for staff.
    account: Option<String>,
    /// What they may do.
    rights: Vec<Right>,
    /// Where it is told how the API behind is used.
    docs_url: Option<String>,
}

impl Me {
    /// Of this caller.
    pub(in crate::control::api) fn new(caller: &Caller, in_force: &LiveSettings) -> Self {
        let role = RoleName::from(caller.role);
        Self {
            kind: caller.actor.kind.as_str(),
            id: caller.actor.id.clone(),
            role,
            role_label: role.label(&in_force.console.roles),
            account: caller.account.as_ref().map(Label::to_string),
            rights: Right::ALL.into_iter().filter(|right| caller.may(*right)).collect(),
            docs_url: in_force.console.docs_url.as_ref().map(|url| url.0.to_string()),
        }
    }
}

/// Who you are.
#[utoipa::path(get, path = "/me", tag = "session", responses((status = 200, body = Me)))]
async fn me(asked: ApiCall) -> Result<Answer<Me>, Problem> {
    Ok(Answer::ok(Me::new(asked.caller(), asked.in_force())))
}
