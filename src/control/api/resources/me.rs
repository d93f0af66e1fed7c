use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::control::api::call::ApiCall;
use crate::control::api::response::ApiResponse;
use crate::control::api::routes::routes;
use crate::control::operations::{Caller, Right};
use crate::control::views::RoleName;
use crate::control::web::problem::Problem;
use crate::control::web::state::{ControlState, LiveSettings};
use crate::credential::Label;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(me))
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub(in crate::control::api) struct Me {
    /// user, token or shell.
    kind: &'static str,
    id: String,
    role: RoleName,
    /// The configured name of the role.
    role_label: String,
    /// The id of the account; null for staff.
    account: Option<String>,
    rights: Vec<Right>,
    /// The documentation of the API behind the gate.
    docs_url: Option<String>,
}

impl Me {
    pub(in crate::control::api) fn new(caller: &Caller, settings: &LiveSettings) -> Self {
        let role = RoleName::from(caller.role);
        Self {
            kind: caller.actor.kind.as_str(),
            id: caller.actor.id.clone(),
            role,
            role_label: role.label(&settings.console.roles),
            account: caller.account.as_ref().map(Label::to_string),
            rights: Right::ALL.into_iter().filter(|right| caller.may(*right)).collect(),
            docs_url: settings.console.docs_url.as_ref().map(|url| url.0.to_string()),
        }
    }
}

/// Shows the caller of this request.
#[utoipa::path(get, path = "/me", tag = "session", responses((status = 200, body = Me)))]
async fn me(call: ApiCall) -> Result<ApiResponse<Me>, Problem> {
    Ok(ApiResponse::ok(Me::new(call.caller(), call.settings())))
}
