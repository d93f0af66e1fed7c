//! Credentials as the gate needs them.

use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use ipnet::IpNet;
use jiff::Timestamp;

use super::write::CLEARED;
use crate::credential::{
    Account, Credential, Label, Overlap, PasswordHash, RateLimit, ScopeSet, StoredSecret, TokenDigest,
};
use crate::store::{Store, StoreError, on};

/// A credential and what else decides how long it may be remembered.
#[derive(Debug)]
pub struct GateCredential {
    /// As it is used. Its account's access is that of its owner, too.
    pub credential: Credential,
    /// The user whose state it depends on.
    pub owner: Option<Label>,
    /// When the secret it was found by ends, before the credential itself does; of a Basic pair, when the password
    /// from before a reset does.
    pub ends_at: Option<Timestamp>,
}

/// What was found, and of what moment it is.
#[derive(Debug)]
pub struct Versioned<T> {
    /// It holds all changes up to this one, and maybe more.
    pub read_at: i64,
    /// What was found.
    pub found: T,
}

/// Of a member, access depends on the account's policy for members too.
const COLUMNS: &str = "k.last_change AS read_at, c.id, c.account, c.owner,
    (a.granted AND a.switched_on AND (u.id IS NULL OR (u.enabled AND (u.role <> 'member' OR a.members_allowed)))) AS access,
    t.digest, t.ends_at, c.username, c.password_hash, c.previous_password_hash, c.previous_ends_at, c.enabled, c.version, c.scopes, c.addresses, c.expires_at,
    c.rate_requests, c.rate_seconds, c.rate_burst";
const OWNERS: &str = "LEFT JOIN accounts a ON a.id = c.account LEFT JOIN users u ON u.id = c.owner";

/// So many are looked at for what unknown user names are to cost.
const OVERLAPS: i64 = 1000;

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

impl Store {
    /// The credential whose token has this digest: one indexed read.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn find_token(&self, digest: &TokenDigest) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM counter k LEFT JOIN tokens t ON t.digest = $1
            LEFT JOIN credentials c ON c.id = t.credential {OWNERS} WHERE k.only_row = 1"
        );
        let row: Row = self
            .within(async {
                on!(&self.pools, |pool| {
                    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(digest.as_bytes().to_vec());
                    Ok(query.fetch_one(pool).await?)
                })
            })
            .await?;
        one(row)
    }

    /// The credential with this id, with the secret that it has now.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn find_id(&self, id: &str) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM counter k LEFT JOIN credentials c ON c.id = $1
            LEFT JOIN tokens t ON t.credential = c.id AND t.ends_at IS NULL {OWNERS} WHERE k.only_row = 1"
        );
        let row: Row = self
            .within(async {
                on!(&self.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(pool).await?)
                })
            })
            .await?;
        one(row)
    }

    /// The Basic credential of this user name: one indexed read.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn find_username(&self, username: &str) -> Result<Versioned<Option<GateCredential>>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM counter k LEFT JOIN credentials c ON c.username = $1
            LEFT JOIN tokens t ON t.credential = c.id {OWNERS} WHERE k.only_row = 1"
        );
        let row: Row = self
            .within(async {
                on!(&self.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(username).fetch_one(pool).await?)
                })
            })
            .await?;
        one(row)
    }

    /// Gives the credentials that were used most recently to `take`, one by one, a token before and after a reset
    /// counting as two. What is answered is the last change that all of them hold.
    ///
    /// # Errors
    /// When the database cannot be asked. What cannot be read is left out: it is complained about when it is used.
    pub async fn recently_used(&self, most: u32, mut take: impl FnMut(GateCredential, i64)) -> Result<(), StoreError> {
        let read_at = self.last_change().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT credential FROM uses ORDER BY at DESC LIMIT $1) w
            JOIN credentials c ON c.id = w.credential JOIN counter k ON k.only_row = 1
            LEFT JOIN tokens t ON t.credential = c.id {OWNERS}"
        );
        self.within(async {
            on!(&self.pools, |pool| {
                let query = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(sql)).bind(i64::from(most));
                let mut rows = query.fetch(pool);
                while let Some(row) = rows.try_next().await? {
                    if let Ok(Some(usable)) = row.usable() {
                        take(usable, read_at);
                    }
                }
                Ok(())
            })
        })
        .await
    }

    /// The kinds of slow hash there are at this moment: one of each cost, and their number.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn hash_kinds(&self, now: Timestamp) -> Result<Vec<(PasswordHash, u64)>, StoreError> {
        let sql = "SELECT MIN(password_hash), COUNT(*) FROM credentials WHERE password_cost IS NOT NULL
            AND password_cost <> $1 GROUP BY password_cost";
        let rows: Vec<(String, i64)> = self
            .within(async { on!(&self.pools, |pool| Ok(sqlx::query_as(sql).bind(CLEARED).fetch_all(pool).await?)) })
            .await?;
        let sql = "SELECT password_hash, previous_password_hash FROM credentials
            WHERE previous_ends_at > $1 AND previous_password_hash IS NOT NULL AND password_hash IS NOT NULL LIMIT $2";
        let overlaps: Vec<(String, String)> = self
            .within(async {
                let now = now.as_millisecond();
                on!(&self.pools, |pool| Ok(sqlx::query_as(sql).bind(now).bind(OVERLAPS).fetch_all(pool).await?))
            })
            .await?;
        let kind = |(hash, count): (String, i64)| Some((hash.parse().ok()?, u64::try_from(count).ok()?));
        let overlap = |(current, previous): (String, String)| {
            let both = Overlap::new(current.parse().ok()?, previous.parse().ok()?);
            Some((PasswordHash::Overlap(Box::new(both)), 1))
        };
        Ok(rows.into_iter().filter_map(kind).chain(overlaps.into_iter().filter_map(overlap)).collect())
    }
}

fn one(row: Row) -> Result<Versioned<Option<GateCredential>>, StoreError> {
    Ok(Versioned { read_at: row.read_at, found: row.usable()? })
}

impl GateCredential {
    /// As it counts at this moment: a token from before a reset ends, and so does a password from before one, whose
    /// user name goes on with the new one.
    pub fn at(mut self, now: Timestamp) -> Option<Self> {
        if self.ends_at.is_none_or(|end| now < end) {
            return Some(self);
        }
        self.ends_at = None;
        let StoredSecret::Password { hash, .. } = &mut self.credential.secret else { return None };
        if let PasswordHash::Overlap(both) = hash {
            *hash = both.current().clone();
        }
        Some(self)
    }
}

impl Row {
    /// Both hashes, while there are two.
    fn with_previous(&self, current: PasswordHash) -> Result<PasswordHash, StoreError> {
        let Some(previous) = &self.previous_password_hash else { return Ok(current) };
        let id = || self.id.clone().unwrap_or_default();
        let broken = |_| StoreError::Inconsistent { table: "credentials", column: "previous_password_hash", id: id() };
        let previous = previous.parse().map_err(broken)?;
        Ok(PasswordHash::Overlap(Box::new(Overlap::new(current, previous))))
    }

    fn usable(self) -> Result<Option<GateCredential>, StoreError> {
        let Some(id) = self.id.clone() else { return Ok(None) };
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: id.clone() };
        let account = self.account.as_deref().unwrap_or_default().parse().map_err(|_| broken("account"))?;
        let owner = self.owner.as_deref().map(str::parse).transpose().map_err(|_| broken("owner"))?;
        let secret = match (&self.digest, &self.username, &self.password_hash) {
            (Some(digest), None, None) => {
                StoredSecret::Token(TokenDigest::from_bytes(digest).ok_or_else(|| broken("digest"))?)
            }
            // Cleared: nobody can present it.
            (None, None, None) => return Ok(None),
            (None, Some(_), Some(hash)) if hash == CLEARED => return Ok(None),
            (None, Some(username), Some(hash)) => StoredSecret::Password {
                username: username.as_str().into(),
                hash: self.with_previous(hash.parse().map_err(|_| broken("password_hash"))?)?,
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
            expires_at: self.expires_at.map(moment).transpose().map_err(|()| broken("expires_at"))?,
            addresses: addresses(self.addresses.as_deref().unwrap_or_default()).ok_or_else(|| broken("addresses"))?,
            rate_limit: rate_limit(self.rate_requests, self.rate_seconds, self.rate_burst)
                .map_err(|()| broken("rate_requests"))?,
            last_use: Some(Box::default()),
            id: id.parse().map_err(|_| broken("id"))?,
        };
        let ends_at = self.ends_at.or(self.previous_ends_at).map(moment).transpose().map_err(|()| broken("ends_at"))?;
        Ok(Some(GateCredential { credential, owner, ends_at }))
    }
}

/// Words with one space between them.
pub(in crate::store) fn labels(words: &str) -> Option<Vec<Label>> {
    words.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// Words with one space between them.
pub(in crate::store) fn addresses(words: &str) -> Option<Box<[IpNet]>> {
    words.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// Milliseconds since 1970.
pub(in crate::store) fn moment(millis: i64) -> Result<Timestamp, ()> {
    Timestamp::from_millisecond(millis).map_err(|_| ())
}

/// All three, or none.
pub(in crate::store) fn rate_limit(
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
