//! Credentials by what people look for: some of them at a time, and how many there are. Which ones is read from one
//! index alone (`credentials_of_account`, `credentials_of_all`).

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::read::{COLUMNS, FROM, Row};
use super::search_index::KIND;
use crate::credential::Label;
use crate::store::{CredentialRecord, Cursor, Listing, Pools, Store, StoreError};

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A token of an account.
    Token,
    /// A Basic pair of an account.
    Password,
    /// A user's own key.
    Own,
}

/// What becomes of a request with it; the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialState {
    /// It has no secret.
    Cleared,
    /// Switched off.
    Disabled,
    /// Past its date.
    Expired,
    /// None of these.
    Enabled,
}

/// Which credentials are meant. Nothing means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialFilter {
    /// Of this account.
    pub account: Option<Label>,
    /// Of this user.
    pub owner: Option<Label>,
    /// With this in their name, id or user name, in letters of any size.
    pub part: Option<String>,
    /// Made at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Made before this moment.
    pub created_before: Option<Timestamp>,
    /// In this state now.
    pub state: Option<CredentialState>,
    /// Of this kind.
    pub kind: Option<CredentialKind>,
}

/// How many are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Without a secret.
    pub cleared: i64,
    /// Switched off.
    pub disabled: i64,
    /// Past their date.
    pub expired: i64,
    /// None of these.
    pub enabled: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    total: i64,
    cleared: i64,
    disabled: i64,
    expired: i64,
}

/// Conditions, for whichever database it is. Locating a text is what the two call differently.
macro_rules! filtered {
    ($sql:expr, $filter:expr, $kind:expr, $state:expr, $now:expr, $locate:literal) => {{
        $sql.push(" WHERE TRUE");
        if let Some(account) = &$filter.account {
            $sql.push(" AND account = ").push_bind(account.as_str());
        }
        if let Some(owner) = &$filter.owner {
            $sql.push(" AND owner = ").push_bind(owner.as_str());
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
    ($pool:expr, $database:ty, $locate:literal, $filter:expr, $kind:expr, $behind:expr, $most:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new(format!("SELECT {COLUMNS} FROM (SELECT id FROM credentials"));
        filtered!(sql, $filter, $kind, $filter.state, $now, $locate);
        if let Some(place) = $behind {
            sql.push(" AND (created_at, id) < (").push_bind(place.created_at.as_millisecond());
            sql.push(", ").push_bind(place.id.as_str()).push(")");
        }
        // One more, to know whether there are more.
        sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from($most) + 1);
        sql.push(") l JOIN ").push(FROM.trim_start_matches("FROM ").replacen(
            "credentials c",
            "credentials c ON c.id = l.id",
            1,
        ));
        sql.push(" ORDER BY c.created_at DESC, c.id DESC");
        sql.build_query_as::<Row>().fetch_all($pool).await?
    }};
}

macro_rules! count {
    ($pool:expr, $database:ty, $locate:literal, $filter:expr, $kind:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new("SELECT COUNT(*) AS total");
        // Those that are enabled are what is left: for most rows it is the longest of the questions.
        for state in [CredentialState::Cleared, CredentialState::Disabled, CredentialState::Expired] {
            sql.push(", COUNT(*) FILTER (WHERE ").push(state.condition($now)).push(") AS ").push(state.as_str());
        }
        sql.push(" FROM credentials");
        filtered!(sql, $filter, $kind, None::<CredentialState>, $now, $locate);
        sql.build_query_as::<CountRow>().fetch_one($pool).await?
    }};
}

impl Store {
    /// Those that are meant, behind a place in the order, the newest first. One that cannot be read does not keep
    /// the others back.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn list_credentials(
        &self,
        filter: &CredentialFilter,
        behind: Option<&Cursor>,
        most: u32,
        now: Timestamp,
    ) -> Result<Listing<CredentialRecord>, StoreError> {
        let kind = self.kind_of(filter).await?;
        let rows: Vec<Row> = self
            .within(async {
                Ok(match &self.pools {
                    Pools::Sqlite { read, .. } => list!(read, sqlx::Sqlite, "instr", filter, kind, behind, most, now),
                    Pools::Postgres(pool) => list!(pool, sqlx::Postgres, "strpos", filter, kind, behind, most, now),
                })
            })
            .await?;
        Ok(Listing::at_places(rows, most, Row::place, Row::record))
    }

    /// How many of those that are meant are in each state, whichever state is meant.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn count_credentials(
        &self,
        filter: &CredentialFilter,
        now: Timestamp,
    ) -> Result<StateCounts, StoreError> {
        let kind = self.kind_of(filter).await?;
        let row: CountRow = self
            .within(async {
                Ok(match &self.pools {
                    Pools::Sqlite { read, .. } => count!(read, sqlx::Sqlite, "instr", filter, kind, now),
                    Pools::Postgres(pool) => count!(pool, sqlx::Postgres, "strpos", filter, kind, now),
                })
            })
            .await?;
        let CountRow { total, cleared, disabled, expired } = row;
        Ok(StateCounts { cleared, disabled, expired, enabled: total - cleared - disabled - expired })
    }

    /// Where the kind stands. While a migration is filling it in, it is computed, which takes longer; what is searched
    /// cannot be.
    async fn kind_of(&self, filter: &CredentialFilter) -> Result<&'static str, StoreError> {
        if (filter.kind.is_none() && filter.part.is_none()) || self.is_filled().await? {
            return Ok("kind");
        }
        if filter.part.is_some() {
            return Err(StoreError::Unavailable(
                "credentials cannot be searched until claviger database migrate has come to its end".into(),
            ));
        }
        Ok(KIND)
    }
}

impl CredentialKind {
    /// Every one there is.
    pub const ALL: [Self; 3] = [Self::Token, Self::Password, Self::Own];

    /// Of this one.
    pub fn of(record: &CredentialRecord) -> Self {
        match (&record.owner, record.username()) {
            (Some(_), _) => Self::Own,
            (None, Some(_)) => Self::Password,
            (None, None) => Self::Token,
        }
    }

    /// As it is stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::Own => "own",
        }
    }
}

impl CredentialState {
    /// Every one there is, the first that fits first.
    pub const ALL: [Self; 4] = [Self::Cleared, Self::Disabled, Self::Expired, Self::Enabled];

    /// Of this one, at this moment.
    pub fn of(record: &CredentialRecord, now: Timestamp) -> Self {
        match (record.secret.is_cleared(), record.enabled) {
            (true, _) => Self::Cleared,
            (false, false) => Self::Disabled,
            (false, true) if record.expires_at.is_some_and(|end| end <= now) => Self::Expired,
            (false, true) => Self::Enabled,
        }
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Enabled => "enabled",
        }
    }

    fn condition(self, now: Timestamp) -> String {
        let now = now.as_millisecond();
        match self {
            Self::Cleared => "cleared".to_owned(),
            Self::Disabled => "NOT cleared AND NOT enabled".to_owned(),
            Self::Expired => format!("NOT cleared AND enabled AND expires_at <= {now}"),
            Self::Enabled => format!("NOT cleared AND enabled AND (expires_at IS NULL OR expires_at > {now})"),
        }
    }
}

impl StateCounts {
    /// All of them.
    pub fn total(&self) -> i64 {
        self.cleared + self.disabled + self.expired + self.enabled
    }
}
