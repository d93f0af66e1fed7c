//! Why a user, or a credential, cannot use the API. Conditions that depend on one that does not hold are left out, so
//! that one cause shows as one failed condition.

mod credential;
mod step;
mod throttled;

use self::credential::credential_steps;
use self::step::step;
pub use self::step::{Step, StepCode};
use self::throttled::sign_in_not_throttled;
use super::{NotFound, OperationContext, OperationError, OperationRefusal, Right, show_credential};
use crate::credential::Label;
use crate::store::{AccountRecord, CredentialFilter, Role, UserRecord};

/// Credentials of a user, newest first, that a diagnosis reads.
const MAX_CREDENTIALS: u32 = 100;

/// Checks the conditions of using the API for a user, and of signing in, in the order in which to meet them. The
/// credentials of owners and implementers are those of the account and their own key; of members, their own key. Of
/// several credentials it reports the one that meets most conditions, but an own key that was disabled first. Staff do
/// not use the API.
///
/// # Errors
/// [`NotFound`] for a user that the caller may not read, too. Users may diagnose themselves.
pub async fn diagnose(call: &OperationContext<'_>, user: &str) -> Result<Vec<Step>, OperationError> {
    let is_own = call.caller.user.as_ref().is_some_and(|own| own.as_str() == user);
    let reach = call.reach(if is_own { Right::SeeAccount } else { Right::ManageUsers })?;
    let not_found = OperationRefusal::from(NotFound("user"));
    let user: Label = user.parse().map_err(|_| not_found.clone())?;
    let user = call.store.user(user.as_str()).await?.ok_or(not_found.clone())?;
    match &user.account {
        None if reach.only().is_some() => return Err(not_found.into()),
        None => {}
        Some(account) => reach.check(account).map_err(|_| not_found.clone())?,
    }
    let mut steps = vec![user_enabled(&user)];
    steps.extend(sign_in_not_throttled(call, &user).await?);
    let Some(account) = &user.account else {
        steps.push(role_allows(&user, false));
        return Ok(steps);
    };
    let account = call.store.account(account.as_str()).await?.ok_or(not_found)?;
    steps.extend(account_steps(&account));
    steps.extend(role_step(&user, &account));
    // A member cannot create a key while the account has no access.
    let may_create = user.enabled
        && account.granted
        && may_use_api(&user, &account)
        && (account.switched_on || user.role != Role::Member);

    let of_user = |owner, account| CredentialFilter { owner, account, ..CredentialFilter::default() };
    let own = of_user(Some(user.id.clone()), None);
    let mut credentials = call.store.list_credentials(&own, None, MAX_CREDENTIALS, call.now).await?.records;
    // Reported even where another credential is good: another user has disabled it on purpose.
    credentials.sort_by_key(|key| key.enabled);
    let has_disabled_key = credentials.first().is_some_and(|key| !key.enabled);
    if has_disabled_key {
        credentials.truncate(1);
    } else if user.role != Role::Member {
        let shared = of_user(None, Some(account.id.clone()));
        let shared = call.store.list_credentials(&shared, None, MAX_CREDENTIALS, call.now).await?;
        credentials.extend(shared.records.into_iter().filter(|record| record.owner.is_none()));
    }
    let mut best: Option<Vec<Step>> = None;
    for record in &credentials {
        let steps = credential_steps(call, record);
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
    if created || may_create {
        steps.push(step(StepCode::CredentialCreated, created, detail));
    }
    steps.extend(best.unwrap_or_default());
    Ok(steps)
}

/// Checks the conditions for one credential: its account, the user of an own key, and the credential itself.
///
/// # Errors
/// [`NotFound`] for a credential that the caller may not read, too.
pub async fn diagnose_credential(call: &OperationContext<'_>, id: &str) -> Result<Vec<Step>, OperationError> {
    let record = show_credential(call, id).await?;
    let not_found = || OperationRefusal::from(NotFound("credential"));
    let account = call.store.account(record.account.as_str()).await?.ok_or_else(not_found)?;
    let mut steps: Vec<Step> = account_steps(&account).collect();
    if let Some(owner) = &record.owner {
        let user = call.store.user(owner.as_str()).await?.ok_or_else(not_found)?;
        steps.push(user_enabled(&user));
        steps.extend(role_step(&user, &account));
    }
    steps.extend(credential_steps(call, &record));
    Ok(steps)
}

/// Access cannot be switched on before it is granted.
fn account_steps(account: &AccountRecord) -> impl Iterator<Item = Step> + use<> {
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
    let granted = step(StepCode::AccessGranted, account.granted, granted);
    let switched_on = step(StepCode::AccessSwitchedOn, account.switched_on, switched_on);
    let depends = granted.ok || switched_on.ok;
    [granted].into_iter().chain(depends.then_some(switched_on))
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

/// Members cannot be allowed before access is granted.
fn role_step(user: &UserRecord, account: &AccountRecord) -> Option<Step> {
    let ok = may_use_api(user, account);
    (ok || account.granted).then(|| role_allows(user, ok))
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

fn last_code(steps: &[Step]) -> Option<StepCode> {
    steps.last().map(|step| step.code)
}
