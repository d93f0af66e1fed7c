//! Creating reveals, marking them as shown, ending and deleting them.

use jiff::Timestamp;

use super::record::{OldStops, SupersededBy};
use crate::credential::{Label, PlainLinkToken, time_ordered_id};
use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, bind_list, build, timed};
use crate::store::{ChangeKind, Store, StoreError, Transaction};

/// A reveal to create.
#[derive(Debug, Clone, Copy)]
pub struct NewReveal<'r> {
    pub credential: &'r Label,
    pub email: &'r str,
    pub mobile: &'r str,
    pub locale: Option<&'r str>,
    /// `KIND:ID` of the author.
    pub created_by: &'r str,
    pub ends_at: Timestamp,
    pub old_stops: OldStops,
}

impl Store {
    /// Deletes reveals that ended before this time, with their links; how many.
    pub async fn prune_reveals(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(before).await?;
            let sql = "DELETE FROM reveals WHERE id IN (SELECT id FROM reveals WHERE ends_at < $1 LIMIT $2)";
            let rows = i64::try_from(BATCH).unwrap_or(i64::MAX);
            let touched: Touched = timed!(transaction, |connection| statement::query(sql)
                .bind(before.as_millisecond())
                .bind(rows)
                .execute(connection))?;
            transaction.commit().await?;
            pruned += touched.0;
            if touched.0 < BATCH as u64 {
                return Ok(pruned);
            }
        }
    }
}

impl Transaction {
    /// Adds a reveal, as the newest of its credential. Lock the credential first, and supersede earlier ones.
    ///
    /// # Errors
    /// Also when the system's random source fails.
    pub async fn add_reveal(&mut self, new: &NewReveal<'_>) -> Result<String, StoreError> {
        let id = format!("rev_{}", time_ordered_id(self.now, None).simple());
        // Links are in a table of their own. This column takes no null and no value twice: no link has this digest.
        let unused = PlainLinkToken::mint()
            .map_err(|_| StoreError::Unavailable("the system returned no random bytes".into()))?;
        let (stops, overlap) = new.old_stops.stored();
        let sql =
            "INSERT INTO reveals (id, credential, link_digest, email, mobile, tries, sends, sends_total, mail_state,
            message_state, created_at, ends_at, created_by, locale, old_stops, overlap, number)
            VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '', '', $6, $7, $8, $9, $10, $11,
            (SELECT COALESCE(MAX(number), 0) + 1 FROM reveals WHERE credential = $2))";
        let now = self.now.as_millisecond();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&id)
            .bind(new.credential.as_str())
            .bind(unused.digest().as_bytes().to_vec())
            .bind(new.email)
            .bind(new.mobile)
            .bind(now)
            .bind(new.ends_at.as_millisecond())
            .bind(new.created_by)
            .bind(new.locale)
            .bind(stops)
            .bind(overlap)
            .execute(connection))?;
        // Gates have nothing to drop: counts by state do.
        self.changed(ChangeKind::Credential, new.credential.as_str());
        Ok(id)
    }

    /// Marks a reveal as shown; its code is deleted. False when it was shown or ended before.
    pub async fn mark_revealed(&mut self, reveal: &str, from: Option<&str>) -> Result<bool, StoreError> {
        let sql = "UPDATE reveals SET revealed_at = $1, revealed_from = $2, code_digest = NULL, code_key = NULL
            WHERE id = $3 AND revealed_at IS NULL AND superseded_at IS NULL";
        let now = self.now.as_millisecond();
        let touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(now).bind(from).bind(reveal).execute(connection))?;
        if touched.0 > 0 {
            self.cancel_messages(reveal).await?;
        }
        Ok(touched.0 > 0)
    }

    /// Ends the reveals of these credentials that were neither shown nor ended before, and what waits to be sent for
    /// them; how many. Where the secret was set or removed, also marks the newest reveal that another cause has ended: no
    /// new link follows it then. Lock the credentials first.
    pub async fn supersede_reveals(&mut self, credentials: &[&str], by: SupersededBy) -> Result<u64, StoreError> {
        let now = self.now.as_millisecond();
        let ended = if by.is_of_secret() {
            " AND (superseded_at IS NULL OR (superseded_by NOT IN ('reset', 'cleared')
            AND number = (SELECT MAX(n.number) FROM reveals n WHERE n.credential = reveals.credential)))"
        } else {
            " AND superseded_at IS NULL"
        };
        let mut superseded = Vec::new();
        for batch in credentials.chunks(BATCH) {
            let rows: Vec<(String, String)> =
                build!(self, "UPDATE reveals SET superseded_at = ", |sql, connection| {
                    sql.push_bind(now).push(", superseded_by = ").push_bind(by.as_str());
                    sql.push(" WHERE revealed_at IS NULL").push(ended).push(" AND credential IN (");
                    bind_list!(sql, batch.iter().copied());
                    sql.push(") RETURNING id, credential");
                    sql.build_query_as().persistent(false).fetch_all(connection)
                })?;
            superseded.extend(rows);
        }
        for (reveal, credential) in &superseded {
            self.cancel_messages(reveal).await?;
            // Gates have nothing to drop: counts by state do.
            self.changed(ChangeKind::Credential, credential);
        }
        Ok(superseded.len() as u64)
    }
}
