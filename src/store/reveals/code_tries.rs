//! Tries of a code, and the messages that brought it: counted in the database, so that no two clients share a try.

use super::minting::MAX_TRIES;
use super::record::RevealRecord;
use crate::credential::{InstallationKeys, Label, RevealCode};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{ChangeKind, Store, StoreError, Transaction, fetch_optional};

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
}

/// With the key that the row names, in constant time.
fn matches(reveal: &str, code: &RevealCode, keys: &InstallationKeys, (digest, key): &StoredCode) -> bool {
    let (Some(digest), Some(key)) = (digest, key) else { return false };
    keys.with_id(key).is_some_and(|key| key.is_code(reveal, code.reveal(), digest))
}
