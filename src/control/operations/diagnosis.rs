//! Why a user cannot use the API: each condition, and whether it holds.

use serde::Serialize;
use utoipa::ToSchema;

use super::{NotFound, OperationContext, OperationError, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccountRecord, Role, UserCredentialCounts, UserRecord};

/// A condition of using the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepCode {
    /// The user is enabled.
    UserEnabled,
    /// The provider has granted API access to the account.
    AccessGranted,
    /// The account has switched its API access on.
    AccessSwitchedOn,
    /// The user's role may use the API.
    RoleAllows,
    /// A credential exists.
    CredentialCreated,
    /// A credential is enabled.
    CredentialEnabled,
    /// An enabled credential has not expired.
    CredentialInDate,
    /// The secret of such a credential was revealed.
    CredentialHandedOver,
}

/// A condition, and whether it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    pub code: StepCode,
    pub ok: bool,
    /// For people: the state, and who can change it where the condition does not hold.
    pub detail: &'static str,
}

/// Checks the conditions of using the API for a user, in the order in which to meet them. The credentials of owners and
/// implementers are those of the account and their own key; of members, their own key. Staff do not use the API.
///
/// # Errors
/// [`NotFound`] for a user that the caller may not read, too. Users may diagnose themselves.
pub async fn diagnose(call: &OperationContext<'_>, user: &str) -> Result<Vec<Step>, OperationError> {
    let is_own = call.caller.user.as_ref().is_some_and(|own| own.as_str() == user);
    let reach = call.reach(if is_own { Right::SeeAccount } else { Right::ManageUsers })?;
    let not_found = Refusal::from(NotFound("user"));
    let user: Label = user.parse().map_err(|_| not_found.clone())?;
    let user = user.as_str();
    let found = call.store.user(user).await?.ok_or(not_found.clone())?;
    let Some(account) = &found.account else {
        if reach.only().is_some() {
            return Err(not_found.into());
        }
        return Ok(vec![step(StepCode::UserEnabled, found.enabled), step(StepCode::RoleAllows, false)]);
    };
    reach.check(account).map_err(|_| not_found.clone())?;
    let record = call.store.account(account.as_str()).await?.ok_or(not_found)?;
    let shared = Some(account).filter(|_| found.role != Role::Member);
    let credentials = call.store.user_credential_counts(user, shared, call.now).await?;
    Ok(steps(&found, &record, credentials))
}

fn steps(user: &UserRecord, account: &AccountRecord, credentials: UserCredentialCounts) -> Vec<Step> {
    let may = match user.role {
        Role::Staff => false,
        Role::Owner | Role::Implementer => true,
        Role::Member => account.members_allowed,
    };
    vec![
        step(StepCode::UserEnabled, user.enabled),
        step(StepCode::AccessGranted, account.granted),
        step(StepCode::AccessSwitchedOn, account.switched_on),
        step(StepCode::RoleAllows, may),
        step(StepCode::CredentialCreated, credentials.created > 0),
        step(StepCode::CredentialEnabled, credentials.enabled > 0),
        step(StepCode::CredentialInDate, credentials.in_date > 0),
        step(StepCode::CredentialHandedOver, credentials.handed_over > 0),
    ]
}

fn step(code: StepCode, ok: bool) -> Step {
    let (fine, missing) = code.texts();
    Step { code, ok, detail: if ok { fine } else { missing } }
}

impl StepCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserEnabled => "user_enabled",
            Self::AccessGranted => "access_granted",
            Self::AccessSwitchedOn => "access_switched_on",
            Self::RoleAllows => "role_allows",
            Self::CredentialCreated => "credential_created",
            Self::CredentialEnabled => "credential_enabled",
            Self::CredentialInDate => "credential_in_date",
            Self::CredentialHandedOver => "credential_handed_over",
        }
    }

    /// Details: where the condition holds, and where it does not.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::UserEnabled => (
                "The user is enabled.",
                "The user is disabled. An owner of the account, or the provider, can enable them.",
            ),
            Self::AccessGranted => (
                "The provider has granted API access to the account.",
                "API access has not been granted to the account. An owner can ask the provider for it.",
            ),
            Self::AccessSwitchedOn => (
                "The account has API access switched on.",
                "The account has API access switched off. An owner or an implementer can switch it on.",
            ),
            Self::RoleAllows => (
                "The user's role may use the API.",
                "The user's role may not use the API. The account decides whether its members may have keys of their \
                 own; staff have none.",
            ),
            Self::CredentialCreated => (
                "A credential exists.",
                "No credential exists. Members create their own key; others create a credential for the account.",
            ),
            Self::CredentialEnabled => (
                "A credential is enabled.",
                "No credential is enabled. An owner or an implementer of the account can enable one.",
            ),
            Self::CredentialInDate => (
                "An enabled credential has not expired.",
                "Every enabled credential has expired. An owner or an implementer of the account can extend one, or \
                 create another.",
            ),
            Self::CredentialHandedOver => (
                "The secret of a valid credential was revealed.",
                "The secret of no valid credential was revealed: the links that were sent have not been opened. They \
                 can be sent again.",
            ),
        }
    }
}
