//! The page behind a link: how it stands, the one showing of the secret, and a new code. The caller is the holder of the
//! link, whom no session and no token identifies.

use jiff::{SignedDuration, Timestamp};

use super::change::{CredentialConflict, clear_guesses, entry};
use super::code_texts::{NextText, next_text, queue_text};
use super::create::Created;
use super::resend_or_void::is_obsolete;
use super::reset::replace_secret;
use super::reveal_obstacle::{RevealObstacle, reveal_obstacle};
use crate::control::operations::secrets::{CreatedSecret, NewSecret, create_secret};
use crate::control::operations::{NoSecret, OperationContext, OperationError, notice_mails};
use crate::credential::{InstallationKeys, RevealCode, TokenDigest};
use crate::store::{
    Actor, CredentialRecord, MessageProgress, MessageState, OldStops, RecordSecret, RevealRecord, RevealState,
    SupersededBy, Transaction,
};

/// Within which a further code is not sent.
const TEXT_INTERVAL: SignedDuration = SignedDuration::from_mins(2);
/// A new code may be minted between the two looks at one.
const MAX_LOOKS: usize = 3;

/// What the holder of a link may know.
#[derive(Debug, Clone)]
pub struct RevealPage {
    /// Name of the account, or its id.
    pub account: String,
    pub ends_at: Timestamp,
    /// The last digits of the number that codes go to.
    pub mobile_end: String,
    pub standing: RevealStanding,
}

/// How a link stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevealStanding {
    Waiting {
        code: CodeProgress,
        /// A code that was sent still works.
        has_live_code: bool,
        tries_left: u32,
        next_text: NextText,
    },
    /// Nothing is sent or shown for now.
    Off(RevealObstacle),
    Revealed {
        at: Timestamp,
        /// Client address.
        from: Option<String>,
    },
    Locked,
    Expired,
    Superseded {
        by: SupersededBy,
        /// When the link that replaces it was made.
        newer: Option<Timestamp>,
    },
}

/// How far the newest text message with a code has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeProgress {
    /// None was queued, or its code has ended.
    None,
    /// An attempt follows, or is under way.
    OnItsWay,
    /// An attempt failed; another follows.
    Delayed { error: String, next_at: Option<Timestamp> },
    /// Accepted by the server, or delivered.
    Sent { at: Timestamp, code_ends_at: Timestamp },
    /// No attempt follows.
    Failed {
        /// A stable word, as of the outbox.
        error: String,
    },
}

/// What became of a code.
#[derive(Debug)]
pub enum Revealed {
    Shown(Box<Created>),
    /// Counted.
    Wrong {
        tries_left: u32,
    },
    /// The link shows nothing now: its page says why. Nothing was counted.
    NotNow,
}

/// How a link stands; `None` for one that leads nowhere, malformed or not: both take one indexed read. Changes nothing.
///
/// # Errors
/// A store that does not answer.
pub async fn show_reveal(call: &OperationContext<'_>, ticket: &str) -> Result<Option<RevealPage>, OperationError> {
    let Some((reveal, record)) = find(call, ticket).await? else { return Ok(None) };
    let account = call.store.account(record.account.as_str()).await?;
    let standing = match reveal.state(call.now) {
        RevealState::Revealed => {
            RevealStanding::Revealed { at: reveal.revealed_at.unwrap_or(call.now), from: reveal.revealed_from.clone() }
        }
        RevealState::Superseded => {
            let by = reveal.superseded.map_or(SupersededBy::Voided, |(_, by)| by);
            let newest = record.delivery.as_ref().map(|delivery| &delivery.reveal);
            // Of another contact, this one learns nothing.
            let is_same = |newest: &&RevealRecord| newest.email == reveal.email && newest.mobile == reveal.mobile;
            let newer = newest.filter(|newest| newest.id != reveal.id).filter(is_same).map(|newest| newest.created_at);
            RevealStanding::Superseded { by, newer }
        }
        RevealState::Locked => RevealStanding::Locked,
        RevealState::Expired => RevealStanding::Expired,
        RevealState::Waiting => match reveal_obstacle(&record, account.as_ref(), call.now) {
            Some(obstacle) => RevealStanding::Off(obstacle),
            None => waiting(call, &reveal, &record),
        },
    };
    let account = account.and_then(|account| account.name).unwrap_or_else(|| record.account.to_string());
    let digits: Vec<char> = reveal.mobile.chars().collect();
    let mobile_end = digits.iter().skip(digits.len().saturating_sub(3)).collect();
    Ok(Some(RevealPage { account, ends_at: reveal.ends_at, mobile_end, standing }))
}

fn waiting(call: &OperationContext<'_>, reveal: &RevealRecord, record: &CredentialRecord) -> RevealStanding {
    let is_live = reveal.code_ends_at.is_some_and(|end| end > call.now);
    let text = record.delivery.as_ref().and_then(|delivery| delivery.text.as_ref());
    RevealStanding::Waiting {
        code: code_progress(reveal, text, is_live),
        has_live_code: is_live,
        tries_left: reveal.tries_left(),
        next_text: next_text(reveal, call.now),
    }
}

fn code_progress(reveal: &RevealRecord, text: Option<&MessageProgress>, is_live: bool) -> CodeProgress {
    // Messages are deleted after some days: a code does not live that long.
    let Some(text) = text else { return CodeProgress::None };
    let error = text.error_code.clone();
    match (text.state, error) {
        (MessageState::Waiting, None) => CodeProgress::OnItsWay,
        (MessageState::Waiting, Some(error)) => CodeProgress::Delayed { error, next_at: text.next_at },
        (MessageState::Accepted | MessageState::Delivered, _) => {
            let sent_at = text.sent_at.or(reveal.code_made_at).filter(|_| is_live);
            sent_at
                .zip(reveal.code_ends_at)
                .map_or(CodeProgress::None, |(at, code_ends_at)| CodeProgress::Sent { at, code_ends_at })
        }
        (MessageState::Undelivered | MessageState::Failed | MessageState::GivenUp, error) => {
            CodeProgress::Failed { error: error.unwrap_or_default() }
        }
    }
}

/// Shows the secret to the holder of the right code, once: it is made and takes effect in the transaction that shows it.
/// A wrong code counts, where a code is live. `None` for a link that leads nowhere.
///
/// # Errors
/// [`CredentialConflict::Changed`]; [`OperationError::Secret`]; a store that does not answer. Nothing is counted then.
pub async fn reveal_secret(
    call: &OperationContext<'_>,
    ticket: &str,
    code: &RevealCode,
) -> Result<Option<Revealed>, OperationError<CredentialConflict>> {
    for _ in 0..MAX_LOOKS {
        let Some((reveal, record)) = find(call, ticket).await? else { return Ok(None) };
        let keys = call.installation_keys.ok_or(NoSecret::Machine)?;
        let account = call.store.account(record.account.as_str()).await?;
        if !reveal.is_waiting(call.now) || reveal_obstacle(&record, account.as_ref(), call.now).is_some() {
            return Ok(Some(Revealed::NotNow));
        }
        // Before the transaction: hashing is slow. Wrong codes cost none.
        let created = match call.store.is_newest_code(&reveal.id, code, keys).await? {
            true => Some(create_secret(call, new_secret(&record.secret).validated()?).await?),
            false => None,
        };
        let mut transaction = call.store.begin(call.now).await?;
        if let Some(revealed) = try_once(call, &mut transaction, (&reveal, code, keys), created).await? {
            if !matches!(revealed, Revealed::NotNow) {
                transaction.commit().await?;
            }
            return Ok(Some(revealed));
        }
        // Rolled back: the code became the right one meanwhile.
    }
    Ok(Some(Revealed::NotNow))
}

/// `None` for a right code without a secret to go with it. The caller commits.
async fn try_once(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (reveal, code, keys): (&RevealRecord, &RevealCode, &InstallationKeys),
    created: Option<CreatedSecret>,
) -> Result<Option<Revealed>, OperationError<CredentialConflict>> {
    let Some(before) = transaction.credential(reveal.credential.as_str()).await? else {
        return Ok(Some(Revealed::NotNow));
    };
    let account = transaction.account_for_share(before.account.as_str()).await?;
    if reveal_obstacle(&before, account.as_ref(), call.now).is_some() {
        return Ok(Some(Revealed::NotNow));
    }
    let actor = Actor { id: reveal.id.clone(), ..call.actor().clone() };
    let Some(tried) = transaction.try_code(&reveal.id, code, keys).await? else {
        return Ok(Some(Revealed::NotNow));
    };
    let tries_left = RevealRecord { tries: tried.tries, ..reveal.clone() }.tries_left();
    if !tried.is_right {
        if tries_left == 0 {
            transaction.note_locked(&reveal.credential);
            call.record_as(transaction, &actor, &entry("lock_delivery", &before, None, None)).await?;
        }
        return Ok(Some(Revealed::Wrong { tries_left }));
    }
    let Some(created) = created else { return Ok(None) };
    // A secret without an end that was chosen for it would stay valid beside the new one.
    if is_obsolete(&before, reveal) {
        return Err(CredentialConflict::Changed.into());
    }
    let mut after = before.clone();
    let overlap = match reveal.old_stops {
        // There is no current secret. The previous one has its end already, and keeps it.
        OldStops::NoSecret | OldStops::AtReset => SignedDuration::MAX,
        OldStops::WhenShown { seconds } => {
            SignedDuration::try_from(std::time::Duration::from_secs(seconds)).unwrap_or(SignedDuration::MAX)
        }
    };
    if !replace_secret(&mut after, &created, overlap, call.now) {
        return Err(CredentialConflict::Changed.into());
    }
    after.handed_over_at = Some(after.secret_made_at);
    after.revision += 1;
    if !transaction.mark_revealed(&reveal.id, call.actor().address.as_deref()).await? {
        return Ok(Some(Revealed::NotNow));
    }
    transaction.put_credential(&after).await?;
    clear_guesses(transaction, &before, &after);
    call.record_as(transaction, &actor, &entry("reveal", &after, Some(&before), Some(&after))).await?;
    notice_mails::shown(call, transaction, &reveal.id, (&after.account, reveal.created_by.as_deref())).await?;
    Ok(Some(Revealed::Shown(Box::new(Created { record: after, secret: created.plain }))))
}

/// Sends a new code to the number of the link. Where one was queued within two minutes and has not failed for good, nothing
/// is sent or counted.
/// False for a link that leads nowhere or shows nothing now.
///
/// # Errors
/// [`CredentialConflict::TextsUsedUp`]; [`CredentialConflict::TextsEnded`]; a store that does not answer.
pub async fn send_reveal_code(
    call: &OperationContext<'_>,
    ticket: &str,
) -> Result<bool, OperationError<CredentialConflict>> {
    let Some((found, _)) = find(call, ticket).await? else { return Ok(false) };
    let mut transaction = call.store.begin(call.now).await?;
    let Some(record) = transaction.credential(found.credential.as_str()).await? else { return Ok(false) };
    let newest = transaction.newest_reveal(record.id.as_str()).await?;
    let Some(reveal) = newest.filter(|newest| newest.id == found.id && newest.is_waiting(call.now)) else {
        return Ok(false);
    };
    let account = transaction.account_for_share(record.account.as_str()).await?;
    let is_off = reveal_obstacle(&record, account.as_ref(), call.now).is_some() || !call.terms.delivery.is_on();
    if is_off || is_obsolete(&record, &reveal) {
        return Ok(false);
    }
    let newest = record.delivery.as_ref().and_then(|delivery| delivery.text.as_ref());
    if newest.is_some_and(|text| !text.state.is_failure() && is_recent(text.queued_at, call.now)) {
        return Ok(true);
    }
    queue_text(call, &mut transaction, &record, &reveal).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The reveal behind a link, and its credential. A text that is no ticket has a digest that no link has.
async fn find(
    call: &OperationContext<'_>,
    ticket: &str,
) -> Result<Option<(RevealRecord, CredentialRecord)>, OperationError> {
    let Some(reveal) = call.store.reveal_of_link(&TokenDigest::of(ticket.as_bytes())).await? else { return Ok(None) };
    let record = call.store.credential(reveal.credential.as_str()).await?;
    Ok(record.map(|record| (reveal, record)))
}

fn new_secret(of: &RecordSecret) -> NewSecret {
    match of {
        RecordSecret::Token(_) => NewSecret::Token,
        RecordSecret::Password { username, .. } => NewSecret::Password { username: username.to_string(), chosen: None },
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < TEXT_INTERVAL
}
