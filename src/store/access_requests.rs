//! Requests of accounts for API access.

use super::statement;
use super::timestamps::from_millis;
use jiff::Timestamp;
use jiff::civil::Date;

use super::transaction::{BATCH, Touched, build, lock_all, timed};
use super::{ActorKind, Listing, Store, StoreError, Transaction, UseCase, fetch, fetch_optional};
use crate::credential::Label;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// Not yet decided. An account has at most one such request.
    Pending,
    Approved,
    Declined,
    /// By the account.
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequestRecord {
    pub id: Label,
    pub account: Label,
    /// Decides who is notified of the decision.
    pub asked_by_kind: ActorKind,
    pub asked_by: String,
    /// The first day of use.
    pub start_on: Date,
    pub use_cases: Vec<UseCase>,
    /// A URL.
    pub privacy_policy: Option<String>,
    pub state: RequestState,
    /// Of a decline.
    pub reason: Option<String>,
    /// Id of the actor who approved, declined or withdrew it.
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Incremented by each write.
    pub revision: i64,
}

/// Conditions that all apply; the default matches every request.
#[derive(Debug, Clone, Default)]
pub struct AccessRequestFilter {
    pub account: Option<Label>,
    pub state: Option<RequestState>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account: String,
    asked_by_kind: String,
    asked_by: String,
    start_on: String,
    use_cases: String,
    privacy_policy: Option<String>,
    state: String,
    reason: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    created_at: i64,
    revision: i64,
}

const COLUMNS: &str = "id, account, asked_by_kind, asked_by, start_on, use_cases, privacy_policy, state, reason,
    decided_by, decided_at, created_at, revision";

impl Store {
    pub async fn access_request(&self, id: &str) -> Result<Option<AccessRequestRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_requests WHERE id = $1");
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// The next `limit` requests after this id: pending ones oldest first, all others newest first. Empty after an
    /// unknown id.
    pub async fn access_requests_after(
        &self,
        id: Option<&str>,
        filter: &AccessRequestFilter,
        limit: u32,
    ) -> Result<Listing<AccessRequestRecord>, StoreError> {
        let (comparison, order) = match filter.state {
            Some(RequestState::Pending) => (">", "created_at, id"),
            Some(RequestState::Approved | RequestState::Declined | RequestState::Withdrawn) | None => {
                ("<", "created_at DESC, id DESC")
            }
        };
        let begin = format!("SELECT {COLUMNS} FROM access_requests WHERE 1 = 1");
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            if let Some(account) = &filter.account {
                sql.push(" AND account = ").push_bind(account.as_str());
            }
            if let Some(state) = filter.state {
                sql.push(" AND state = ").push_bind(state.as_str());
            }
            if let Some(id) = id {
                sql.push(format!(
                    " AND (created_at, id) {comparison} (SELECT created_at, id FROM access_requests WHERE id = "
                ));
                sql.push_bind(id).push(")");
            }
            sql.push(format!(" ORDER BY {order} LIMIT ")).push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_id(rows, limit, |row| &row.id, Row::record))
    }
}

impl Transaction {
    /// Those of these ids that exist, locked until the commit.
    pub async fn access_requests(&mut self, ids: &[&str]) -> Result<Vec<AccessRequestRecord>, StoreError> {
        let rows: Vec<Row> = lock_all!(self, "access_requests", COLUMNS, ids)?;
        rows.into_iter().map(Row::record).collect()
    }

    pub async fn has_pending_request(&mut self, account: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM access_requests WHERE account = $1 AND state = 'pending'";
        let found: Option<(String,)> =
            timed!(self, |connection| statement::query_as(sql).bind(account).fetch_optional(connection))?;
        Ok(found.is_some())
    }

    /// # Errors
    /// [`StoreError::Taken`] when the account has a pending request, [`StoreError::MissingReference`] when there is no
    /// such account.
    pub async fn add_access_request(&mut self, record: &AccessRequestRecord) -> Result<(), StoreError> {
        self.write_requests(std::slice::from_ref(record), "").await
    }

    /// Writes decisions on existing requests, and increments their revisions.
    pub async fn put_access_requests(&mut self, records: &[AccessRequestRecord]) -> Result<(), StoreError> {
        self.write_requests(
            records,
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            decided_by = excluded.decided_by, decided_at = excluded.decided_at,
            revision = access_requests.revision + 1",
        )
        .await
    }

    async fn write_requests(&mut self, records: &[AccessRequestRecord], on_conflict: &str) -> Result<(), StoreError> {
        let begin = format!("INSERT INTO access_requests ({COLUMNS}) ");
        for batch in records.chunks(BATCH) {
            let _touched: Touched = build!(self, begin.clone(), |sql, connection| {
                sql.push_values(batch, |mut row, record| {
                    let use_cases: Vec<String> = record.use_cases.iter().map(ToString::to_string).collect();
                    row.push_bind(record.id.as_str())
                        .push_bind(record.account.as_str())
                        .push_bind(record.asked_by_kind.as_str())
                        .push_bind(&record.asked_by)
                        .push_bind(record.start_on.to_string())
                        .push_bind(serde_json::Value::from(use_cases).to_string())
                        .push_bind(&record.privacy_policy)
                        .push_bind(record.state.as_str())
                        .push_bind(&record.reason)
                        .push_bind(&record.decided_by)
                        .push_bind(record.decided_at.map(Timestamp::as_millisecond))
                        .push_bind(record.created_at.as_millisecond())
                        .push("1");
                });
                sql.push(on_conflict);
                sql.build().persistent(false).execute(connection)
            })?;
        }
        Ok(())
    }
}

impl Row {
    fn record(self) -> Result<AccessRequestRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "access_requests", column, id: self.id.clone() };
        let words: Vec<String> = serde_json::from_str(&self.use_cases).map_err(|_| broken("use_cases"))?;
        let use_cases = words.iter().map(|word| word.parse()).collect::<Result<_, _>>();
        Ok(AccessRequestRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            account: self.account.parse().map_err(|_| broken("account"))?,
            asked_by_kind: ActorKind::from_stored(&self.asked_by_kind).ok_or_else(|| broken("asked_by_kind"))?,
            start_on: self.start_on.parse().map_err(|_| broken("start_on"))?,
            use_cases: use_cases.map_err(|_| broken("use_cases"))?,
            state: RequestState::from_stored(&self.state).ok_or_else(|| broken("state"))?,
            decided_at: self.decided_at.map(from_millis).transpose().map_err(|()| broken("decided_at"))?,
            created_at: from_millis(self.created_at).map_err(|()| broken("created_at"))?,
            asked_by: self.asked_by.clone(),
            privacy_policy: self.privacy_policy.clone(),
            reason: self.reason.clone(),
            decided_by: self.decided_by.clone(),
            revision: self.revision,
        })
    }
}

impl RequestState {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Declined, Self::Withdrawn];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
