use std::collections::BTreeSet;

use super::posted_event::{MAX_CREDENTIALS, MAX_EVENT_BYTES, MAX_EVENTS, PostedEvent, event_field};
use crate::control::Sentence;
use crate::control::operations::events::event_body;
use crate::control::operations::{Invalid, NotFound, OperationError, OperationRefusal, Terms};
use crate::credential::Label;
use crate::store::{EventSource, NewEvent, PublisherRecord, Store};

/// Length of an event id: the size is checked with a body that has none yet.
const ID_BYTES: usize = 36;

/// An event that was accepted, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedEvent {
    pub id: String,
    /// The publisher posted an event with this id before; nothing is sent again.
    pub is_repeated: bool,
}

/// Records events of the API behind: all of them, or none. Returns them in their order.
///
/// # Errors
/// [`Invalid`]; [`NotFound`] for an account that does not exist, or that this publisher may not post for.
pub async fn post_events(
    store: &Store,
    terms: Terms<'_>,
    publisher: &PublisherRecord,
    posted: &[PostedEvent],
    now: jiff::Timestamp,
) -> Result<Vec<AcceptedEvent>, OperationError> {
    let webhooks = terms.webhooks.ok_or(OperationRefusal::from(NotFound("publisher")))?;
    if !(1..=MAX_EVENTS).contains(&posted.len()) {
        return Err(Invalid::one("events", Sentence::CountOutOfRange { max: MAX_EVENTS.into() }).into());
    }
    let position = |index: usize| (posted.len() > 1).then_some(index);
    let mut invalid = Invalid::default();
    for (index, event) in posted.iter().enumerate() {
        invalid = invalid.and(event.faults(&webhooks.settings, terms.catalogs.scopes, now, position(index)));
    }
    let mut ids = BTreeSet::new();
    if let Some(index) = posted.iter().position(|event| !ids.insert(event.id.as_str())) {
        invalid
            .add(event_field(position(index), "id"), Sentence::english("is that of an earlier event of this request"));
    }
    if let Some(index) =
        posted.iter().position(|event| draft(event, String::new()).body.len() > MAX_EVENT_BYTES - ID_BYTES)
    {
        let problem = format!("is too large: an event has at most {MAX_EVENT_BYTES} bytes");
        invalid.add(event_field(position(index), "data"), Sentence::english(problem));
    }
    invalid.into_result()?;
    check_accounts(store, publisher, posted).await?;
    check_credentials(store, posted).await?;
    let mut transaction = store.begin(now).await?;
    let drafts: Vec<Draft<'_>> = posted.iter().map(|event| draft(event, transaction.next_event_id())).collect();
    let parsed: Result<Vec<NewEvent<'_>>, OperationError> = drafts.iter().map(|draft| draft.event(publisher)).collect();
    let inserted = transaction.insert_events(&parsed?).await?;
    transaction.commit().await?;
    Ok(inserted.into_iter().map(|event| AcceptedEvent { id: event.id, is_repeated: !event.is_new }).collect())
}

/// An account that does not exist and one of another publisher look the same.
async fn check_accounts(
    store: &Store,
    publisher: &PublisherRecord,
    posted: &[PostedEvent],
) -> Result<(), OperationError> {
    let accounts: BTreeSet<&str> = posted.iter().map(|event| event.account.as_str()).collect();
    for account in accounts {
        let is_own = publisher.account.as_ref().is_none_or(|own| own.as_str() == account);
        // PostgreSQL takes no text with a NUL, not even to look for it.
        let is_id = account.parse::<Label>().is_ok();
        if !is_own || !is_id || store.account(account).await?.is_none() {
            return Err(OperationRefusal::from(NotFound("account")).into());
        }
    }
    Ok(())
}

async fn check_credentials(store: &Store, posted: &[PostedEvent]) -> Result<(), OperationError> {
    let mut checked = BTreeSet::new();
    for (index, event) in posted.iter().enumerate() {
        for id in event.credentials.iter().flatten() {
            if !checked.insert((event.account.as_str(), id.as_str())) {
                continue;
            }
            if checked.len() > MAX_CREDENTIALS {
                let problem = format!("must be at most {MAX_CREDENTIALS} in all events of a request");
                return Err(Invalid::one("credentials", Sentence::english(problem)).into());
            }
            let found = store.credential(id).await?;
            if found.is_none_or(|record| record.account.as_str() != event.account) {
                let field = event_field((posted.len() > 1).then_some(index), "credentials");
                let problem = format!("{} is not a credential of account {}", id.escape_debug(), event.account);
                return Err(Invalid::one(field, Sentence::english(problem)).into());
            }
        }
    }
    Ok(())
}

/// An event with its new id and its body.
struct Draft<'e> {
    posted: &'e PostedEvent,
    id: String,
    account: Option<Label>,
    scope: Option<Label>,
    credentials: Option<Vec<Label>>,
    body: String,
}

fn draft(posted: &PostedEvent, id: String) -> Draft<'_> {
    let kind = format!("{}.{}", posted.entity, posted.operation);
    let body = event_body(&id, &kind, posted.occurred_at, &posted.account, &posted.data);
    let labels = |ids: &Vec<String>| ids.iter().filter_map(|id| id.parse().ok()).collect();
    Draft {
        posted,
        id,
        account: posted.account.parse().ok(),
        scope: posted.scope.as_deref().and_then(|scope| scope.parse().ok()),
        credentials: posted.credentials.as_ref().map(labels),
        body,
    }
}

impl Draft<'_> {
    fn event<'d>(&'d self, publisher: &'d PublisherRecord) -> Result<NewEvent<'d>, OperationError> {
        let account = self.account.as_ref().ok_or(OperationRefusal::from(NotFound("account")))?;
        Ok(NewEvent {
            id: &self.id,
            account,
            entity: &self.posted.entity,
            operation: &self.posted.operation,
            credential: None,
            credentials: self.credentials.as_deref(),
            scope: self.scope.as_ref(),
            source: Some(EventSource { publisher: &publisher.id, id: &self.posted.id }),
            occurred_at: self.posted.occurred_at,
            body: &self.body,
        })
    }
}
