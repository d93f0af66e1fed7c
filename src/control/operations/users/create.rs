use super::change::{UserConflict, email_conflict, entry};
use super::delegation::{account_fault, check_grant};
use super::setup_link::{NewSetupLink, add_link};
use crate::control::Sentence;
use crate::control::operations::contact_validation::email_fault;
use crate::control::operations::ids::new_id;
use crate::control::operations::notice_mails;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, Outcome, Right};
use crate::control::views::UserView;
use crate::credential::Label;
use crate::store::{Role, StoreError, UserRecord, whole_millis};

#[derive(Debug, Clone)]
pub struct NewUser {
    pub role: Role,
    /// `None` for staff.
    pub account: Option<Label>,
    /// Address they sign in with.
    pub email: String,
    /// 1 to [`MAX_NAME_LENGTH`](crate::control::operations::MAX_NAME_LENGTH) characters.
    pub name: Option<String>,
}

#[derive(Debug)]
pub struct CreatedUser {
    pub record: UserRecord,
    /// Revealed once. `None` where mail is set: an invitation with a link is sent to the user, who alone sees it.
    pub link: Option<NewSetupLink>,
}

/// Creates a user. A set-up link, with which they choose their password, is sent to them, or returned where no mail is
/// set.
///
/// # Errors
/// A [`OperationRefusal`](crate::control::operations::OperationRefusal) for a role or account that the caller may not give; [`Invalid`],
/// also for an account that does not exist; [`UserConflict::EmailTaken`].
pub async fn create_user(
    call: &OperationContext<'_>,
    new: NewUser,
) -> Result<Outcome<CreatedUser>, OperationError<UserConflict>> {
    let reach = call.reach(Right::ManageUsers)?;
    let account_fault = account_fault(new.role, new.account.as_ref());
    if account_fault.is_none() || new.role == Role::Staff {
        check_grant(reach, new.role, new.account.as_ref())?;
    }
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let mut invalid = Invalid::default();
    if let Some(problem) = account_fault {
        invalid.add("account", problem);
    }
    if let Some(problem) = email_fault(&new.email) {
        invalid.add("email", problem);
    }
    if let Some(problem) = new.name.as_deref().and_then(name_fault) {
        invalid.add("name", problem);
    }
    invalid.into_result()?;
    let record = UserRecord {
        id: new_id("usr_")?,
        account: new.account,
        email: new.email,
        name: new.name,
        role: new.role,
        password_hash: None,
        enabled: true,
        created_at: whole_millis(call.now),
        revision: 1,
    };
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    transaction.add_user(&record).await.map_err(|error| match error {
        StoreError::MissingReference => Invalid::one("account", Sentence::NoAccount).into(),
        error => email_conflict::<OperationError<_>>(error),
    })?;
    let link = if call.terms.delivery.mail.is_some() {
        notice_mails::invitation(call, &mut transaction, &record).await?;
        None
    } else {
        Some(add_link(call, &mut transaction, Some(&record.id)).await?)
    };
    transaction.audit(call.actor(), &entry("create_user", &record, None, Some(&record))).await?;
    call.store_response(&mut transaction, &UserView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(CreatedUser { record, link }))
}
