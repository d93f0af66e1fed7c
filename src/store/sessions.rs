//! Sessions of signed-in users. Of a cookie only its digest is stored.

use super::statement;
use super::timestamps::from_millis;
use std::time::Duration;

use jiff::Timestamp;

use super::transaction::{Touched, timed};
use super::{Store, StoreError, Transaction, UserRecord, fetch, fetch_optional, users};
use crate::credential::{Label, TokenDigest};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of the cookie.
    pub digest: TokenDigest,
    pub user: Label,
    pub created_at: Timestamp,
    /// Last use, to a minute.
    pub seen_at: Timestamp,
    /// The end, even of a session in use.
    pub ends_at: Timestamp,
    /// The client address of the sign-in.
    pub address: Option<String>,
}

#[derive(sqlx::FromRow)]
struct OwnRow {
    digest: Vec<u8>,
    created_at: i64,
    seen_at: i64,
    ends_at: i64,
    address: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    session_created_at: i64,
    seen_at: i64,
    ends_at: i64,
    address: Option<String>,
    #[sqlx(flatten)]
    user: users::Row,
}

impl Store {
    /// The session and its user. An ended one is returned too: the caller checks.
    pub async fn session(&self, digest: &TokenDigest) -> Result<Option<(SessionRecord, UserRecord)>, StoreError> {
        let sql = "SELECT s.created_at AS session_created_at, s.seen_at, s.ends_at, s.address, u.id, u.account,
            u.email, u.name, u.role, u.password_hash, u.enabled, u.created_at, u.revision
            FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.digest = $1";
        let row: Option<Row> = fetch_optional!(self, sql, digest.as_bytes().to_vec())?;
        row.map(|row| row.record(*digest)).transpose()
    }

    /// The sessions of a user, the one used last first. Ended ones are returned too: the caller checks.
    pub async fn sessions_of(&self, user: &Label) -> Result<Vec<SessionRecord>, StoreError> {
        let sql = "SELECT digest, created_at, seen_at, ends_at, address FROM sessions WHERE user_id = ";
        let rows: Vec<OwnRow> = fetch!(self, sql, |sql, connection| {
            sql.push_bind(user.as_str()).push(" ORDER BY seen_at DESC, created_at DESC");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        rows.into_iter().map(|row| row.record(user)).collect()
    }

    /// Updates the last use, and the end where that becomes earlier.
    pub async fn touch_session(
        &self,
        digest: &TokenDigest,
        seen_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(seen_at).await?;
        let sql = "UPDATE sessions SET seen_at = $1, ends_at = $2 WHERE digest = $3 AND ends_at >= $2";
        let _touched: Touched = timed!(transaction, |connection| statement::query(sql)
            .bind(seen_at.as_millisecond())
            .bind(ends_at.as_millisecond())
            .bind(digest.as_bytes().to_vec())
            .execute(connection))?;
        transaction.commit().await
    }

    /// Deletes a session, if it exists.
    pub async fn end_session(&self, digest: &TokenDigest, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin(now).await?;
        transaction.end_session(digest).await?;
        transaction.commit().await
    }

    /// Deletes the sessions that have ended or were idle for `idle`; how many.
    pub async fn prune_sessions(&self, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
        let idle = i64::try_from(idle.as_millis()).unwrap_or(i64::MAX);
        let mut transaction = self.begin(now).await?;
        let sql = "DELETE FROM sessions WHERE ends_at <= $1 OR seen_at <= $2";
        let touched: Touched = timed!(transaction, |connection| statement::query(sql)
            .bind(now.as_millisecond())
            .bind(now.as_millisecond().saturating_sub(idle))
            .execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}

impl Transaction {
    pub async fn add_session(&mut self, record: &SessionRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO sessions (digest, user_id, created_at, seen_at, ends_at, address)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.user.as_str())
            .bind(record.created_at.as_millisecond())
            .bind(record.seen_at.as_millisecond())
            .bind(record.ends_at.as_millisecond())
            .bind(&record.address)
            .execute(connection))?;
        Ok(())
    }

    /// False when there is no such session.
    pub async fn end_session(&mut self, digest: &TokenDigest) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE digest = $1";
        let touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(digest.as_bytes().to_vec()).execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Ends all sessions of a user, or all but one; how many.
    pub async fn end_sessions_of(&mut self, user: &Label, but: Option<&TokenDigest>) -> Result<u64, StoreError> {
        // An empty value excludes no session.
        let but = but.map(|digest| digest.as_bytes().to_vec()).unwrap_or_default();
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND digest <> $2";
        let touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(user.as_str()).bind(but).execute(connection))?;
        Ok(touched.0)
    }
}

impl OwnRow {
    fn record(self, user: &Label) -> Result<SessionRecord, StoreError> {
        let fault = |column| StoreError::Inconsistent { table: "sessions", column, id: user.to_string() };
        let instant = |millis, column| from_millis(millis).map_err(|()| fault(column));
        Ok(SessionRecord {
            digest: TokenDigest::from_bytes(&self.digest).ok_or_else(|| fault("digest"))?,
            user: user.clone(),
            created_at: instant(self.created_at, "created_at")?,
            seen_at: instant(self.seen_at, "seen_at")?,
            ends_at: instant(self.ends_at, "ends_at")?,
            address: self.address,
        })
    }
}

impl Row {
    fn record(self, digest: TokenDigest) -> Result<(SessionRecord, UserRecord), StoreError> {
        let user = self.user.record()?;
        let instant = |millis, column| {
            from_millis(millis).map_err(|()| StoreError::Inconsistent {
                table: "sessions",
                column,
                id: user.id.to_string(),
            })
        };
        let session = SessionRecord {
            digest,
            user: user.id.clone(),
            created_at: instant(self.session_created_at, "created_at")?,
            seen_at: instant(self.seen_at, "seen_at")?,
            ends_at: instant(self.ends_at, "ends_at")?,
            address: self.address,
        };
        Ok((session, user))
    }
}
