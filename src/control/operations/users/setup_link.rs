//! Links with which people choose a password, once.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::change::{ChangeUserError, entry, find};
use super::link_author::{LinkAuthor, may_make};
use super::whole_millis;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::{AccountScope, NoRandomness, Once, OperationContext, Refusal, Right};
use crate::credential::{Label, PlainLinkToken};
use crate::store::{ActorKind, AuditEntry, SetupLinkRecord, Store, StoreError, Transaction, UserRecord};

const LIFETIME: SignedDuration = SignedDuration::from_hours(72);
/// What the audit calls whoever is made by the first link.
pub(super) const FIRST: &str = "first";

/// A link that was just made.
#[derive(Debug)]
pub struct NewSetupLink {
    /// What is in it. Seen once.
    pub ticket: PlainLinkToken,
    /// Worth nothing from this moment on.
    pub ends_at: Timestamp,
}

/// Why there is no first link.
#[derive(Debug, thiserror::Error)]
pub enum SetupLinkError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody can sign in, and make others.
    #[error("this is set up already: there is somebody of the staff with a password")]
    AlreadySetUp,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose password a link sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupLinkFor {
    /// Of the first user, who has yet to say who they are.
    First,
    /// Of the user with this e-mail address.
    User {
        /// What they sign in with.
        email: String,
    },
}

/// Makes the link that makes the first user, of the staff. At the operator's shell, and only until there is one.
///
/// # Errors
/// Nothing has happened then.
pub async fn first_setup_link(call: &OperationContext<'_>) -> Result<NewSetupLink, SetupLinkError> {
    let is_beside_the_database = match call.actor().kind {
        ActorKind::Shell | ActorKind::System => call.caller.accounts() == AccountScope::Every,
        ActorKind::User | ActorKind::Token | ActorKind::Link => false,
    };
    if !is_beside_the_database {
        return Err(Refusal::Forbidden.into());
    }
    let mut transaction = call.begin().await??;
    if transaction.has_staff().await? {
        return Err(SetupLinkError::AlreadySetUp);
    }
    let link = add_link(call, &mut transaction, None).await??;
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

/// Makes a link for a user who has no password yet or has lost it; those before are worthless. Nothing else changes
/// before it is used.
///
/// # Errors
/// Nothing has happened then.
pub async fn new_setup_link(call: &OperationContext<'_>, id: &Label) -> Result<Once<NewSetupLink>, ChangeUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    if let Some(answer) = call.answered::<ChangeUserError>().await? {
        return Ok(Once::Repeated(answer));
    }
    let mut transaction = call.begin_with_user(id).await??;
    if let Some(answer) = call.claim::<ChangeUserError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    let user = find(call, reach, &mut transaction, id).await?;
    let link = add_link(call, &mut transaction, Some(&user.id)).await??;
    transaction.audit(call.actor(), &entry("new_setup_link", &user, None, None)).await?;
    call.remember(&mut transaction, &json!({"ends_at": link.ends_at.to_string()})).await?;
    transaction.commit().await?;
    Ok(Once::Done(link))
}

/// Whose password this link would set. Nothing for one that is used, over or was never made. Uses nothing up.
///
/// # Errors
/// When nothing can be read.
pub async fn look_at_setup_link(
    store: &Store,
    now: Timestamp,
    presented: &str,
) -> Result<Option<SetupLinkFor>, StoreError> {
    let Some(link) = live_link(store, now, presented).await? else { return Ok(None) };
    match link.user {
        None => Ok((!store.has_staff().await?).then_some(SetupLinkFor::First)),
        Some(_) => {
            let user = user_of(store, now, &link).await?;
            Ok(user.map(|user| SetupLinkFor::User { email: user.email }))
        }
    }
}

/// Whose password a link sets; nobody's when they are switched off, or whoever made it could not make it now.
pub(super) async fn user_of(
    store: &Store,
    now: Timestamp,
    link: &SetupLinkRecord,
) -> Result<Option<UserRecord>, StoreError> {
    let Some(id) = &link.user else { return Ok(None) };
    let Some(user) = store.user(id.as_str()).await?.filter(|user| user.enabled) else { return Ok(None) };
    let counts = match LinkAuthor::of(link) {
        LinkAuthor::Unknown => false,
        LinkAuthor::ControlState => true,
        LinkAuthor::User(id) => {
            let maker = store.user(id).await?.and_then(ActorState::of_user);
            maker.is_some_and(|maker| may_make(&maker, &user))
        }
        LinkAuthor::Token(id) => {
            let maker = store.operator_token(id).await?.and_then(|token| ActorState::of_token(token, now));
            maker.is_some_and(|maker| may_make(&maker, &user))
        }
    };
    Ok(counts.then_some(user))
}

/// A link that is neither used nor over.
pub(super) async fn live_link(
    store: &Store,
    now: Timestamp,
    presented: &str,
) -> Result<Option<SetupLinkRecord>, StoreError> {
    let Some(ticket) = PlainLinkToken::presented(presented) else { return Ok(None) };
    let link = store.setup_link(&ticket.digest()).await?;
    Ok(link.filter(|link| link.used_at.is_none() && link.ends_at > now))
}

/// Makes a link for a user, in place of those before, or one for the first user.
pub(super) async fn add_link(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    user: Option<&Label>,
) -> Result<Result<NewSetupLink, NoRandomness>, StoreError> {
    let now = call.now;
    let Ok(ticket) = PlainLinkToken::mint() else { return Ok(Err(NoRandomness)) };
    let ends_at = whole_millis(now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX));
    let record = SetupLinkRecord {
        digest: ticket.digest(),
        user: user.cloned(),
        created_by: Some(call.whose()),
        created_at: whole_millis(now),
        ends_at,
        used_at: None,
    };
    if user.is_some() {
        transaction.void_setup_links(user).await?;
    }
    transaction.add_setup_link(&record).await?;
    Ok(Ok(NewSetupLink { ticket, ends_at }))
}
