//! Choosing a password with a link.

use jiff::Timestamp;

use super::change::entry;
use super::create::LONGEST_NAME;
use super::email::check_email;
use super::link_author::{LinkAuthor, may_make};
use super::setup_link::{FIRST, live_link, user_of};
use super::whole_millis;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::ids::made_id;
use crate::control::operations::secrets;
use crate::control::operations::sessions::{Busy, SignInContext};
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, NoRandomness};
use crate::credential::{Label, PasswordHash, PlainPassword, TokenDigest};
use crate::store::{Actor, ActorKind, Role, SetupLinkRecord, StoreError, Transaction, UniqueKey, UserRecord};

/// Who the first user is; of others it is known.
#[derive(Debug, Clone)]
pub struct FirstUser {
    /// What they will sign in with.
    pub email: String,
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
}

/// Why the link has done nothing. It can be used again, but where it is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum UseSetupLinkError {
    /// Used, over, or never made: nobody is told which.
    #[error("this link is not valid any more; ask for a new one")]
    Worthless,
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody has it.
    #[error("somebody else has this e-mail address")]
    EmailTaken,
    /// Too many want a password hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Sets the password of whoever the link is for, and ends all their sessions. Of any number of uses of one link one
/// is done. Nobody is signed in by it.
///
/// # Errors
/// Nothing has happened then.
pub async fn use_setup_link(
    at: &SignInContext<'_>,
    presented: &str,
    password: PlainPassword,
    first: Option<FirstUser>,
) -> Result<UserRecord, UseSetupLinkError> {
    let now = at.clock.now();
    // What is wrong whatever the link is worth.
    let email = first.as_ref().map_or("", |first| first.email.as_str());
    let faults = first.as_ref().map(faults_of_first).unwrap_or_default();
    faults.and(fault_of_password(email, &password)).into_result()?;
    let link = live_link(at.store, now, presented).await?.ok_or(UseSetupLinkError::Worthless)?;
    // Nothing is hashed for whoever holds no link.
    if link.user.is_none() {
        if LinkAuthor::of(&link) != LinkAuthor::ControlState {
            return Err(UseSetupLinkError::Worthless);
        }
        let first = first.ok_or_else(|| Invalid::one("email", "is needed for the first user"))?;
        let hash = at.hash(password).await?;
        return make_first_user(at, now, &link.digest, first, hash).await;
    }
    let user = user_of(at.store, now, &link).await?.ok_or(UseSetupLinkError::Worthless)?;
    if first.is_some() {
        return Err(Invalid::one("email", "is known already, and cannot be chosen here").into());
    }
    fault_of_password(&user.email, &password).into_result()?;
    let hash = at.hash(password).await?;
    set_password(at, now, &link, &user.id, hash).await
}

/// The lock before the look: of two who use two first links at once, the second sees what the first has made.
async fn make_first_user(
    at: &SignInContext<'_>,
    now: Timestamp,
    link: &TokenDigest,
    first: FirstUser,
    hash: PasswordHash,
) -> Result<UserRecord, UseSetupLinkError> {
    let record = UserRecord {
        id: made_id("usr_")?,
        account: None,
        email: first.email,
        name: first.name,
        role: Role::Staff,
        password_hash: Some(hash),
        enabled: true,
        created_at: whole_millis(now),
        revision: 1,
    };
    let mut transaction = at.store.begin(now).await?;
    transaction.lock_first_links().await?;
    if transaction.has_staff().await? || !transaction.take_setup_link(link).await? {
        return Err(UseSetupLinkError::Worthless);
    }
    transaction.void_setup_links(None).await?;
    transaction.add_user(&record).await?;
    let line = entry("use_setup_link", &record, None, Some(&record));
    transaction.audit(&bearer(at, FIRST), &line).await?;
    transaction.commit().await?;
    Ok(record)
}

async fn set_password(
    at: &SignInContext<'_>,
    now: Timestamp,
    link: &SetupLinkRecord,
    id: &Label,
    hash: PasswordHash,
) -> Result<UserRecord, UseSetupLinkError> {
    let mut transaction: Transaction = at.store.begin(now).await?;
    // First the users, as everybody does who changes one.
    let maker = LinkAuthor::of(link);
    transaction.lock_users([maker.user().unwrap_or_default(), id.as_str()]).await?;
    let before = transaction.user(id.as_str()).await?.filter(|user| user.enabled);
    let before = before.ok_or(UseSetupLinkError::Worthless)?;
    let maker = match maker {
        LinkAuthor::ControlState => None,
        LinkAuthor::User(id) => Some(transaction.user_for_share(id).await?.and_then(ActorState::of_user)),
        LinkAuthor::Token(id) => {
            let token = transaction.operator_token_for_share(id).await?;
            Some(token.and_then(|token| ActorState::of_token(token, now)))
        }
        LinkAuthor::Unknown => Some(None),
    };
    let counts = maker.is_none_or(|maker| maker.is_some_and(|maker| may_make(&maker, &before)));
    if !counts || !transaction.take_setup_link(&link.digest).await? {
        return Err(UseSetupLinkError::Worthless);
    }
    let after = UserRecord { password_hash: Some(hash), revision: before.revision + 1, ..before.clone() };
    transaction.put_user(&after).await?;
    transaction.void_setup_links(Some(id)).await?;
    transaction.end_sessions_of(id, None).await?;
    let line = entry("use_setup_link", &after, Some(&before), Some(&after));
    transaction.audit(&bearer(at, id.as_str()), &line).await?;
    transaction.commit().await?;
    Ok(after)
}

fn faults_of_first(first: &FirstUser) -> Invalid {
    let mut invalid = Invalid::default();
    check_email(&first.email, &mut invalid);
    if let Some(problem) = first.name.as_ref().and_then(|name| fault_of_line(name, LONGEST_NAME)) {
        invalid.add("name", problem);
    }
    invalid
}

fn fault_of_password(email: &str, password: &PlainPassword) -> Invalid {
    let unfit = secrets::check(email, password).err();
    unfit.map(|unfit| Invalid::one("password", unfit.to_string())).unwrap_or_default()
}

/// Whoever holds the link of this user.
fn bearer(at: &SignInContext<'_>, of: &str) -> Actor {
    at.actor(ActorKind::Link, of)
}

impl From<StoreError> for UseSetupLinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::UserEmail) => Self::EmailTaken,
            other => Self::Store(other),
        }
    }
}
