use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use super::step::{Step, StepCode, explained};
use crate::auth::ThrottleEntry;
use crate::control::operations::{OperationContext, OperationError};
use crate::control::{Argument, Sentence};
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
        None => (true, Sentence::english("Sign-in refuses the user's password from no address because of wrong ones.")),
        Some(throttled) => (false, Sentence::ThrottledSignIn { throttled: throttled.into() }),
    };
    Ok(Some(explained(StepCode::SignInNotThrottled, ok, detail)))
}

/// From where, until when and why a right password is refused, and what ends it. `None` without a refusal.
pub(super) fn throttled(refusals: &[ThrottleEntry], now: Timestamp) -> Option<Sentence> {
    let (longest, others) = refusals.split_first()?;
    let others = match others.len() {
        0 => Argument::Text(String::new()),
        1 => Sentence::OneOtherNetwork.into(),
        count => Sentence::OtherNetworks { count: count.into() }.into(),
    };
    let ThrottleEntry { address, wrong_guesses, .. } = longest;
    let guesses = match wrong_guesses {
        1 => Sentence::OneWrongGuess,
        count => Sentence::WrongGuesses { count: u64::from(*count).into() },
    };
    Some(Sentence::Throttled {
        address: address.to_string().into(),
        until: until(now, longest).into(),
        others,
        guesses: guesses.into(),
    })
}

/// In whole seconds, rounded up.
fn until(now: Timestamp, entry: &ThrottleEntry) -> Timestamp {
    let wait = entry.wait.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
    let end = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    end.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).unwrap_or(end)
}
