use jiff::Timestamp;

use super::step::{Step, StepCode, explained, step};
use super::throttled::throttled;
use crate::control::operations::OperationContext;
use crate::control::{Argument, Sentence};
use crate::credential::{Label, VersionRule};
use crate::store::{CredentialRecord, PreviousSecret, RecordSecret, RevealState, SupersededBy};

/// Names in one detail.
const MAX_LISTED: usize = 10;

/// Up to the first condition that does not hold: what comes after it depends on it.
pub(super) fn credential_steps(call: &OperationContext<'_>, record: &CredentialRecord) -> Vec<Step> {
    let mut steps = checked(call, record);
    for step in &mut steps {
        step.credential = Some(record.id.to_string());
    }
    steps
}

fn checked(call: &OperationContext<'_>, record: &CredentialRecord) -> Vec<Step> {
    let mut steps = Vec::new();
    let handed_over = handed_over(call, record);
    let is_missing = handed_over.as_ref().is_some_and(|step| !step.ok);
    for check in [is_enabled, has_secret, is_in_date, is_version_served, are_scopes_known] {
        let step = check(call, record);
        // A secret that waits to be shown is made then.
        if step.code == StepCode::CredentialHasSecret && is_missing {
            continue;
        }
        let ok = step.ok;
        steps.push(step);
        if !ok {
            return steps;
        }
    }
    steps.extend(handed_over);
    if !is_missing {
        steps.extend(is_not_throttled(call, record));
    }
    steps
}

/// `None` for a secret that was not sent, and while the previous one is accepted until the new one is shown.
fn handed_over(call: &OperationContext<'_>, record: &CredentialRecord) -> Option<Step> {
    let id = &record.id;
    let delivery = record.delivery.as_deref()?;
    let missing = |detail: String| Some(step(StepCode::CredentialHandedOver, false, detail));
    match delivery.reveal.state(call.now) {
        RevealState::Revealed if record.handed_over_at.is_some() => {
            let detail = format!("The secret of {id} was revealed to its recipient.");
            Some(step(StepCode::CredentialHandedOver, true, detail))
        }
        _ if !record.secret.is_cleared() || previous_end(call, record).is_some() => None,
        RevealState::Waiting if delivery.mail.as_ref().is_some_and(|mail| mail.sent_at.is_some()) => {
            missing(format!("The link to the secret of {id} was sent and has not been opened. It can be sent again."))
        }
        RevealState::Waiting => missing(format!("The link to the secret of {id} has not been sent yet.")),
        RevealState::Locked => {
            missing(format!("The link to the secret of {id} is locked after wrong codes. A new one can be sent."))
        }
        RevealState::Expired => {
            missing(format!("The link to the secret of {id} ended before the secret was shown. A new one can be sent."))
        }
        RevealState::Superseded => match delivery.reveal.superseded {
            Some((_, SupersededBy::Contact)) => missing(format!(
                "The link to the secret of {id} ended when its contact was changed. A new one can be sent."
            )),
            Some((_, SupersededBy::Voided)) => {
                missing(format!("The link to the secret of {id} was voided. A new one can be sent."))
            }
            // It is as if none was sent.
            Some((_, SupersededBy::Resent | SupersededBy::Reset | SupersededBy::Cleared)) | None => None,
        },
        RevealState::Revealed => None,
    }
}

/// While the gate accepts the previous secret.
fn previous_end(call: &OperationContext<'_>, record: &CredentialRecord) -> Option<Timestamp> {
    record.previous.as_ref().map(PreviousSecret::ends_at).filter(|end| *end > call.now)
}

fn has_secret(call: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let has_current = !record.secret.is_cleared();
    if let Some(end) = previous_end(call, record).filter(|_| !has_current) {
        let detail = format!("The previous secret of {} is accepted until {end}; it has no new one yet.", record.id);
        return step(StepCode::CredentialHasSecret, true, detail);
    }
    let detail = match (has_current, &record.owner) {
        (true, _) => format!("{} has a secret.", record.id),
        (false, None) => {
            format!("{} has no secret. An owner or an implementer of the account can reset it.", record.id)
        }
        (false, Some(_)) => format!("{} has no secret. Its user can enable their key again.", record.id),
    };
    step(StepCode::CredentialHasSecret, has_current, detail)
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
    let id = &record.id;
    let (of, on) = (|| Argument::from(id.as_str()), |name: &Label| Argument::from(name.as_str()));
    let configured = |name: &Label| versions.known.iter().find(|version| version.name == *name);
    let (ok, detail) = match &record.version {
        _ if versions.known.is_empty() => (true, Sentence::english("The settings name no versions.")),
        None => (false, Sentence::WithoutVersion { id: of() }),
        Some(name) => match configured(name) {
            None => (false, Sentence::PinnedToUnknown { id: of(), version: on(name) }),
            Some(version) if version.is_retired(call.now) => {
                (false, Sentence::PinnedToRetired { id: of(), version: on(name) })
            }
            Some(_) => {
                let refused = if versions.rule == VersionRule::UpTo { "a newer" } else { "another" };
                let detail = format!("{id} is pinned to version {name}; requests that name {refused} one are refused.");
                (true, Sentence::english(detail))
            }
        },
    };
    explained(StepCode::CredentialVersionServed, ok, detail)
}

fn are_scopes_known(call: &OperationContext<'_>, record: &CredentialRecord) -> Step {
    let known = call.terms.catalogs.scopes;
    let id = &record.id;
    let (ok, detail) = match record.scopes.as_deref() {
        None => (true, Sentence::english(format!("{id} is not limited to scopes."))),
        Some([]) => (false, Sentence::WithoutScopes { id: id.as_str().into() }),
        Some(scopes) => {
            let unknown: Vec<&str> = scopes.iter().map(Label::as_str).filter(|scope| !known.contains(scope)).collect();
            if unknown.is_empty() {
                let has = |scope: &&str| scopes.iter().any(|own| own.as_str() == *scope);
                let missing: Vec<&str> = known.names().filter(|scope| !has(scope)).collect();
                let lacks = match missing.as_slice() {
                    [] => String::new(),
                    missing => format!("; it lacks {}", listed(missing)),
                };
                let held: Vec<&str> = scopes.iter().map(Label::as_str).collect();
                (true, Sentence::english(format!("{id} has the scopes {}{lacks}.", listed(&held))))
            } else {
                let scopes = unknown.join(", ").into();
                (false, Sentence::ScopesUnknown { id: id.as_str().into(), scopes })
            }
        }
    };
    explained(StepCode::CredentialScopesKnown, ok, detail)
}

/// At most [`MAX_LISTED`] of them, and the number of the others.
fn listed(names: &[&str]) -> String {
    match names.split_at_checked(MAX_LISTED) {
        Some((first, others)) if !others.is_empty() => format!("{} and {} others", first.join(", "), others.len()),
        _ => names.join(", "),
    }
}

/// `None` for a token, which no throttle refuses where it is right, and in a process without a gate.
fn is_not_throttled(call: &OperationContext<'_>, record: &CredentialRecord) -> Option<Step> {
    let gate = call.gate_throttle?;
    let RecordSecret::Password { username, hash } = &record.secret else { return None };
    let used_from: Vec<_> = record.last_used_from.iter().filter_map(|address| address.parse().ok()).collect();
    let refusals = gate.throttle.refusals(username, hash.as_ref(), &used_from, gate.now);
    let id = &record.id;
    let (ok, detail) = match throttled(&refusals, call.now) {
        None => {
            let detail = format!("The gate refuses the password of {id} from no address because of wrong ones.");
            (true, Sentence::english(detail))
        }
        Some(throttled) => (false, Sentence::ThrottledPassword { id: id.as_str().into(), throttled: throttled.into() }),
    };
    Some(explained(StepCode::CredentialNotThrottled, ok, detail))
}
