//! Requests of accounts to be let use the API.

use jiff::Timestamp;
use jiff::civil::Date;

use super::credentials::gate::moment;
use super::credentials::write::BATCH;
use super::transaction::{Touched, built, listed, within};
use super::{ActorKind, Listing, Store, StoreError, Transaction, UseCase, asked, one};
use crate::credential::Label;

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// Nobody has decided yet. An account has one such request at most.
    Pending,
    /// The account was let use the API.
    Approved,
    /// It was not.
    Declined,
    /// The account did not want it any more.
    Withdrawn,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequestRecord {
    /// Unique for good.
    pub id: Label,
    /// Which account wants access.
    pub account: Label,
    /// What kind of caller asked: who is to be told.
    pub asked_by_kind: ActorKind,
    /// Which one.
    pub asked_by: String,
    /// When they want to begin.
    pub start_on: Date,
    /// For what.
    pub use_cases: Vec<UseCase>,
    /// Where they say what they do with data.
    pub privacy_policy: Option<String>,
    /// How it stands.
    pub state: RequestState,
    /// Why it was declined.
    pub reason: Option<String>,
    /// Who approved, declined or withdrew it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes.
    pub revision: i64,
}

/// Which requests are wanted; of all that is said, both.
#[derive(Debug, Clone, Default)]
pub struct AccessRequestFilter {
    /// Of this account.
    pub account: Option<Label>,
    /// That stand so.
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
    /// The request with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn access_request(&self, id: &str) -> Result<Option<AccessRequestRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_requests WHERE id = $1");
        let row: Option<Row> = one!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// The next requests behind the one with this id, in the order in which they were made; those that wait for a
    /// decision the oldest first, all others the newest first. Behind an id that there is not, there is nothing.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn access_requests_after(
        &self,
        id: Option<&str>,
        filter: &AccessRequestFilter,
        most: u32,
    ) -> Result<Listing<AccessRequestRecord>, StoreError> {
        let (behind, order) = match filter.state {
            Some(RequestState::Pending) => (">", "created_at, id"),
            Some(RequestState::Approved | RequestState::Declined | RequestState::Withdrawn) | None => {
                ("<", "created_at DESC, id DESC")
            }
        };
        let begin = format!("SELECT {COLUMNS} FROM access_requests WHERE 1 = 1");
        let rows: Vec<Row> = asked!(self, begin, |sql, pool| {
            if let Some(account) = &filter.account {
                sql.push(" AND account = ").push_bind(account.as_str());
            }
            if let Some(state) = filter.state {
                sql.push(" AND state = ").push_bind(state.as_str());
            }
            if let Some(id) = id {
                sql.push(format!(
                    " AND (created_at, id) {behind} (SELECT created_at, id FROM access_requests WHERE id = "
                ));
                sql.push_bind(id).push(")");
            }
            sql.push(format!(" ORDER BY {order} LIMIT ")).push_bind(i64::from(most) + 1);
            sql.build_query_as().persistent(false).fetch_all(pool)
        })?;
        Ok(Listing::of(rows, most, |row| &row.id, Row::record))
    }
}

impl Transaction {
    /// Those of these requests that there are, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn access_requests(&mut self, ids: &[&str]) -> Result<Vec<AccessRequestRecord>, StoreError> {
        let mut found = Vec::new();
        let lock = self.for_update();
        for batch in ids.chunks(BATCH) {
            let begin = format!("SELECT {COLUMNS} FROM access_requests WHERE id IN (");
            let rows: Vec<Row> = built!(self, begin, |sql, connection| {
                listed!(sql, batch.iter().copied());
                // In the order of their ids, so that two who want the same ones do not wait for each other.
                sql.push(") ORDER BY id").push(lock);
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            found.extend(rows.into_iter().map(Row::record).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    /// True while a request of this account waits for a decision.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn has_pending_request(&mut self, account: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM access_requests WHERE account = $1 AND state = 'pending'";
        let found: Option<(String,)> =
            within!(self, |connection| sqlx::query_as(sql).bind(account).fetch_optional(connection))?;
        Ok(found.is_some())
    }

    /// Writes a new request.
    ///
    /// # Errors
    /// When its account has one that waits, or does not exist, or the database cannot be written.
    pub async fn add_access_request(&mut self, record: &AccessRequestRecord) -> Result<(), StoreError> {
        self.write_requests(std::slice::from_ref(record), "").await
    }

    /// Writes what has been decided about requests that there are. Their revisions are counted here.
    ///
    /// # Errors
    /// When the database cannot be written.
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
            let _touched: Touched = built!(self, begin.clone(), |sql, connection| {
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
            decided_at: self.decided_at.map(moment).transpose().map_err(|()| broken("decided_at"))?,
            created_at: moment(self.created_at).map_err(|()| broken("created_at"))?,
            asked_by: self.asked_by.clone(),
            privacy_policy: self.privacy_policy.clone(),
            reason: self.reason.clone(),
            decided_by: self.decided_by.clone(),
            revision: self.revision,
        })
    }
}

impl RequestState {
    /// Every one there is.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Declined, Self::Withdrawn];

    /// As it is stored and written.
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
