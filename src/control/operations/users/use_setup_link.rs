use jiff::Timestamp;

use super::change::entry;
use super::link_author::{LinkAuthor, may_create_link};
use super::setup_link::{FIRST, SetupLinkError, link_user, live_link};
use crate::control::Sentence;
use crate::control::operations::authorize::ActorState;
use crate::control::operations::contact_validation::email_fault;
use crate::control::operations::ids::new_id;
use crate::control::operations::secrets::check_password;
use crate::control::operations::sessions::SignInContext;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, NoSecret, OperationError};
use crate::credential::{Label, PasswordHash, PlainPassword, TokenDigest};
use crate::store::{
    Actor, ActorKind, Role, SetupLinkRecord, StoreError, Transaction, UniqueKey, UserRecord, whole_millis,
};

/// What the first user enters with their password; all others have been created with it.
#[derive(Debug, Clone)]
pub struct FirstUser {
    /// Address they will sign in with.
    pub email: String,
    /// 1 to [`MAX_NAME_LENGTH`](crate::control::operations::MAX_NAME_LENGTH) characters.
    pub name: Option<String>,
}

/// Sets the password of the link's user and ends all their sessions; signs no one in. Of parallel uses of one link one
/// succeeds. After an error the link can be used again, unless the error is [`SetupLinkError::NotValid`].
///
/// # Errors
/// [`SetupLinkError`]; [`Invalid`] for an unfit password, or for details of the first user that are missing or unfit.
pub async fn use_setup_link(
    at: &SignInContext<'_>,
    presented: &str,
    password: PlainPassword,
    first: Option<FirstUser>,
) -> Result<UserRecord, OperationError<SetupLinkError>> {
    let now = at.clock.now();
    // Input that no link makes valid is reported before the link is read.
    let email = first.as_ref().map_or("", |first| first.email.as_str());
    let faults = first.as_ref().map(first_user_faults).unwrap_or_default();
    faults.and(password_fault(email, &password)).into_result()?;
    let link = live_link(at.store, now, presented).await?.ok_or(SetupLinkError::NotValid)?;
    // Passwords are hashed for holders of a valid link only.
    if link.user.is_none() {
        if LinkAuthor::of(&link) != LinkAuthor::Host {
            return Err(SetupLinkError::NotValid.into());
        }
        let first = first.ok_or_else(|| Invalid::one("email", Sentence::FirstUserEmail))?;
        let (hash, _) = at.hashes.hash(password).await.map_err(NoSecret::from)?;
        return create_first_user(at, now, &link.digest, first, hash).await;
    }
    let user = link_user(at.store, now, &link).await?.ok_or(SetupLinkError::NotValid)?;
    if first.is_some() {
        return Err(Invalid::one("email", Sentence::ExistingUserEmail).into());
    }
    password_fault(&user.email, &password).into_result()?;
    let (hash, _) = at.hashes.hash(password).await.map_err(NoSecret::from)?;
    set_password(at, now, &link, &user.id, hash).await
}

/// Locks before it reads: of two parallel uses of first links the second sees the user that the first has created.
async fn create_first_user(
    at: &SignInContext<'_>,
    now: Timestamp,
    link: &TokenDigest,
    first: FirstUser,
    hash: PasswordHash,
) -> Result<UserRecord, OperationError<SetupLinkError>> {
    let record = UserRecord {
        id: new_id("usr_")?,
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
        return Err(SetupLinkError::NotValid.into());
    }
    transaction.void_setup_links(None).await?;
    transaction.add_user(&record).await.map_err(|error| match error {
        StoreError::Taken(UniqueKey::UserEmail) => SetupLinkError::EmailTaken.into(),
        other => OperationError::from(other),
    })?;
    let line = entry("use_setup_link", &record, None, Some(&record));
    transaction.audit(&link_actor(at, FIRST), &line).await?;
    transaction.commit().await?;
    Ok(record)
}

async fn set_password(
    at: &SignInContext<'_>,
    now: Timestamp,
    link: &SetupLinkRecord,
    id: &Label,
    hash: PasswordHash,
) -> Result<UserRecord, OperationError<SetupLinkError>> {
    let mut transaction: Transaction = at.store.begin(now).await?;
    // Users first, as in every operation that changes one.
    let author = LinkAuthor::of(link);
    transaction.lock_users([author.user().unwrap_or_default(), id.as_str()]).await?;
    let before = transaction.user(id.as_str()).await?.filter(|user| user.enabled);
    let before = before.ok_or(SetupLinkError::NotValid)?;
    let is_valid = match author {
        LinkAuthor::Host => true,
        LinkAuthor::Unknown => false,
        LinkAuthor::User(id) => {
            let author = transaction.user_for_share(id).await?.and_then(ActorState::of_user);
            author.is_some_and(|author| may_create_link(&author, &before))
        }
        LinkAuthor::Token(id) => {
            let token = transaction.operator_token_for_share(id).await?;
            let author = token.and_then(|token| ActorState::of_token(token, now));
            author.is_some_and(|author| may_create_link(&author, &before))
        }
    };
    if !is_valid || !transaction.take_setup_link(&link.digest).await? {
        return Err(SetupLinkError::NotValid.into());
    }
    let after = UserRecord { password_hash: Some(hash), revision: before.revision + 1, ..before.clone() };
    transaction.put_user(&after).await?;
    transaction.void_setup_links(Some(id)).await?;
    transaction.end_sessions_of(id, None).await?;
    let line = entry("use_setup_link", &after, Some(&before), Some(&after));
    transaction.audit(&link_actor(at, id.as_str()), &line).await?;
    transaction.commit().await?;
    Ok(after)
}

fn first_user_faults(first: &FirstUser) -> Invalid {
    let mut invalid = Invalid::default();
    if let Some(problem) = email_fault(&first.email) {
        invalid.add("email", problem);
    }
    if let Some(problem) = first.name.as_deref().and_then(name_fault) {
        invalid.add("name", problem);
    }
    invalid
}

fn password_fault(email: &str, password: &PlainPassword) -> Invalid {
    let unfit = check_password(email, password).err();
    unfit.map(|unfit| Invalid::one("password", unfit.into())).unwrap_or_default()
}

/// The holder of the link of this user.
fn link_actor(at: &SignInContext<'_>, of: &str) -> Actor {
    at.actor(ActorKind::Link, of)
}
