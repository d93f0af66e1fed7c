//! Who asks, and what they may do.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::role::RoleName;
use crate::control::api::call::ApiCall;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{Caller, Right};
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
    rights: Vec<RightName>,
    /// Where it is told how the API behind is used.
    docs_url: Option<String>,
}

/// A kind of thing that can be done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Right)]
enum RightName {
    /// Ask for API access for the account, and withdraw that.
    AskForAccess,
    /// Decide about requests, create accounts, grant access and withdraw it.
    GrantAccess,
    /// Switch the API access of the account, and say whether its members have keys of their own.
    SwitchAccess,
    /// Everything about the credentials of the account.
    ManageCredentials,
    /// A key of one's own. A member's depends on the account's policy, too.
    OwnKey,
    /// The users of the account, their roles, and tokens for its scripts.
    ManageUsers,
    /// What has been done in the account.
    ReadAudit,
    /// How the account stands.
    SeeAccount,
}

impl Me {
    /// Of this caller.
    pub(in crate::control::api) fn new(caller: &Caller, live: &LiveSettings) -> Self {
        let role = RoleName::from(caller.role);
        Self {
            kind: caller.actor.kind.as_str(),
            id: caller.actor.id.clone(),
            role,
            role_label: role.label(&live.console.roles),
            account: caller.account.as_ref().map(Label::to_string),
            rights: Right::ALL.into_iter().filter(|right| caller.may(*right)).map(RightName::from).collect(),
            docs_url: live.console.docs_url.as_ref().map(|url| url.0.to_string()),
        }
    }
}

/// Who you are.
#[utoipa::path(get, path = "/me", tag = "session", responses((status = 200, body = Me)))]
async fn me(asked: ApiCall) -> Result<Answer<Me>, Problem> {
    Ok(Answer::ok(Me::new(asked.caller(), asked.live())))
}

impl From<Right> for RightName {
    fn from(right: Right) -> Self {
        match right {
            Right::AskForAccess => Self::AskForAccess,
            Right::GrantAccess => Self::GrantAccess,
            Right::SwitchAccess => Self::SwitchAccess,
            Right::ManageCredentials => Self::ManageCredentials,
            Right::OwnKey => Self::OwnKey,
            Right::ManageUsers => Self::ManageUsers,
            Right::ReadAudit => Self::ReadAudit,
            Right::SeeAccount => Self::SeeAccount,
        }
    }
}
