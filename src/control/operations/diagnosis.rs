//! "Why do I not see it?": what has to be so before a user can use the API, and what of it is.

use serde::Serialize;
use utoipa::ToSchema;

use super::{NotFound, OperationContext, Refusal, Right};
use crate::credential::Label;
use crate::store::{AccountRecord, Role, StoreError, UserCredentialCounts, UserRecord};

/// What has to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepCode {
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

/// One of these things, and how it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// What.
    pub code: StepCode,
    /// It is so.
    pub ok: bool,
    /// For people: how it is, and where it is not so, who can help.
    pub detail: &'static str,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum DiagnoseError {
    /// Not to this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says of a user what of all that is needed is there; the first step that is not ok is what to see to first. Of
/// owners and implementers, the credentials are those of the account and their own; of members, their own. Staff use
/// no API. Staff may ask about everybody, owners about the users of their account, and everybody about themselves.
///
/// # Errors
/// When there is no such user that the caller may ask about, or nothing can be read.
pub async fn diagnose(call: &OperationContext<'_>, user: &str) -> Result<Vec<Step>, DiagnoseError> {
    let is_own = call.caller.user.as_ref().is_some_and(|own| own.as_str() == user);
    let reach = call.reach(if is_own { Right::SeeAccount } else { Right::ManageUsers })?;
    let unknown = Refusal::from(NotFound("user"));
    let user: Label = user.parse().map_err(|_| unknown.clone())?;
    let user = user.as_str();
    let standing = call.store.user(user).await?.ok_or(unknown.clone())?;
    let Some(account) = &standing.account else {
        if reach.only().is_some() {
            return Err(unknown.into());
        }
        return Ok(vec![step(StepCode::UserEnabled, standing.enabled), step(StepCode::RoleAllows, false)]);
    };
    reach.of(account).map_err(|_| unknown.clone())?;
    let record = call.store.account(account.as_str()).await?.ok_or(unknown)?;
    let shared = Some(account).filter(|_| standing.role != Role::Member);
    let credentials = call.store.user_credential_counts(user, shared, call.now).await?;
    Ok(steps(&standing, &record, credentials))
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
    /// As it is told.
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

    /// Where it is so, and where it is not.
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
                "The user's role lets them use the API.",
                "The user's role does not let them use the API. Of members, the account decides whether they have keys \
                 of their own; staff use none.",
            ),
            Self::CredentialCreated => (
                "There is a credential.",
                "There is no credential yet. Members make their own key; others create a credential for the account.",
            ),
            Self::CredentialEnabled => (
                "A credential is enabled.",
                "No credential is enabled. Whoever looks after the account's credentials can enable one.",
            ),
            Self::CredentialInDate => (
                "An enabled credential has not expired.",
                "No enabled credential is in date. Whoever looks after the account's credentials can give one more \
                 time, or create another.",
            ),
            Self::CredentialHandedOver => (
                "The secret of a credential that works has been seen.",
                "Nobody has seen the secret yet: of each credential that works, the link that was sent has not been \
                 opened. It can be sent again.",
            ),
        }
    }
}
