use jiff::Timestamp;

use super::lock_and_audit::{check_right, entry};
use crate::control::Sentence;
use crate::control::operations::ids::new_id;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, NoSecret, OperationContext, OperationError, Outcome};
use crate::control::views::PublisherView;
use crate::credential::{Label, PlainToken, TokenFormat};
use crate::store::{PublisherRecord, StoreError, whole_millis};

#[derive(Debug, Clone)]
pub struct NewPublisher {
    /// 1 to [`MAX_NAME_LENGTH`](crate::control::operations::MAX_NAME_LENGTH) characters.
    pub name: String,
    /// The one account whose events it may post; `None` for all.
    pub account: Option<Label>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug)]
pub struct CreatedPublisher {
    pub record: PublisherRecord,
    /// Revealed once.
    pub token: PlainToken,
}

/// Creates a publisher.
///
/// # Errors
/// A refusal; [`Invalid`], also for an account that does not exist.
pub async fn create_publisher(
    call: &OperationContext<'_>,
    new: NewPublisher,
) -> Result<Outcome<CreatedPublisher>, OperationError> {
    check_right(call)?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let mut invalid = Invalid::default();
    if let Some(problem) = name_fault(&new.name) {
        invalid.add("name", problem);
    }
    if new.expires_at.is_some_and(|end| end <= call.now) {
        invalid.add("expires_at", Sentence::NotInFuture);
    }
    invalid.into_result()?;
    let token = TokenFormat::publisher().mint().map_err(|_| NoSecret::Machine)?;
    let record = PublisherRecord {
        id: new_id("pub_")?,
        name: new.name,
        digest: token.digest(),
        account: new.account,
        enabled: true,
        expires_at: new.expires_at.map(whole_millis),
        created_at: whole_millis(call.now),
        created_by: call.actor().id.clone(),
        last_used_at: None,
        revision: 1,
    };
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    transaction.insert_publisher(&record).await.map_err(|error| match error {
        StoreError::MissingReference => Invalid::one("account", Sentence::NoAccount).into(),
        other => OperationError::from(other),
    })?;
    call.record(&mut transaction, &entry("create_publisher", &record, None, Some(&record))).await?;
    call.store_response(&mut transaction, &PublisherView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(CreatedPublisher { record, token }))
}
