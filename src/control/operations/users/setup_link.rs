//! Links with which users choose a password, once.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::change::{entry, lock_user};
use super::link_author::{LinkAuthor, may_create_link};
use crate::control::Sentence;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::{
    AccountScope, NoSecret, OperationContext, OperationError, OperationReason, OperationRefusal, Outcome, Right,
};
use crate::credential::{Label, PlainLinkToken};
use crate::store::{ActorKind, AuditEntry, SetupLinkRecord, Store, StoreError, Transaction, UserRecord, whole_millis};

const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(72);
/// Audit target for the first user, before they have an id.
pub(super) const FIRST: &str = "first";

/// A link that was created by this request.
#[derive(Debug)]
pub struct NewSetupLink {
    /// Revealed once.
    pub ticket: PlainLinkToken,
    pub ends_at: Timestamp,
}

/// Why a set-up link cannot be created or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum SetupLinkError {
    /// A user of the staff with a password can create all other links.
    AlreadySetUp,
    /// Used, expired or never created: the response does not tell which.
    NotValid,
    EmailTaken,
}

impl OperationReason for SetupLinkError {}

impl From<&SetupLinkError> for Sentence {
    fn from(error: &SetupLinkError) -> Self {
        match error {
            SetupLinkError::AlreadySetUp => Self::AlreadySetUp,
            SetupLinkError::NotValid => Self::LinkNotValid,
            SetupLinkError::EmailTaken => Self::EmailTaken,
        }
    }
}

/// The user whose password a link sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupLinkFor {
    /// Creates the first user.
    First,
    User {
        email: String,
    },
}

/// Creates the link that creates the first user, of the staff.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] except at the shell and for this process; [`SetupLinkError::AlreadySetUp`].
pub async fn create_first_setup_link(
    call: &OperationContext<'_>,
) -> Result<NewSetupLink, OperationError<SetupLinkError>> {
    let is_host = match call.actor().kind {
        ActorKind::Shell | ActorKind::System => call.caller.accounts() == AccountScope::Every,
        ActorKind::User | ActorKind::Token | ActorKind::Link | ActorKind::Credential => false,
    };
    if !is_host {
        return Err(OperationRefusal::for_no_role().into());
    }
    let mut transaction = call.begin().await?;
    if transaction.has_staff().await? {
        return Err(SetupLinkError::AlreadySetUp.into());
    }
    let link = add_link(call, &mut transaction, None).await?;
    let entry = AuditEntry {
        verb: "first_setup_link",
        account: None,
        target_kind: "user",
        target: FIRST.into(),
        before: None,
        after: None,
    };
    transaction.audit(call.actor(), &entry).await?;
    transaction.commit().await?;
    Ok(link)
}

/// Creates a link for a user without a password, or who has lost it, and voids their previous links. Their password
/// stays until the link is used.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn create_setup_link(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<Outcome<NewSetupLink>, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let mut transaction = call.begin_with_user(id).await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let user = lock_user(call, reach, &mut transaction, id).await?;
    let link = add_link(call, &mut transaction, Some(&user.id)).await?;
    transaction.audit(call.actor(), &entry("new_setup_link", &user, None, None)).await?;
    call.store_response(&mut transaction, &json!({"ends_at": link.ends_at.to_string()})).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(link))
}

/// The user whose password a valid link sets. The link stays unused.
///
/// # Errors
/// A store that does not answer.
pub async fn show_setup_link(
    store: &Store,
    now: Timestamp,
    presented: &str,
) -> Result<Option<SetupLinkFor>, StoreError> {
    let Some(link) = live_link(store, now, presented).await? else { return Ok(None) };
    match link.user {
        None => Ok((!store.has_staff().await?).then_some(SetupLinkFor::First)),
        Some(_) => {
            let user = link_user(store, now, &link).await?;
            Ok(user.map(|user| SetupLinkFor::User { email: user.email }))
        }
    }
}

/// The user of a link; `None` when they are disabled, or its author may no longer create it.
pub(super) async fn link_user(
    store: &Store,
    now: Timestamp,
    link: &SetupLinkRecord,
) -> Result<Option<UserRecord>, StoreError> {
    let Some(id) = &link.user else { return Ok(None) };
    let Some(user) = store.user(id.as_str()).await?.filter(|user| user.enabled) else { return Ok(None) };
    let is_valid = match LinkAuthor::of(link) {
        LinkAuthor::Unknown => false,
        LinkAuthor::Host => true,
        LinkAuthor::User(id) => {
            let author = store.user(id).await?.and_then(ActorState::of_user);
            author.is_some_and(|author| may_create_link(&author, &user))
        }
        LinkAuthor::Token(id) => {
            let author = store.operator_token(id).await?.and_then(|token| ActorState::of_token(token, now));
            author.is_some_and(|author| may_create_link(&author, &user))
        }
    };
    Ok(is_valid.then_some(user))
}

/// A link that is neither used nor expired.
pub(super) async fn live_link(
    store: &Store,
    now: Timestamp,
    presented: &str,
) -> Result<Option<SetupLinkRecord>, StoreError> {
    let Some(ticket) = PlainLinkToken::presented(presented) else { return Ok(None) };
    let link = store.setup_link(&ticket.digest()).await?;
    Ok(link.filter(|link| link.used_at.is_none() && link.ends_at > now))
}

/// Adds a link for a user, voiding their previous ones, or with `None` one for the first user.
pub(super) async fn add_link(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    user: Option<&Label>,
) -> Result<NewSetupLink, OperationError> {
    let (link, record) = new_link(user, &call.caller_key(), call.now, LINK_LIFETIME).ok_or(NoSecret::Machine)?;
    if user.is_some() {
        transaction.void_setup_links(user).await?;
    }
    transaction.add_setup_link(&record).await?;
    Ok(link)
}

/// Mints the link of a mail, on behalf of `author` (`KIND:ID`). Earlier ones stay valid, as one of those mails may have
/// arrived: the first that is used voids the others.
///
/// # Errors
/// A store that cannot be written, or a random source that fails.
pub(in crate::control) async fn mint_setup_link(
    transaction: &mut Transaction,
    user: &Label,
    author: &str,
    now: Timestamp,
    lifetime: SignedDuration,
) -> Result<NewSetupLink, StoreError> {
    let no_random = || StoreError::Unavailable("the system returned no random bytes".into());
    let (link, record) = new_link(Some(user), author, now, lifetime).ok_or_else(no_random)?;
    transaction.add_setup_link(&record).await?;
    Ok(link)
}

/// `None` when the random source fails.
fn new_link(
    user: Option<&Label>,
    author: &str,
    now: Timestamp,
    lifetime: SignedDuration,
) -> Option<(NewSetupLink, SetupLinkRecord)> {
    let ticket = PlainLinkToken::mint().ok()?;
    let ends_at = whole_millis(now.checked_add(lifetime).unwrap_or(Timestamp::MAX));
    let record = SetupLinkRecord {
        digest: ticket.digest(),
        user: user.cloned(),
        created_by: Some(author.to_owned()),
        created_at: whole_millis(now),
        ends_at,
        used_at: None,
    };
    Some((NewSetupLink { ticket, ends_at }, record))
}
