//! How much waits, and how many webhooks there are in each state.

use jiff::Timestamp;

use super::read::JOINS;
use super::stop::{WebhookState, state_expression};
use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch};

/// For metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookBacklog {
    /// Events without deliveries yet.
    pub events: u64,
    /// When the oldest of them was written.
    pub oldest_event: Option<Timestamp>,
    /// Deliveries that wait for an attempt.
    pub waiting: u64,
    /// When the next attempt is, or was, due; in the past, it is late.
    pub oldest: Option<Timestamp>,
    pub states: [(WebhookState, u64); 5],
}

impl Store {
    pub async fn webhook_backlog(&self, now: Timestamp) -> Result<WebhookBacklog, StoreError> {
        let sql = "SELECT 'events' AS what, COUNT(*) AS rows_, MIN(created_at) AS oldest FROM events
            WHERE fanned_out_at IS NULL
            UNION ALL SELECT 'waiting', COUNT(*), MIN(next_at) FROM deliveries WHERE state = 'waiting'
            UNION ALL SELECT ";
        let rows: Vec<(String, i64, Option<i64>)> = fetch!(self, sql, |sql, connection| {
            let state = state_expression(now);
            sql.push(state).push(" AS state, COUNT(*), NULL FROM ").push(JOINS).push(" GROUP BY 1");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let found = |what: &str| {
            let row = rows.iter().find(|(word, ..)| word == what);
            let count = row.map_or(0, |(_, count, _)| u64::try_from(*count).unwrap_or_default());
            (count, row.and_then(|(.., oldest)| from_millis((*oldest)?).ok()))
        };
        let ((events, oldest_event), (waiting, oldest)) = (found("events"), found("waiting"));
        let states = WebhookState::ALL.map(|state| (state, found(state.as_str()).0));
        Ok(WebhookBacklog { events, oldest_event, waiting, oldest, states })
    }
}
