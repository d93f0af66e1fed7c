//! Trying a code: counted in the database, so that no two clients share a try.

use jiff::Timestamp;

use super::minting::MAX_TRIES;
use super::record::RevealRecord;
use crate::credential::{InstallationKeys, Label, RevealCode};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{ChangeKind, Store, StoreError, Transaction, fetch_optional};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// A counted try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeTry {
    pub is_right: bool,
    /// This one included.
    pub tries: u32,
}

const CODE: &str = "SELECT code_digest, code_key FROM reveals WHERE id = $1";

type StoredCode = (Option<Vec<u8>>, Option<String>);

impl Store {
    /// Whether this is the newest code of a reveal, live or not. Counts nothing: for work that precedes a try.
    pub async fn is_newest_code(
        &self,
        reveal: &str,
        code: &RevealCode,
        keys: &InstallationKeys,
    ) -> Result<bool, StoreError> {
        let row: Option<StoredCode> = fetch_optional!(self, CODE, reveal)?;
        Ok(row.is_some_and(|stored| matches(reveal, code, keys, &stored)))
    }
}

impl Transaction {
    /// Counts a try at a reveal with a live code. `None`, and nothing counted, where there is none: it was shown, ended or
    /// locked, or its code has ended. Lock the credential first.
    pub async fn try_code(
        &mut self,
        reveal: &str,
        code: &RevealCode,
        keys: &InstallationKeys,
    ) -> Result<Option<CodeTry>, StoreError> {
        let sql = "UPDATE reveals SET tries = tries + 1 WHERE id = $1 AND revealed_at IS NULL AND superseded_at IS NULL
            AND ends_at > $2 AND code_ends_at > $2 AND code_digest IS NOT NULL AND tries < $3
            RETURNING code_digest, code_key, tries";
        let now = self.now.as_millisecond();
        let row: Option<(Option<Vec<u8>>, Option<String>, i64)> = timed!(self, |connection| statement::query_as(sql)
            .bind(reveal)
            .bind(now)
            .bind(MAX_TRIES)
            .fetch_optional(connection))?;
        Ok(row.map(|(digest, key, tries)| CodeTry {
            is_right: matches(reveal, code, keys, &(digest, key)),
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
        }))
    }

    /// Counts by state change with a wrong code that locks a link.
    pub fn note_locked(&mut self, credential: &Label) {
        self.changed(ChangeKind::Credential, credential.as_str());
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

    /// Counts a text message with the code of this reveal.
    pub async fn count_text(&mut self, reveal: &RevealRecord, is_new_hour: bool) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        let sql = if is_new_hour {
            "UPDATE reveals SET sends = 1, sends_since = $1, sends_total = sends_total + 1 WHERE id = $2"
        } else {
            "UPDATE reveals SET sends = sends + 1, sends_since = COALESCE(sends_since, $1), sends_total = sends_total + 1
            WHERE id = $2"
        };
        let _touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(now).bind(&reveal.id).execute(connection))?;
        Ok(())
    }

    /// Counts a message of this day (UTC) within a scope: a number, an account, an address. False, and nothing counted,
    /// where `most` were counted.
    pub async fn count_text_of_day(&mut self, scope: &str, most: u32) -> Result<bool, StoreError> {
        let sql = "INSERT INTO text_counts (scope, day, sent) VALUES ($1, $2, 1)
            ON CONFLICT (scope, day) DO UPDATE SET sent = text_counts.sent + 1 WHERE text_counts.sent < $3";
        let day = self.now.as_millisecond().div_euclid(DAY_MILLIS);
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(scope)
            .bind(day)
            .bind(i64::from(most))
            .execute(connection))?;
        Ok(touched.0 > 0)
    }
}

impl Store {
    /// Deletes the counts of days before this time.
    pub async fn prune_text_counts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let sql = "DELETE FROM text_counts WHERE day < $1";
        let day = before.as_millisecond().div_euclid(DAY_MILLIS);
        let touched: Touched = timed!(transaction, |connection| statement::query(sql).bind(day).execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}

/// With the key that the row names, in constant time.
fn matches(reveal: &str, code: &RevealCode, keys: &InstallationKeys, (digest, key): &StoredCode) -> bool {
    let (Some(digest), Some(key)) = (digest, key) else { return false };
    keys.with_id(key).is_some_and(|key| key.is_code(reveal, code.reveal(), digest))
}
