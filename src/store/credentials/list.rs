//! Listing and counting credentials by filter. Which rows match is read from one covering index
//! (`credentials_of_account`, `credentials_of_all`).

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::read::{Row, columns, joins};
use super::search_index::KIND;
use crate::credential::Label;
use crate::store::reveals::MAX_TRIES;
use crate::store::{CredentialRecord, Cursor, Listing, Pools, Store, StoreError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    Token,
    /// Basic credentials.
    Password,
    /// A user's own key.
    Own,
}

/// The first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialState {
    /// Has no secret, and a link waits to show one.
    Waiting,
    /// Has no secret.
    Cleared,
    Disabled,
    Expired,
    Enabled,
}

/// Conditions that all apply; the default matches every credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CredentialFilter {
    pub account: Option<Label>,
    pub owner: Option<Label>,
    /// Part of the name or the e-mail address of the user whose own key it is, case-insensitive as far as the database
    /// folds letters.
    pub owner_part: Option<String>,
    /// Part of name, id or user name, case-insensitive.
    pub part: Option<String>,
    /// Inclusive.
    pub created_from: Option<Timestamp>,
    /// Exclusive.
    pub created_before: Option<Timestamp>,
    pub state: Option<CredentialState>,
    pub kind: Option<CredentialKind>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateCounts {
    pub waiting: i64,
    pub cleared: i64,
    pub disabled: i64,
    pub expired: i64,
    pub enabled: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    total: i64,
    waiting: i64,
    cleared: i64,
    disabled: i64,
    expired: i64,
}

/// Conditions for either database; `$locate` is its function to find a substring.
macro_rules! filtered {
    ($sql:expr, $filter:expr, $kind:expr, $state:expr, $now:expr, $locate:literal) => {{
        $sql.push(" WHERE TRUE");
        if let Some(account) = &$filter.account {
            $sql.push(" AND account = ").push_bind(account.as_str());
        }
        if let Some(owner) = &$filter.owner {
            $sql.push(" AND owner = ").push_bind(owner.as_str());
        }
        if let Some(part) = &$filter.owner_part {
            $sql.push(concat!(" AND owner IN (SELECT id FROM users WHERE (", $locate, "(lower(email), "));
            $sql.push_bind(part.to_lowercase()).push(concat!(") > 0 OR ", $locate, "(lower(name), "));
            $sql.push_bind(part.to_lowercase()).push(concat!(") > 0 OR ", $locate, "(name, "));
            $sql.push_bind(part.as_str()).push(") > 0)");
            if let Some(account) = &$filter.account {
                $sql.push(" AND account = ").push_bind(account.as_str());
            }
            $sql.push(")");
        }
        if let Some(from) = $filter.created_from {
            $sql.push(" AND created_at >= ").push_bind(from.as_millisecond());
        }
        if let Some(before) = $filter.created_before {
            $sql.push(" AND created_at < ").push_bind(before.as_millisecond());
        }
        if let Some(kind) = $filter.kind {
            $sql.push(" AND ").push($kind).push(" = ").push_bind(kind.as_str());
        }
        if let Some(state) = $state {
            $sql.push(" AND ").push(CredentialState::condition(state, $now));
        }
        if let Some(part) = &$filter.part {
            $sql.push(concat!(" AND ", $locate, "(search, ")).push_bind(part.to_lowercase()).push(") > 0");
        }
    }};
}

macro_rules! list {
    ($connection:expr, $database:ty, $locate:literal, $filter:expr, $kind:expr, $after:expr, $limit:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new(format!("SELECT {} FROM (SELECT id FROM credentials", columns()));
        filtered!(sql, $filter, $kind, $filter.state, $now, $locate);
        if let Some(cursor) = $after {
            sql.push(" AND (created_at, id) < (").push_bind(cursor.created_at.as_millisecond());
            sql.push(", ").push_bind(cursor.id.as_str()).push(")");
        }
        // One more row shows whether there is a next page.
        sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from($limit) + 1);
        sql.push(") l JOIN credentials c ON c.id = l.id ").push(joins());
        sql.push(" ORDER BY c.created_at DESC, c.id DESC");
        sql.build_query_as::<Row>().persistent(false).fetch_all($connection).await?
    }};
}

macro_rules! count {
    ($connection:expr, $database:ty, $locate:literal, $filter:expr, $kind:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new("SELECT COUNT(*) AS total");
        // Enabled ones are the remainder: their condition is the most expensive.
        for state in CredentialState::ALL.into_iter().filter(|state| *state != CredentialState::Enabled) {
            sql.push(", COUNT(*) FILTER (WHERE ").push(state.condition($now)).push(") AS ").push(state.as_str());
        }
        sql.push(" FROM credentials");
        filtered!(sql, $filter, $kind, None::<CredentialState>, $now, $locate);
        sql.build_query_as::<CountRow>().persistent(false).fetch_one($connection).await?
    }};
}

impl Store {
    /// The newest `limit` credentials after the cursor.
    pub async fn list_credentials(
        &self,
        filter: &CredentialFilter,
        after: Option<&Cursor>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Listing<CredentialRecord>, StoreError> {
        let kind = self.kind_expression(filter).await?;
        let rows: Vec<Row> = self
            .timed(async {
                Ok(match &self.pools {
                    Pools::Sqlite { read, .. } => {
                        list!(&mut *read.acquire().await?, sqlx::Sqlite, "instr", filter, kind, after, limit, now)
                    }
                    Pools::Postgres(pool) => {
                        let mut transaction = pool.begin().await?;
                        let found = list!(&mut *transaction, sqlx::Postgres, "strpos", filter, kind, after, limit, now);
                        transaction.commit().await?;
                        found
                    }
                })
            })
            .await?;
        Ok(Listing::by_cursor(rows, limit, Row::key, Row::record))
    }

    /// How many match in each state; the state of the filter is ignored. They are counted anew after any change in the
    /// change feed. One that has expired since then, or whose link has, may count as before for five seconds.
    pub async fn count_credentials(
        &self,
        filter: &CredentialFilter,
        now: Timestamp,
    ) -> Result<StateCounts, StoreError> {
        let filter = CredentialFilter { state: None, ..filter.clone() };
        // Before they are counted, so that a change in between makes them old.
        let position = self.position().await?.point;
        if let Some(counts) = self.counts.get(&filter, position, now) {
            return Ok(counts);
        }
        let counts = self.count_now(&filter, now).await?;
        self.counts.insert(&filter, position, now, counts);
        Ok(counts)
    }

    async fn count_now(&self, filter: &CredentialFilter, now: Timestamp) -> Result<StateCounts, StoreError> {
        let kind = self.kind_expression(filter).await?;
        let row: CountRow = self
            .timed(async {
                Ok(match &self.pools {
                    Pools::Sqlite { read, .. } => {
                        count!(&mut *read.acquire().await?, sqlx::Sqlite, "instr", filter, kind, now)
                    }
                    Pools::Postgres(pool) => {
                        let mut transaction = pool.begin().await?;
                        let found = count!(&mut *transaction, sqlx::Postgres, "strpos", filter, kind, now);
                        transaction.commit().await?;
                        found
                    }
                })
            })
            .await?;
        let CountRow { total, waiting, cleared, disabled, expired } = row;
        let enabled = total - waiting - cleared - disabled - expired;
        Ok(StateCounts { waiting, cleared, disabled, expired, enabled })
    }

    /// The SQL for the kind. While a migration fills the column in, the kind is computed, which is slower; the search
    /// text cannot be.
    async fn kind_expression(&self, filter: &CredentialFilter) -> Result<&'static str, StoreError> {
        if (filter.kind.is_none() && filter.part.is_none()) || self.is_filled().await? {
            return Ok("kind");
        }
        if filter.part.is_some() {
            return Err(StoreError::Unavailable(
                "credentials cannot be searched until claviger database migrate has finished".into(),
            ));
        }
        Ok(KIND)
    }
}

impl CredentialKind {
    pub const ALL: [Self; 3] = [Self::Token, Self::Password, Self::Own];

    pub fn of(record: &CredentialRecord) -> Self {
        match (&record.owner, record.username()) {
            (Some(_), _) => Self::Own,
            (None, Some(_)) => Self::Password,
            (None, None) => Self::Token,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::Own => "own",
        }
    }
}

impl CredentialState {
    /// In the order in which they apply.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Cleared, Self::Disabled, Self::Expired, Self::Enabled];

    pub fn of(record: &CredentialRecord, now: Timestamp) -> Self {
        match (record.secret.is_cleared(), record.enabled) {
            (true, _) if record.is_delivered(now) => Self::Waiting,
            (true, _) => Self::Cleared,
            (false, false) => Self::Disabled,
            (false, true) if record.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            (false, true) => Self::Enabled,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Cleared => "cleared",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Enabled => "enabled",
        }
    }

    fn condition(self, now: Timestamp) -> String {
        let now = now.as_millisecond();
        match self {
            Self::Waiting => format!("cleared AND {}", waits(now)),
            Self::Cleared => format!("cleared AND NOT {}", waits(now)),
            Self::Disabled => "NOT cleared AND NOT enabled".to_owned(),
            Self::Expired => format!("NOT cleared AND enabled AND expires_at <= {now}"),
            Self::Enabled => format!("NOT cleared AND enabled AND (expires_at IS NULL OR expires_at > {now})"),
        }
    }
}

/// That a link waits to show the secret of a credential: as [`RevealRecord::state`](crate::store::RevealRecord::state).
/// Not correlated, so that it is read once.
fn waits(now: i64) -> String {
    format!(
        "id IN (SELECT credential FROM reveals WHERE revealed_at IS NULL AND superseded_at IS NULL AND tries < {MAX_TRIES}
        AND ends_at > {now})"
    )
}

impl StateCounts {
    pub fn total(&self) -> i64 {
        self.waiting + self.cleared + self.disabled + self.expired + self.enabled
    }
}
