//! Credentials by what people look for: some of them at a time, and how many there are. Which ones is read from one
//! index alone (`credentials_of_account`, `credentials_of_all`).

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::records::{COLUMNS, FROM, Row};
use super::transaction::{Touched, within};
use super::{CredentialRecord, Listing, Place, Pools, Store, StoreError};
use crate::credential::Label;

/// A line of 200 characters beside two names, and less than an index entry of PostgreSQL may hold.
const LONGEST_SEARCHED: usize = 1000;

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
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

/// Conditions, for whichever database it is. Locating a text is what the two call differently.
macro_rules! filtered {
    ($sql:expr, $filter:expr, $state:expr, $now:expr, $locate:literal) => {{
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
            $sql.push(" AND kind = ").push_bind(kind.as_str());
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
    ($pool:expr, $database:ty, $locate:literal, $filter:expr, $behind:expr, $most:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new(format!("SELECT {COLUMNS} FROM (SELECT id FROM credentials"));
        filtered!(sql, $filter, $filter.state, $now, $locate);
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
    ($pool:expr, $database:ty, $locate:literal, $filter:expr, $now:expr) => {{
        let mut sql = QueryBuilder::<$database>::new("SELECT ");
        for (at, state) in CredentialState::ALL.into_iter().enumerate() {
            sql.push(if at == 0 { "COUNT(*) FILTER (WHERE " } else { ", COUNT(*) FILTER (WHERE " });
            sql.push(state.condition($now)).push(") AS ").push(state.as_str());
        }
        sql.push(" FROM credentials");
        filtered!(sql, $filter, None::<CredentialState>, $now, $locate);
        sql.build_query_as::<StateCounts>().fetch_one($pool).await?
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
        behind: Option<&Place>,
        most: u32,
        now: Timestamp,
    ) -> Result<Listing<CredentialRecord>, StoreError> {
        let rows: Vec<Row> = self
            .within(async {
                Ok(match &self.pools {
                    Pools::Sqlite { read, .. } => list!(read, sqlx::Sqlite, "instr", filter, behind, most, now),
                    Pools::Postgres(pool) => list!(pool, sqlx::Postgres, "strpos", filter, behind, most, now),
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
        self.within(async {
            Ok(match &self.pools {
                Pools::Sqlite { read, .. } => count!(read, sqlx::Sqlite, "instr", filter, now),
                Pools::Postgres(pool) => count!(pool, sqlx::Postgres, "strpos", filter, now),
            })
        })
        .await
    }
}

impl Store {
    /// Fills in what credentials are found by where a migration could not: databases know the small letters of
    /// ASCII alone.
    pub(super) async fn fold_searches(&self) -> Result<(), StoreError> {
        let sql = "SELECT id, username, name FROM credentials WHERE search IS NULL ORDER BY id LIMIT 1000";
        loop {
            let mut transaction = self.begin(Timestamp::UNIX_EPOCH).await?;
            type Names = (String, Option<String>, Option<String>);
            let all: Vec<Names> = within!(transaction, |connection| sqlx::query_as(sql).fetch_all(connection))?;
            if all.is_empty() {
                return Ok(());
            }
            for (id, username, name) in &all {
                let search = searched_of(id, username.as_deref(), name.as_deref());
                let sql = "UPDATE credentials SET search = $1 WHERE id = $2";
                let _touched: Touched =
                    within!(transaction, |connection| sqlx::query(sql).bind(&search).bind(id).execute(connection))?;
            }
            transaction.commit().await?;
        }
    }
}

/// What a credential is found by, as the index holds it.
pub(super) fn searched(record: &CredentialRecord) -> String {
    searched_of(record.id.as_str(), record.username(), record.name.as_deref())
}

/// The same of its parts.
fn searched_of(id: &str, username: Option<&str>, name: Option<&str>) -> String {
    let whole = format!("{id}\n{}\n{}", username.unwrap_or_default(), name.unwrap_or_default());
    let mut folded = whole.to_lowercase();
    folded.truncate(folded.floor_char_boundary(LONGEST_SEARCHED));
    folded
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
            Self::Expired => format!("NOT cleared AND enabled AND COALESCE(expires_at <= {now}, FALSE)"),
            Self::Enabled => format!("NOT cleared AND enabled AND COALESCE(expires_at > {now}, TRUE)"),
        }
    }
}

impl StateCounts {
    /// All of them.
    pub fn total(&self) -> i64 {
        self.cleared + self.disabled + self.expired + self.enabled
    }
}
