//! Writing events, in the transaction of the change that they report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::credential::{Label, time_ordered_id};
use crate::store::transaction::{BATCH, bind_list, build};
use crate::store::{StoreError, Transaction};

/// An event to write. Its type is `entity.operation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent<'e> {
    /// From [`Transaction::next_event_id`]; the body has it too.
    pub id: &'e str,
    pub account: &'e Label,
    pub entity: &'e str,
    pub operation: &'e str,
    /// Of an event of this program: the credential it is about.
    pub credential: Option<&'e Label>,
    /// Only these credentials receive it; `None`: all, an empty list: none.
    pub credentials: Option<&'e [Label]>,
    /// Only credentials with this scope receive it.
    pub scope: Option<&'e Label>,
    /// Of an event of the API behind.
    pub source: Option<EventSource<'e>>,
    pub occurred_at: Timestamp,
    /// JSON, sent as it is.
    pub body: &'e str,
}

/// Who posted an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventSource<'e> {
    pub publisher: &'e Label,
    /// That the publisher gave the event.
    pub id: &'e str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertedEvent {
    /// Of the event that the database has.
    pub id: String,
    /// False: the same publisher posted an event with this id before, and nothing was written.
    pub is_new: bool,
}

impl Transaction {
    /// In order within this transaction, too.
    pub fn next_event_id(&mut self) -> String {
        self.next_ordered_id("evt_")
    }

    pub(in crate::store) fn next_ordered_id(&mut self, prefix: &str) -> String {
        self.entries = self.entries.saturating_add(1);
        format!("{prefix}{}", time_ordered_id(self.now, Some(self.entries)).simple())
    }

    /// Writes events, created now. The answers are in the order of the events.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] for an unknown account.
    pub async fn insert_events(&mut self, events: &[NewEvent<'_>]) -> Result<Vec<InsertedEvent>, StoreError> {
        let mut ordered: Vec<&NewEvent<'_>> = events.iter().collect();
        // In one order, so that concurrent transactions of a publisher cannot deadlock.
        ordered.sort_by_key(|event| event.source);
        let mut inserted = BTreeSet::new();
        for batch in ordered.chunks(BATCH) {
            inserted.extend(self.insert_batch(batch).await?);
        }
        let seen = ordered.iter().filter(|event| !inserted.contains(event.id)).filter_map(|event| event.source);
        let seen: Vec<EventSource<'_>> = seen.collect();
        let known = self.known_events(&seen).await?;
        let outcome = |event: &NewEvent<'_>| {
            if inserted.contains(event.id) {
                return Ok(InsertedEvent { id: event.id.to_owned(), is_new: true });
            }
            let key = event.source.map(|source| (source.publisher.as_str().to_owned(), source.id.to_owned()));
            let existing = key.and_then(|key| known.get(&key).cloned());
            // Deleted at this moment.
            let gone = || StoreError::Unavailable("an earlier event with the same id was just deleted".into());
            Ok(InsertedEvent { id: existing.ok_or_else(gone)?, is_new: false })
        };
        events.iter().map(outcome).collect()
    }

    /// The ids of those that were written.
    async fn insert_batch(&mut self, batch: &[&NewEvent<'_>]) -> Result<Vec<String>, StoreError> {
        let now = self.now.as_millisecond();
        let begin =
            "INSERT INTO events (id, account, type, entity, operation, credential, credentials, scope, publisher,
            source_id, occurred_at, created_at, body) ";
        let rows: Vec<(String,)> = build!(self, begin, |sql, connection| {
            sql.push_values(batch, |mut row, event| {
                row.push_bind(event.id)
                    .push_bind(event.account.as_str())
                    .push_bind(format!("{}.{}", event.entity, event.operation))
                    .push_bind(event.entity)
                    .push_bind(event.operation)
                    .push_bind(event.credential.map(Label::as_str))
                    .push_bind(event.credentials.map(words))
                    .push_bind(event.scope.map(Label::as_str))
                    .push_bind(event.source.map(|source| source.publisher.as_str()))
                    .push_bind(event.source.map(|source| source.id))
                    .push_bind(event.occurred_at.as_millisecond())
                    .push_bind(now)
                    .push_bind(event.body);
            });
            sql.push(" ON CONFLICT (publisher, source_id) WHERE publisher IS NOT NULL DO NOTHING RETURNING id");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Ids of the events that the database has, by publisher and its id.
    async fn known_events(
        &mut self,
        sources: &[EventSource<'_>],
    ) -> Result<BTreeMap<(String, String), String>, StoreError> {
        let mut known = BTreeMap::new();
        for publisher in sources.iter().map(|source| source.publisher).collect::<BTreeSet<_>>() {
            let ids: Vec<&str> =
                sources.iter().filter(|source| source.publisher == publisher).map(|source| source.id).collect();
            for batch in ids.chunks(BATCH) {
                let rows: Vec<(String, String)> =
                    build!(self, "SELECT source_id, id FROM events WHERE publisher = ", |sql, connection| {
                        sql.push_bind(publisher.as_str()).push(" AND source_id IN (");
                        bind_list!(sql, batch.iter().copied());
                        sql.push(")");
                        sql.build_query_as().persistent(false).fetch_all(connection)
                    })?;
                known.extend(rows.into_iter().map(|(of, id)| ((publisher.as_str().to_owned(), of), id)));
            }
        }
        Ok(known)
    }
}

fn words(labels: &[Label]) -> String {
    labels.iter().map(Label::as_str).collect::<Vec<_>>().join(" ")
}
