//! Why a user, or a credential, cannot use the API. Conditions that depend on one that does not hold are left out, so
//! that one cause shows as one failed condition.

use serde::Serialize;
use utoipa::ToSchema;

use super::{NotFound, OperationContext, OperationError, Refusal, Right, show_credential};
use crate::credential::Label;
use crate::store::{AccountRecord, CredentialFilter, CredentialRecord, Delivery, Role, UserRecord};

/// Credentials of a user, newest first, that a diagnosis reads.
const MAX_CREDENTIALS: u32 = 100;

/// A condition of using the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
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
    /// It has a secret.
    CredentialHasSecret,
    /// It is enabled.
    CredentialEnabled,
    /// It has not expired.
    CredentialInDate,
    /// Its version is configured and in service.
    CredentialVersionServed,
    /// Its scopes are configured.
    CredentialScopesKnown,
    /// Its secret was revealed, where it was delivered by a link.
    CredentialHandedOver,
}

/// A condition, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    pub code: StepCode,
    pub ok: bool,
    /// For people: the state, and who can change it where the condition does not hold.
    pub detail: String,
    /// The id of the credential that the condition is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub credential: Option<String>,
}

/// Checks the conditions of using the API for a user, in the order in which to meet them. The credentials of owners and
/// implementers are those of the account and their own key; of members, their own key. Of several credentials it reports
/// the one that meets most conditions. Staff do not use the API.
///
/// # Errors
/// [`NotFound`] for a user that the caller may not read, too. Users may diagnose themselves.
pub async fn diagnose(call: &OperationContext<'_>, user: &str) -> Result<Vec<Step>, OperationError> {
    let is_own = call.caller.user.as_ref().is_some_and(|own| own.as_str() == user);
    let reach = call.reach(if is_own { Right::SeeAccount } else { Right::ManageUsers })?;
    let not_found = Refusal::from(NotFound("user"));
    let user: Label = user.parse().map_err(|_| not_found.clone())?;
    let user = call.store.user(user.as_str()).await?.ok_or(not_found.clone())?;
    let Some(account) = &user.account else {
        if reach.only().is_some() {
            return Err(not_found.into());
        }
        return Ok(vec![user_enabled(&user), role_allows(&user, false)]);
    };
    reach.check(account).map_err(|_| not_found.clone())?;
    let account = call.store.account(account.as_str()).await?.ok_or(not_found)?;
    let mut steps = vec![user_enabled(&user)];
    steps.extend(account_steps(&account));
    steps.push(role_allows(&user, may_use_api(&user, &account)));

    let of_user = |owner, account| CredentialFilter { owner, account, ..CredentialFilter::default() };
    let own = of_user(Some(user.id.clone()), None);
    let mut credentials = call.store.list_credentials(&own, None, MAX_CREDENTIALS, call.now).await?.records;
    if user.role != Role::Member {
        let shared = of_user(None, Some(account.id.clone()));
        let shared = call.store.list_credentials(&shared, None, MAX_CREDENTIALS, call.now).await?;
        credentials.extend(shared.records.into_iter().filter(|record| record.owner.is_none()));
    }
    let mut best: Option<Vec<Step>> = None;
    for record in &credentials {
        let steps = credential_steps(call, record).await?;
        let is_good = steps.iter().all(|step| step.ok);
        if is_good || best.as_ref().is_none_or(|best| last_code(best) < last_code(&steps)) {
            best = Some(steps);
        }
        if is_good {
            break;
        }
    }
    let created = best.is_some();
    let detail = if created {
        "A credential exists."
    } else {
        "No credential exists. Members create their own key; others create a credential for the account."
    };
    steps.push(step(StepCode::CredentialCreated, created, detail));
    steps.extend(best.unwrap_or_default());
    Ok(steps)
}

/// Checks the conditions for one credential: its account, the user of an own key, and the credential itself.
///
/// # Errors
/// [`NotFound`] for a credential that the caller may not read, too.
pub async fn diagnose_credential(call: &OperationContext<'_>, id: &str) -> Result<Vec<Step>, OperationError> {
    let record = show_credential(call, id).await?;
    let not_found = || Refusal::from(NotFound("credential"));
    let account = call.store.account(record.account.as_str()).await?.ok_or_else(not_found)?;
    let mut steps = Vec::from(account_steps(&account));
    if let Some(owner) = &record.owner {
        let user = call.store.user(owner.as_str()).await?.ok_or_else(not_found)?;
        steps.push(user_enabled(&user));
        steps.push(role_allows(&user, may_use_api(&user, &account)));
    }
    steps.extend(credential_steps(call, &record).await?);
    Ok(steps)
}

/// Up to the first condition that does not hold: what comes after it depends on it.
async fn credential_steps(call: &OperationContext<'_>, record: &CredentialRecord) -> Result<Vec<Step>, OperationError> {
    let mut steps = Vec::new();
    for check in [has_secret, is_enabled, is_in_date, is_version_served, are_scopes_known] {
        let step = Step { credential: Some(record.id.to_string()), ..check(call, record) };
        let ok = step.ok;
        steps.push(step);
        if !ok {
            return Ok(steps);
        }
    }
    let is_delivered = record.handed_over_at.is_some();
    let delivery = call.store.delivery(record.id.as_str(), record.secret_made_at).await?;
    let (ok, detail) = match delivery {
        Some(Delivery::Waiting) if !is_delivered => (
            false,
            format!("The link to the secret of {} was sent and has not been opened. It can be sent again.", record.id),
        ),
        Some(Delivery::Waiting | Delivery::Revealed) => {
            (true, format!("The secret of {} was revealed to its recipient.", record.id))
        }
        None => return Ok(steps),
    };
    let step = step(StepCode::CredentialHandedOver, ok, detail);
    steps.push(Step { credential: Some(record.id.to_string()), ..step });
    Ok(steps)
}

fn account_steps(account: &AccountRecord) -> [Step; 2] {
    let granted = if account.granted {
        "The provider has granted API access to the account."
    } else {
        "API access has not been granted to the account. An owner can ask the provider for it."
    };
    let switched_on = if account.switched_on {
        "The account has API access switched on."
    } else {
        "The account has API access switched off. An owner or an implementer can switch it on."
    };
    [
        step(StepCode::AccessGranted, account.granted, granted),
        step(StepCode::AccessSwitchedOn, account.switched_on, switched_on),
    ]
}

fn user_enabled(user: &UserRecord) -> Step {
    let detail = if user.enabled {
        "The user is enabled."
    } else {
        "The user is disabled. An owner of the account, or the provider, can enable them."
    };
    step(StepCode::UserEnabled, user.enabled, detail)
}

fn may_use_api(user: &UserRecord, account: &AccountRecord) -> bool {
    match user.role {
        Role::Staff => false,
        Role::Owner | Role::Implementer => true,
        Role::Member => account.members_allowed,
    }
}

fn role_allows(user: &UserRecord, ok: bool) -> Step {
    let detail = match (ok, user.role) {
        (true, _) => "The user's role may use the API.",
        (false, Role::Staff) => "Staff do not use the API.",
        (false, _) => {
            "The account does not let its members have keys of their own. An owner or an implementer can allow it."
        }
    };
    step(StepCode::RoleAllows, ok, detail)
}

fn has_secret(_: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let ok = !record.secret.is_cleared();
    let detail = match (ok, &record.owner) {
        (true, _) => format!("{} has a secret.", record.id),
        (false, None) => {
            format!("{} has no secret. An owner or an implementer of the account can reset it.", record.id)
        }
        (false, Some(_)) => format!("{} has no secret. Its user can enable their key again.", record.id),
    };
    step(StepCode::CredentialHasSecret, ok, detail)
}

fn is_enabled(_: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let detail = if record.enabled {
        format!("{} is enabled.", record.id)
    } else {
        let reason = record.disabled_reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{} is disabled{reason}. An owner or an implementer of the account can enable it.", record.id)
    };
    step(StepCode::CredentialEnabled, record.enabled, detail)
}

fn is_in_date(call: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let (ok, detail) = match record.expires_at {
        None => (true, format!("{} does not expire.", record.id)),
        Some(end) if call.now < end => (true, format!("{} expires at {end}.", record.id)),
        Some(end) => {
            (false, format!("{} expired at {end}. An owner or an implementer of the account can extend it.", record.id))
        }
    };
    step(StepCode::CredentialInDate, ok, detail)
}

fn is_version_served(call: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let versions = call.terms.catalogs.versions;
    let (id, upgrade) = (&record.id, "An owner or an implementer of the account can upgrade it.");
    let configured = |name: &Label| versions.known.iter().find(|version| version.name == *name);
    let (ok, detail) = match &record.version {
        _ if versions.known.is_empty() => (true, "The settings name no versions.".to_owned()),
        None => (false, format!("{id} has no version, and the gate requires one. {upgrade}")),
        Some(name) => match configured(name) {
            None => (false, format!("{id} is pinned to version {name}, which is not configured. {upgrade}")),
            Some(version) if version.is_retired(call.now) => {
                (false, format!("{id} is pinned to version {name}, which is retired. {upgrade}"))
            }
            Some(_) => (true, format!("{id} is pinned to version {name}.")),
        },
    };
    step(StepCode::CredentialVersionServed, ok, detail)
}

fn are_scopes_known(call: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let known = call.terms.catalogs.scopes;
    let (id, edit) = (&record.id, "An owner or an implementer of the account can edit them.");
    let (ok, detail) = match record.scopes.as_deref() {
        None => (true, format!("{id} is not limited to scopes.")),
        Some([]) => (false, format!("{id} has an empty list of scopes, which permits nothing. {edit}")),
        Some(scopes) => {
            let unknown: Vec<&str> = scopes.iter().map(Label::as_str).filter(|scope| !known.contains(scope)).collect();
            if unknown.is_empty() {
                (true, format!("The scopes of {id} are configured."))
            } else {
                (false, format!("{id} has scopes that are not configured: {}. {edit}", unknown.join(", ")))
            }
        }
    };
    step(StepCode::CredentialScopesKnown, ok, detail)
}

fn last_code(steps: &[Step]) -> Option<StepCode> {
    steps.last().map(|step| step.code)
}

fn step(code: StepCode, ok: bool, detail: impl Into<String>) -> Step {
    Step { code, ok, detail: detail.into(), credential: None }
}

impl StepCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserEnabled => "user_enabled",
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
        }
    }
}
