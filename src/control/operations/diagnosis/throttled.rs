use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use super::step::{Step, StepCode, step};
use crate::auth::ThrottleEntry;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::UserRecord;

/// `None` for a user who cannot sign in at all, and in a process at which nobody signs in.
pub(super) async fn sign_in_not_throttled(
    call: &OperationContext<'_>,
    user: &UserRecord,
) -> Result<Option<Step>, OperationError> {
    let Some(sign_in) = call.sign_in_throttle else { return Ok(None) };
    let Some(hash) = user.password_hash.as_ref().filter(|_| user.enabled) else { return Ok(None) };
    let sessions = call.store.sessions_of(&user.id).await?;
    let used_from: Vec<_> = sessions.iter().filter_map(|session| session.address.as_ref()?.parse().ok()).collect();
    // As sign-in counts them.
    let name = user.email.to_ascii_lowercase();
    let refusals = sign_in.throttle.refusals(&name, Some(hash), &used_from, sign_in.now);
    let (ok, detail) = match throttled(&refusals, call.now) {
        None => (true, "Sign-in refuses the user's password from no address because of wrong ones.".to_owned()),
        Some(throttled) => (false, format!("Sign-in with the user's right password is refused {throttled}")),
    };
    Ok(Some(step(StepCode::SignInNotThrottled, ok, detail)))
}

/// From where, until when and why a right password is refused, and what ends it. `None` without a refusal.
pub(super) fn throttled(refusals: &[ThrottleEntry], now: Timestamp) -> Option<String> {
    let (longest, others) = refusals.split_first()?;
    let others = match others.len() {
        0 => String::new(),
        1 => ", and from another network,".to_owned(),
        count => format!(", and from {count} other networks,"),
    };
    let ThrottleEntry { address, wrong_guesses, .. } = longest;
    Some(format!(
        "from {address} until {}{others} because of {wrong_guesses} wrong {} before. The provider can clear that: \
        claviger throttle clear --address {address}",
        until(now, longest),
        if *wrong_guesses == 1 { "one" } else { "ones" },
    ))
}

/// In whole seconds, rounded up.
fn until(now: Timestamp, entry: &ThrottleEntry) -> Timestamp {
    let wait = entry.wait.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
    let end = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    end.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).unwrap_or(end)
}
