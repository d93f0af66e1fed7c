//! Links and codes, minted anew for each attempt to send them.

use jiff::{SignedDuration, Timestamp};

use crate::credential::{InstallationKey, PlainLinkToken, RevealCode};
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::{Inner, Touched, timed};
use crate::store::{Store, StoreError, Transaction};

/// How long a code works, from its minting.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Wrong codes after which a reveal is locked.
pub(in crate::store) const MAX_TRIES: i64 = 5;

/// The outcome of minting.
#[derive(Debug)]
pub enum Minting<T> {
    Minted(T),
    Unsendable(Unsendable),
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsendable {
    /// The credential is disabled or has expired, or API access is off, now.
    Off,
    /// Revealed, locked, expired, superseded or deleted.
    Ended,
}

/// A link to a reveal; the links of earlier attempts stay valid, as one of those mails may have arrived.
#[derive(Debug)]
pub struct MintedLink {
    pub ticket: PlainLinkToken,
    pub about: RevealMessage,
}

/// The code of a reveal, the only one from now on.
#[derive(Debug)]
pub struct MintedCode {
    pub code: RevealCode,
    pub ends_at: Timestamp,
    /// Of the codes of this reveal, from 1: it tells a new message from an old one.
    pub number: u32,
}

/// What the mail says about a reveal. No secret, no user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealMessage {
    pub account: String,
    pub account_name: Option<String>,
    /// Of the credential.
    pub name: Option<String>,
    /// `KIND:ID` of the person who asked for it.
    pub created_by: Option<String>,
    pub mobile: String,
    pub ends_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    account: String,
    account_name: Option<String>,
    name: Option<String>,
    created_by: Option<String>,
    mobile: String,
    ends_at: i64,
    tries: i64,
    revealed_at: Option<i64>,
    superseded_at: Option<i64>,
    is_on: bool,
}

impl Transaction {
    /// Mints a link to a reveal.
    ///
    /// # Errors
    /// Also when the system's random source fails.
    pub async fn mint_reveal_link(&mut self, reveal: &str) -> Result<Minting<MintedLink>, StoreError> {
        let row = match self.sendable_reveal(reveal).await? {
            Minting::Minted(row) => row,
            Minting::Unsendable(why) => return Ok(Minting::Unsendable(why)),
        };
        let about = row.message(reveal)?;
        let ticket = PlainLinkToken::mint().map_err(|_| no_random())?;
        let sql = "INSERT INTO reveal_links (digest, reveal, created_at) VALUES ($1, $2, $3)";
        let now = self.now.as_millisecond();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(ticket.digest().as_bytes().to_vec())
            .bind(reveal)
            .bind(now)
            .execute(connection))?;
        Ok(Minting::Minted(MintedLink { ticket, about }))
    }

    /// Mints the code of a reveal, which replaces the previous one.
    ///
    /// # Errors
    /// Also when the system's random source fails.
    pub async fn mint_reveal_code(
        &mut self,
        reveal: &str,
        key: &InstallationKey,
    ) -> Result<Minting<MintedCode>, StoreError> {
        if let Minting::Unsendable(why) = self.sendable_reveal(reveal).await? {
            return Ok(Minting::Unsendable(why));
        }
        let code = RevealCode::mint().map_err(|_| no_random())?;
        let ends_at = self.now.checked_add(CODE_LIFETIME).unwrap_or(Timestamp::MAX);
        let sql = "UPDATE reveals SET code_digest = $1, code_key = $2, code_ends_at = $3, sent_at = $4,
            codes = codes + 1 WHERE id = $5 RETURNING codes";
        let now = self.now.as_millisecond();
        let (codes,): (i64,) = timed!(self, |connection| statement::query_as::<_, (i64,)>(sql)
            .bind(key.code_digest(reveal, code.reveal()).to_vec())
            .bind(key.id())
            .bind(ends_at.as_millisecond())
            .bind(now)
            .bind(reveal)
            .fetch_one(connection))?;
        let number = u32::try_from(codes).unwrap_or(u32::MAX);
        Ok(Minting::Minted(MintedCode { code, ends_at, number }))
    }

    /// Locks a reveal until the commit. Messages are locked after their reveal, never before.
    pub async fn lock_reveal(&mut self, reveal: &str) -> Result<(), StoreError> {
        let sql = format!("SELECT id FROM reveals WHERE id = $1{}", self.for_update());
        let _row: Option<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(reveal)
            .fetch_optional(connection))?;
        Ok(())
    }

    /// Locks the reveal until the commit.
    async fn sendable_reveal(&mut self, reveal: &str) -> Result<Minting<Row>, StoreError> {
        let lock = if matches!(self.inner, Inner::Postgres(_)) { " FOR UPDATE OF r" } else { "" };
        let sql = format!(
            "SELECT c.account, a.name AS account_name, c.name, r.created_by, r.mobile, r.ends_at, r.tries,
            r.revealed_at, r.superseded_at, (c.enabled AND a.granted AND a.switched_on
            AND (c.expires_at IS NULL OR c.expires_at > $2)) AS is_on FROM reveals r
            JOIN credentials c ON c.id = r.credential JOIN accounts a ON a.id = c.account WHERE r.id = $1{lock}"
        );
        let now = self.now.as_millisecond();
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(reveal)
            .bind(now)
            .fetch_optional(connection))?;
        let is_live = |row: &Row| {
            row.revealed_at.is_none() && row.superseded_at.is_none() && row.ends_at > now && row.tries < MAX_TRIES
        };
        Ok(match row.filter(is_live) {
            None => Minting::Unsendable(Unsendable::Ended),
            Some(row) if !row.is_on => Minting::Unsendable(Unsendable::Off),
            Some(row) => Minting::Minted(row),
        })
    }
}

impl Store {
    /// Ids of the installation keys that codes of live reveals were made with.
    pub async fn installation_keys_in_use(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let begin = "SELECT DISTINCT key_id FROM webhooks WHERE key_id IS NOT NULL
            UNION SELECT DISTINCT code_key FROM reveals WHERE code_key IS NOT NULL AND revealed_at IS NULL
            AND superseded_at IS NULL AND ends_at > ";
        let rows: Vec<(String,)> = crate::store::fetch!(self, begin, |sql, connection| {
            sql.push_bind(now.as_millisecond());
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Row {
    fn message(&self, reveal: &str) -> Result<RevealMessage, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "reveals", column, id: reveal.to_owned() };
        Ok(RevealMessage {
            account: self.account.clone(),
            account_name: self.account_name.clone(),
            name: self.name.clone(),
            created_by: self.created_by.clone(),
            mobile: self.mobile.clone(),
            ends_at: from_millis(self.ends_at).map_err(|()| broken("ends_at"))?,
        })
    }
}

fn no_random() -> StoreError {
    StoreError::Unavailable("the system returned no random bytes".into())
}
