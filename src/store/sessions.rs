//! Sessions of users who have signed in. Of the cookie only the digest is kept.

use std::time::Duration;

use jiff::Timestamp;

use super::credentials::gate::moment;
use super::transaction::{Touched, within};
use super::{Store, StoreError, Transaction, UserRecord, one, users};
use crate::credential::{Label, TokenDigest};

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Of what the browser holds.
    pub digest: TokenDigest,
    /// Whose.
    pub user: Label,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to a minute.
    pub seen_at: Timestamp,
    /// However much it is used.
    pub ends_at: Timestamp,
    /// Where they signed in from.
    pub address: Option<String>,
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
    /// The session of this digest, and whose it is. Nobody has looked yet at whether it is over.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn session(&self, digest: &TokenDigest) -> Result<Option<(SessionRecord, UserRecord)>, StoreError> {
        let sql = "SELECT s.created_at AS session_created_at, s.seen_at, s.ends_at, s.address, u.id, u.account,
            u.email, u.name, u.role, u.password_hash, u.enabled, u.created_at, u.revision
            FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.digest = $1";
        let row: Option<Row> = one!(self, sql, digest.as_bytes().to_vec())?;
        row.map(|row| row.record(*digest)).transpose()
    }

    /// Says when a session was seen, and when it ends at the latest.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn touch_session(
        &self,
        digest: &TokenDigest,
        seen_at: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(seen_at).await?;
        let sql = "UPDATE sessions SET seen_at = $1, ends_at = $2 WHERE digest = $3 AND ends_at >= $2";
        let _touched: Touched = within!(transaction, |connection| sqlx::query(sql)
            .bind(seen_at.as_millisecond())
            .bind(ends_at.as_millisecond())
            .bind(digest.as_bytes().to_vec())
            .execute(connection))?;
        transaction.commit().await
    }

    /// Ends a session that is over, unless somebody was quicker.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_session(&self, digest: &TokenDigest, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin(now).await?;
        transaction.end_session(digest).await?;
        transaction.commit().await
    }

    /// Deletes the sessions that are over at this moment, or have not been seen for so long; how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_sessions(&self, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
        let idle = i64::try_from(idle.as_millis()).unwrap_or(i64::MAX);
        let mut transaction = self.begin(now).await?;
        let sql = "DELETE FROM sessions WHERE ends_at <= $1 OR seen_at <= $2";
        let touched: Touched = within!(transaction, |connection| sqlx::query(sql)
            .bind(now.as_millisecond())
            .bind(now.as_millisecond().saturating_sub(idle))
            .execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}

impl Transaction {
    /// Writes a new session.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add_session(&mut self, record: &SessionRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO sessions (digest, user_id, created_at, seen_at, ends_at, address)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.user.as_str())
            .bind(record.created_at.as_millisecond())
            .bind(record.seen_at.as_millisecond())
            .bind(record.ends_at.as_millisecond())
            .bind(&record.address)
            .execute(connection))?;
        Ok(())
    }

    /// Ends a session. False when there is none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_session(&mut self, digest: &TokenDigest) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE digest = $1";
        let touched: Touched =
            within!(self, |connection| sqlx::query(sql).bind(digest.as_bytes().to_vec()).execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Ends all sessions of a user, or all but this one; how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_sessions_of(&mut self, user: &Label, but: Option<&TokenDigest>) -> Result<u64, StoreError> {
        // No digest is empty.
        let but = but.map(|digest| digest.as_bytes().to_vec()).unwrap_or_default();
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND digest <> $2";
        let touched: Touched =
            within!(self, |connection| sqlx::query(sql).bind(user.as_str()).bind(but).execute(connection))?;
        Ok(touched.0)
    }
}

impl Row {
    fn record(self, digest: TokenDigest) -> Result<(SessionRecord, UserRecord), StoreError> {
        let user = self.user.record()?;
        let instant = |millis, column| {
            moment(millis).map_err(|()| StoreError::Inconsistent { table: "sessions", column, id: user.id.to_string() })
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
