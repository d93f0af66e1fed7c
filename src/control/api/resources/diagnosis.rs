//! "Why do I not see it?", over HTTP.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::control::api::call::ApiCall;
use crate::control::api::extract::Id;
use crate::control::api::problem::Problem;
use crate::control::api::response::Answer;
use crate::control::operations::{DiagnoseError, NotFound, Step, StepCode, diagnose};
use crate::control::web::state::ControlState;
use crate::credential::Label;

pub(in crate::control::api) fn routes() -> OpenApiRouter<ControlState> {
    OpenApiRouter::new().routes(routes!(diagnose_user))
}

/// What has to be so before a user can use the API.
#[derive(Serialize, ToSchema)]
struct Diagnosis {
    /// In the order in which to see to them.
    steps: Vec<StepBody>,
}

/// One of these things, and how it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
struct StepBody {
    /// What.
    code: StepName,
    /// It is so.
    ok: bool,
    /// For people: how it is, and who can help.
    detail: &'static str,
}

/// What has to be so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepCode)]
enum StepName {
    /// The user is switched on.
    UserEnabled,
    /// The provider lets the account use the API.
    AccessGranted,
    /// The account lets itself.
    AccessSwitchedOn,
    /// The user's role may.
    RoleAllows,
    /// There is a credential.
    CredentialCreated,
    /// It is switched on.
    CredentialEnabled,
    /// It has not expired.
    CredentialInDate,
    /// Somebody has seen its secret.
    CredentialHandedOver,
}

/// Says of a user what of all that is needed to use the API is there.
#[utoipa::path(
    get, path = "/users/{id}/diagnosis", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = Diagnosis))
)]
async fn diagnose_user(asked: ApiCall, Id(id): Id) -> Result<Answer<Diagnosis>, Problem> {
    let id: Label = id.parse().map_err(|_| NotFound("user"))?;
    let steps = diagnose(&asked.call(), id.as_str()).await?;
    Ok(Answer::ok(Diagnosis { steps: steps.iter().map(StepBody::from).collect() }))
}

impl From<&Step> for StepBody {
    fn from(step: &Step) -> Self {
        let code = match step.code {
            StepCode::UserEnabled => StepName::UserEnabled,
            StepCode::AccessGranted => StepName::AccessGranted,
            StepCode::AccessSwitchedOn => StepName::AccessSwitchedOn,
            StepCode::RoleAllows => StepName::RoleAllows,
            StepCode::CredentialCreated => StepName::CredentialCreated,
            StepCode::CredentialEnabled => StepName::CredentialEnabled,
            StepCode::CredentialInDate => StepName::CredentialInDate,
            StepCode::CredentialHandedOver => StepName::CredentialHandedOver,
        };
        Self { code, ok: step.ok, detail: step.detail }
    }
}

impl From<DiagnoseError> for Problem {
    fn from(error: DiagnoseError) -> Self {
        match error {
            DiagnoseError::Refused(refusal) => refusal.into(),
            DiagnoseError::Store(error) => error.into(),
        }
    }
}
