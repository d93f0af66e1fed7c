//! Credential lookups of the gate.

use crate::store::statement;
use crate::store::timestamps::from_millis;
use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use ipnet::IpNet;
use jiff::Timestamp;
use sqlx::{Encode, Postgres, Sqlite, Type};

use super::write::CLEARED;
use crate::credential::{
    Account, Credential, Label, Overlap, PasswordHash, RateLimit, ScopeSet, StoredSecret, TokenDigest,
};
use crate::store::answer_origin::Origin;
use crate::store::{FeedPoint, Store, StoreError, in_transaction, with_pool};

/// A credential and what limits how long it may be cached.
#[derive(Debug)]
pub struct GateCredential {
    /// Its account has no access either if the owner is disabled or may not have a key.
    pub credential: Credential,
    /// The user whose state and role it depends on.
    pub owner: Option<Label>,
    /// When the previous secret ends: of a token, the one it was found by; of Basic credentials, the previous password.
    pub ends_at: Option<Timestamp>,
}

#[derive(Debug)]
pub struct Versioned<T> {
    /// The last change that `found` is sure to include.
    pub read_at: FeedPoint,
    pub found: T,
}

/// A member's access also depends on the account's policy for members.
const COLUMNS: &str = "k.last_change AS read_at, c.id, c.account, c.owner,
    (a.granted AND a.switched_on AND (u.id IS NULL OR (u.enabled AND (u.role <> 'member' OR a.members_allowed)))) AS access,
    t.digest, t.ends_at, c.username, c.password_hash, c.previous_password_hash, c.previous_ends_at, c.enabled, c.version, c.scopes, c.addresses, c.expires_at,
    c.rate_requests, c.rate_seconds, c.rate_burst";
const OWNERS: &str = "LEFT JOIN accounts a ON a.id = c.account LEFT JOIN users u ON u.id = c.owner";

/// Overlapping passwords sampled for the cost of verification.
const MAX_OVERLAPS: i64 = 1000;

#[derive(sqlx::FromRow)]
struct Row {
    read_at: i64,
    id: Option<String>,
    account: Option<String>,
    owner: Option<String>,
    access: Option<bool>,
    digest: Option<Vec<u8>>,
    ends_at: Option<i64>,
    username: Option<String>,
    password_hash: Option<String>,
    previous_password_hash: Option<String>,
    previous_ends_at: Option<i64>,
    enabled: Option<bool>,
    version: Option<String>,
    scopes: Option<String>,
    addresses: Option<String>,
    expires_at: Option<i64>,
    rate_requests: Option<i64>,
    rate_seconds: Option<i64>,
    rate_burst: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Found {
    #[sqlx(flatten)]
    row: Row,
    #[sqlx(flatten)]
    origin: Origin,
}

impl Store {
    /// The credential with this token: one indexed read.
    pub async fn find_token(&self, digest: &TokenDigest) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let joins = "LEFT JOIN tokens t ON t.digest = $1 LEFT JOIN credentials c ON c.id = t.credential";
        self.find_one(joins, digest.as_bytes().to_vec()).await
    }

    /// The credential with this id and its current secret.
    pub async fn find_id(&self, id: &str) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let joins = "LEFT JOIN credentials c ON c.id = $1
            LEFT JOIN tokens t ON t.credential = c.id AND t.ends_at IS NULL";
        self.find_one(joins, id.to_owned()).await
    }

    /// The Basic credential with this user name: one indexed read.
    pub async fn find_username(&self, username: &str) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let joins = "LEFT JOIN credentials c ON c.username = $1 LEFT JOIN tokens t ON t.credential = c.id";
        self.find_one(joins, username.to_owned()).await
    }

    /// `joins` name credentials `c` and tokens `t`, found by `$1`. Outer joins, so that there is always a row with the
    /// number of the last change.
    async fn find_one<K>(&self, joins: &str, key: K) -> Result<Versioned<Option<GateCredential>>, StoreError>
    where
        K: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + 'static,
    {
        let (origin, question) = (self.origin_columns("$2"), Origin::question());
        let sql = format!("SELECT {COLUMNS}, {origin} FROM counter k {joins} {OWNERS} WHERE k.only_row = 1");
        let found: Found = self
            .timed(async {
                with_pool!(&self.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(key).bind(question).fetch_one(pool).await?)
                })
            })
            .await?;
        let history = self.check_origin(found.origin, question)?;
        let read_at = FeedPoint { history, number: found.row.read_at };
        Ok(Versioned { read_at, found: found.row.gate_credential()? })
    }

    /// Calls `take` with each of the `limit` most recently used credentials and a change that it is sure to include;
    /// current and previous token come as two. Skips rows that cannot be parsed: a lookup reports them.
    pub async fn recently_used(
        &self,
        limit: u32,
        mut take: impl FnMut(GateCredential, FeedPoint),
    ) -> Result<(), StoreError> {
        let read_at = self.position().await?.point;
        let (origin, question) = (self.origin_columns("$2"), Origin::question());
        let sql = format!(
            "SELECT {COLUMNS}, {origin} FROM (SELECT credential FROM uses ORDER BY at DESC LIMIT $1) w
            JOIN credentials c ON c.id = w.credential JOIN counter k ON k.only_row = 1
            LEFT JOIN tokens t ON t.credential = c.id {OWNERS}"
        );
        self.timed(async {
            with_pool!(&self.pools, |pool| {
                let query = sqlx::query_as::<_, Found>(sqlx::AssertSqlSafe(sql));
                let mut rows = query.bind(i64::from(limit)).bind(question).fetch(pool);
                while let Some(Found { row, origin }) = rows.try_next().await? {
                    if self.check_origin(origin, question)? != read_at.history {
                        return Err(StoreError::Unavailable("another server has taken over meanwhile".into()));
                    }
                    if let Ok(Some(found)) = row.gate_credential() {
                        take(found, read_at);
                    }
                }
                Ok(())
            })
        })
        .await
    }

    /// One password hash of each cost in use, and how many have it.
    pub async fn hash_kinds(&self, now: Timestamp) -> Result<Vec<(PasswordHash, u64)>, StoreError> {
        let sql = "SELECT MIN(password_hash), COUNT(*) FROM credentials WHERE password_cost IS NOT NULL
            AND password_cost <> $1 GROUP BY password_cost";
        let rows: Vec<(String, i64)> = self
            .timed(async {
                in_transaction!(self, |connection| Ok(statement::query_as(sql)
                    .bind(CLEARED)
                    .fetch_all(connection)
                    .await?))
            })
            .await?;
        let sql = "SELECT password_hash, previous_password_hash FROM credentials
            WHERE previous_ends_at > $1 AND previous_password_hash IS NOT NULL AND password_hash IS NOT NULL LIMIT $2";
        let overlaps: Vec<(String, String)> = self
            .timed(async {
                let now = now.as_millisecond();
                in_transaction!(self, |connection| Ok(statement::query_as(sql)
                    .bind(now)
                    .bind(MAX_OVERLAPS)
                    .fetch_all(connection)
                    .await?))
            })
            .await?;
        let kind = |(hash, count): (String, i64)| Some((hash.parse().ok()?, u64::try_from(count).ok()?));
        let overlap = |(current, previous): (String, String)| {
            if current == CLEARED {
                return Some((previous.parse().ok()?, 1));
            }
            let both = Overlap::new(current.parse().ok()?, previous.parse().ok()?);
            Some((PasswordHash::Overlap(Box::new(both)), 1))
        };
        Ok(rows.into_iter().filter_map(kind).chain(overlaps.into_iter().filter_map(overlap)).collect())
    }
}

impl GateCredential {
    /// As valid at `now`: `None` for a previous token that has ended; without a previous password that has ended.
    pub fn at(mut self, now: Timestamp) -> Option<Self> {
        if self.ends_at.is_none_or(|end| now < end) {
            return Some(self);
        }
        self.ends_at = None;
        match &mut self.credential.secret {
            StoredSecret::Password { hash, .. } => {
                // Without a current one, the previous one stands alone.
                let PasswordHash::Overlap(both) = hash else { return None };
                *hash = both.current().clone();
                Some(self)
            }
            StoredSecret::Token(_) => None,
        }
    }
}

impl Row {
    /// Both hashes during an overlap; the previous one alone while the new one waits to be shown. `None`: no secret.
    fn hashes(&self) -> Result<Option<PasswordHash>, StoreError> {
        let id = || self.id.clone().unwrap_or_default();
        let broken = |column| move |_| StoreError::Inconsistent { table: "credentials", column, id: id() };
        let parsed = |hash: &Option<String>, column| {
            hash.as_ref().map(|hash| hash.parse::<PasswordHash>().map_err(broken(column))).transpose()
        };
        let current = self.password_hash.clone().filter(|hash| hash != CLEARED);
        let current = parsed(&current, "password_hash")?;
        let previous = parsed(&self.previous_password_hash, "previous_password_hash")?;
        Ok(match (current, previous) {
            (Some(current), Some(previous)) => Some(PasswordHash::Overlap(Box::new(Overlap::new(current, previous)))),
            (one, None) | (None, one) => one,
        })
    }

    fn gate_credential(self) -> Result<Option<GateCredential>, StoreError> {
        let Some(id) = self.id.clone() else { return Ok(None) };
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: id.clone() };
        let account = self.account.as_deref().unwrap_or_default().parse().map_err(|_| broken("account"))?;
        let owner = self.owner.as_deref().map(str::parse).transpose().map_err(|_| broken("owner"))?;
        let secret = match (&self.digest, &self.username, &self.password_hash) {
            (Some(digest), None, None) => {
                StoredSecret::Token(TokenDigest::from_bytes(digest).ok_or_else(|| broken("digest"))?)
            }
            // Cleared: no secret matches it.
            (None, None, None) => return Ok(None),
            (None, Some(username), Some(_)) => match self.hashes()? {
                Some(hash) => StoredSecret::Password { username: username.as_str().into(), hash },
                None => return Ok(None),
            },
            _ => return Err(broken("password_hash")),
        };
        let scopes = match &self.scopes {
            None => None,
            Some(words) => Some(Arc::new(ScopeSet::new(labels(words).ok_or_else(|| broken("scopes"))?))),
        };
        let credential = Credential {
            account: Arc::new(Account { id: account, access: self.access.unwrap_or(false) }),
            name: None,
            secret,
            enabled: self.enabled.unwrap_or(false),
            version: self.version.as_deref().map(str::parse).transpose().map_err(|_| broken("version"))?,
            scopes,
            expires_at: self.expires_at.map(from_millis).transpose().map_err(|()| broken("expires_at"))?,
            addresses: addresses(self.addresses.as_deref().unwrap_or_default()).ok_or_else(|| broken("addresses"))?,
            rate_limit: rate_limit(self.rate_requests, self.rate_seconds, self.rate_burst)
                .map_err(|()| broken("rate_requests"))?,
            last_use: Some(Box::default()),
            id: id.parse().map_err(|_| broken("id"))?,
        };
        // An end without a previous password ends nothing.
        let previous_ends_at = self.previous_ends_at.filter(|_| self.previous_password_hash.is_some());
        let ends_at = self.ends_at.or(previous_ends_at).map(from_millis).transpose().map_err(|()| broken("ends_at"))?;
        Ok(Some(GateCredential { credential, owner, ends_at }))
    }
}

/// Parses words separated by spaces.
pub(in crate::store) fn labels(words: &str) -> Option<Vec<Label>> {
    words.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// Parses words separated by spaces.
pub(super) fn addresses(words: &str) -> Option<Box<[IpNet]>> {
    words.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// All three numbers, or none.
pub(super) fn rate_limit(
    requests: Option<i64>,
    seconds: Option<i64>,
    burst: Option<i64>,
) -> Result<Option<RateLimit>, ()> {
    let number = |number: i64| u32::try_from(number).ok().and_then(NonZeroU32::new).ok_or(());
    match (requests, seconds, burst) {
        (None, None, None) => Ok(None),
        (Some(requests), Some(seconds), Some(burst)) => {
            let limit = RateLimit { requests: number(requests)?, seconds: number(seconds)?, burst: number(burst)? };
            if limit.is_countable() { Ok(Some(limit)) } else { Err(()) }
        }
        _ => Err(()),
    }
}
