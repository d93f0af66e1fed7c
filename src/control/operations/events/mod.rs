//! Events: what webhooks send. Those of this program are written with the audit entries of a change, in its transaction.

mod event_body;
mod event_types;
mod example;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::control::operations::OperationContext;
use crate::credential::Label;
use crate::store::{Actor, AuditEntry, NewEvent, StoreError, Transaction};

pub(in crate::control) use event_body::event_body;
pub(in crate::control) use event_types::TEST;
pub(in crate::control) use event_types::{EXPIRED, EXPIRING};
pub use event_types::{EventType, OWN_ENTITIES};
pub(in crate::control) use example::example;

impl OperationContext<'_> {
    /// Writes the audit entry of a change, and the event that webhooks send about it.
    pub(super) async fn record(&self, transaction: &mut Transaction, entry: &AuditEntry) -> Result<(), StoreError> {
        self.record_all(transaction, self.actor(), std::slice::from_ref(entry)).await
    }

    /// The same for a change by another actor than the caller.
    pub(super) async fn record_as(
        &self,
        transaction: &mut Transaction,
        actor: &Actor,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_all(transaction, actor, std::slice::from_ref(entry)).await
    }

    pub(super) async fn record_all(
        &self,
        transaction: &mut Transaction,
        actor: &Actor,
        entries: &[AuditEntry],
    ) -> Result<(), StoreError> {
        transaction.audit_all(actor, entries).await?;
        if self.terms.webhooks.is_none() {
            return Ok(());
        }
        let drafts: Vec<EventDraft> =
            entries.iter().filter_map(|entry| EventDraft::of(entry, self.now, transaction.next_event_id())).collect();
        let events: Vec<NewEvent<'_>> = drafts.iter().map(EventDraft::event).collect();
        transaction.insert_events(&events).await.map(drop)
    }
}

/// An event of this program, before it is written.
pub(in crate::control) struct EventDraft {
    id: String,
    account: Label,
    kind: EventType,
    /// That it is about.
    credential: Option<Label>,
    occurred_at: Timestamp,
    body: String,
}

impl EventDraft {
    /// `None` for an entry that is no event. `id` is a new one of the transaction.
    fn of(entry: &AuditEntry, at: Timestamp, id: String) -> Option<Self> {
        let kind = EventType::of(entry)?;
        let account = entry.account.as_deref()?.parse().ok()?;
        let credential = (kind.entity == "credential").then(|| entry.target.parse().ok()).flatten();
        Some(Self::new(id, (kind, account), credential, at, &event_body::data(kind.entity, entry)))
    }

    pub(in crate::control) fn new(
        id: String,
        (kind, account): (EventType, Label),
        credential: Option<Label>,
        at: Timestamp,
        data: &Value,
    ) -> Self {
        let body = event_body(&id, &kind.to_string(), at, account.as_str(), data);
        Self { id, account, kind, credential, occurred_at: at, body }
    }

    /// What an event shows of a credential, from its audit state.
    pub(in crate::control) fn credential_data(id: &Label, state: &Value) -> Value {
        json!({"credential": event_body::shown("credential", id.as_str(), state)})
    }

    pub(in crate::control) fn event(&self) -> NewEvent<'_> {
        NewEvent {
            id: &self.id,
            account: &self.account,
            entity: self.kind.entity,
            operation: self.kind.operation,
            credential: self.credential.as_ref(),
            credentials: None,
            scope: None,
            source: None,
            occurred_at: self.occurred_at,
            body: &self.body,
        }
    }
}
