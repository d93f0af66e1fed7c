use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::control::Sentence;

/// A condition of using the API, or the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepCode {
    /// The user is enabled.
    UserEnabled,
    /// Signing in at this process with the user's right password is refused from no address because of earlier wrong
    /// ones.
    SignInNotThrottled,
    /// The provider has granted API access to the account.
    AccessGranted,
    /// The account has switched its API access on.
    AccessSwitchedOn,
    /// The user's role may use the API.
    RoleAllows,
    /// A credential exists.
    CredentialCreated,
    /// It is enabled.
    CredentialEnabled,
    /// It has a secret.
    CredentialHasSecret,
    /// It has not expired.
    CredentialInDate,
    /// Its version is configured and in service.
    CredentialVersionServed,
    /// Its scopes are configured.
    CredentialScopesKnown,
    /// Its secret was revealed, where it was delivered by a link.
    CredentialHandedOver,
    /// The gate in this process refuses its right password from no address because of earlier wrong ones.
    CredentialNotThrottled,
}

/// A condition, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    pub code: StepCode,
    pub ok: bool,
    /// For people: the state, and who can change it where the condition does not hold.
    #[schema(value_type = String)]
    pub detail: Sentence,
    /// The id of the credential that the condition is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub credential: Option<String>,
}

/// `detail` is for callers of the management API: pages say the condition in words of their own.
pub(super) fn step(code: StepCode, ok: bool, detail: impl Into<Cow<'static, str>>) -> Step {
    explained(code, ok, Sentence::english(detail))
}

/// The same for a detail that pages show too.
pub(super) fn explained(code: StepCode, ok: bool, detail: Sentence) -> Step {
    Step { code, ok, detail, credential: None }
}

impl StepCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserEnabled => "user_enabled",
            Self::SignInNotThrottled => "sign_in_not_throttled",
            Self::AccessGranted => "access_granted",
            Self::AccessSwitchedOn => "access_switched_on",
            Self::RoleAllows => "role_allows",
            Self::CredentialCreated => "credential_created",
            Self::CredentialHasSecret => "credential_has_secret",
            Self::CredentialEnabled => "credential_enabled",
            Self::CredentialInDate => "credential_in_date",
            Self::CredentialVersionServed => "credential_version_served",
            Self::CredentialScopesKnown => "credential_scopes_known",
            Self::CredentialHandedOver => "credential_handed_over",
            Self::CredentialNotThrottled => "credential_not_throttled",
        }
    }
}
