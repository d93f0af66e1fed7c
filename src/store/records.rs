//! Credentials as people handle them: reading and writing whole records.

use jiff::Timestamp;

use super::transaction::{Touched, within};
use super::usable::{addresses, labels, moment, rate_limit};
use super::{ChangeKind, CredentialRecord, PreviousSecret, Store, StoreError, Transaction, on};
use crate::credential::{Label, PasswordHash, StoredSecret, TokenDigest};

const COLUMNS: &str = "c.id, c.account, c.owner, c.name, c.description, c.contact_email, c.contact_mobile, c.username,
    c.password_hash, c.previous_password_hash, c.previous_ends_at, c.hint, c.enabled, c.disabled_reason, c.version,
    c.scopes, c.addresses, c.expires_at, c.rate_requests, c.rate_seconds, c.rate_burst, c.created_at, c.created_by,
    c.secret_made_at, c.handed_over_at, c.last_used_at, c.last_used_from, c.revision,
    t.digest, p.digest AS previous_digest, p.ends_at AS previous_token_ends_at";
const FROM: &str = "FROM credentials c LEFT JOIN tokens t ON t.credential = c.id AND t.ends_at IS NULL
    LEFT JOIN tokens p ON p.credential = c.id AND p.ends_at IS NOT NULL";

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account: String,
    owner: Option<String>,
    name: Option<String>,
    description: Option<String>,
    contact_email: Option<String>,
    contact_mobile: Option<String>,
    username: Option<String>,
    password_hash: Option<String>,
    previous_password_hash: Option<String>,
    previous_ends_at: Option<i64>,
    hint: Option<String>,
    enabled: bool,
    disabled_reason: Option<String>,
    version: Option<String>,
    scopes: Option<String>,
    addresses: String,
    expires_at: Option<i64>,
    rate_requests: Option<i64>,
    rate_seconds: Option<i64>,
    rate_burst: Option<i64>,
    created_at: i64,
    created_by: String,
    secret_made_at: i64,
    handed_over_at: Option<i64>,
    last_used_at: Option<i64>,
    last_used_from: Option<String>,
    revision: i64,
    digest: Option<Vec<u8>>,
    previous_digest: Option<Vec<u8>>,
    previous_token_ends_at: Option<i64>,
}

impl Store {
    /// The credential with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn credential(&self, id: &str) -> Result<Option<CredentialRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE c.id = $1");
        let row: Option<Row> = self
            .within(async {
                on!(&self.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?)
                })
            })
            .await?;
        row.map(Row::record).transpose()
    }

    /// The next credentials behind this id, in the order of their ids; an empty one is before all of them.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn credentials_after(&self, id: &str, most: u32) -> Result<Vec<CredentialRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE c.id > $1 ORDER BY c.id LIMIT $2");
        let rows: Vec<Row> = self
            .within(async {
                on!(&self.pools, |pool| {
                    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(i64::from(most));
                    Ok(query.fetch_all(pool).await?)
                })
            })
            .await?;
        rows.into_iter().map(Row::record).collect()
    }
}

impl Transaction {
    /// The credential with this id, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn credential(&mut self, id: &str) -> Result<Option<CredentialRecord>, StoreError> {
        if !self.for_update().is_empty() {
            // An outer join cannot be locked as a whole.
            let sql = format!("SELECT revision FROM credentials WHERE id = $1{}", self.for_update());
            let _locked: Option<(i64,)> = within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(id)
                .fetch_optional(connection))?;
        }
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE c.id = $1");
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Writes a credential, new or known, as a whole; when it was used is left alone. Its revision is counted here.
    ///
    /// # Errors
    /// When one of its names is taken or its account is unknown, or the database cannot be written.
    pub async fn put_credential(&mut self, record: &CredentialRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO credentials
            (id, account, owner, name, description, contact_email, contact_mobile, username, password_hash,
            password_cost, previous_password_hash, previous_ends_at, hint, enabled, disabled_reason, version, scopes,
            addresses, expires_at, rate_requests, rate_seconds, rate_burst, created_at, created_by, secret_made_at,
            handed_over_at, revision)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, $23, $24, $25, $26, 1)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, owner = excluded.owner, name = excluded.name,
            description = excluded.description, contact_email = excluded.contact_email,
            contact_mobile = excluded.contact_mobile, username = excluded.username,
            password_hash = excluded.password_hash, password_cost = excluded.password_cost,
            previous_password_hash = excluded.previous_password_hash, previous_ends_at = excluded.previous_ends_at,
            hint = excluded.hint, enabled = excluded.enabled, disabled_reason = excluded.disabled_reason,
            version = excluded.version, scopes = excluded.scopes, addresses = excluded.addresses,
            expires_at = excluded.expires_at, rate_requests = excluded.rate_requests,
            rate_seconds = excluded.rate_seconds, rate_burst = excluded.rate_burst,
            secret_made_at = excluded.secret_made_at, handed_over_at = excluded.handed_over_at,
            revision = credentials.revision + 1";
        let (username, hash) = match &record.secret {
            StoredSecret::Token(_) => (None, None),
            StoredSecret::Password { username, hash } => (Some(&**username), Some(hash)),
        };
        let previous = record.previous.as_ref().and_then(|previous| match previous {
            PreviousSecret::Token { .. } => None,
            PreviousSecret::Password { hash, ends_at } => Some((hash.as_str(), ends_at.as_millisecond())),
        });
        let scopes = record.scopes.as_ref().map(|scopes| words(scopes.iter()));
        let millis = |moment: Option<Timestamp>| moment.map(Timestamp::as_millisecond);
        let rate =
            |number: fn(&crate::credential::RateLimit) -> u32| record.rate_limit.map(|rate| i64::from(number(&rate)));
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(record.id.as_str())
            .bind(record.account.as_str())
            .bind(record.owner.as_ref().map(Label::as_str))
            .bind(&record.name)
            .bind(&record.description)
            .bind(&record.contact_email)
            .bind(&record.contact_mobile)
            .bind(username)
            .bind(hash.map(PasswordHash::as_str))
            .bind(hash.map(PasswordHash::cost))
            .bind(previous.map(|(hash, _)| hash))
            .bind(previous.map(|(_, ends_at)| ends_at))
            .bind(&record.hint)
            .bind(record.enabled)
            .bind(&record.disabled_reason)
            .bind(record.version.as_ref().map(Label::as_str))
            .bind(&scopes)
            .bind(words(record.addresses.iter()))
            .bind(millis(record.expires_at))
            .bind(rate(|rate| rate.requests.get()))
            .bind(rate(|rate| rate.seconds.get()))
            .bind(rate(|rate| rate.burst.get()))
            .bind(record.created_at.as_millisecond())
            .bind(&record.created_by)
            .bind(record.secret_made_at.as_millisecond())
            .bind(millis(record.handed_over_at))
            .execute(connection))?;
        self.put_tokens(record).await?;
        // Its digest may be one that gates have asked for in vain.
        self.changed(ChangeKind::Secret, record.id.as_str());
        Ok(())
    }

    async fn put_tokens(&mut self, record: &CredentialRecord) -> Result<(), StoreError> {
        let sql = "DELETE FROM tokens WHERE credential = $1";
        let _touched: Touched =
            within!(self, |connection| sqlx::query(sql).bind(record.id.as_str()).execute(connection))?;
        let current = match &record.secret {
            StoredSecret::Token(digest) => Some((digest, None)),
            StoredSecret::Password { .. } => None,
        };
        let previous = record.previous.as_ref().and_then(|previous| match previous {
            PreviousSecret::Token { digest, ends_at } => Some((digest, Some(ends_at.as_millisecond()))),
            PreviousSecret::Password { .. } => None,
        });
        let sql = "INSERT INTO tokens (digest, credential, ends_at) VALUES ($1, $2, $3)";
        for (digest, ends_at) in current.into_iter().chain(previous) {
            let _touched: Touched = within!(self, |connection| sqlx::query(sql)
                .bind(digest.as_bytes().to_vec())
                .bind(record.id.as_str())
                .bind(ends_at)
                .execute(connection))?;
        }
        Ok(())
    }

    /// Deletes a credential for good. False when there is none with this id.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_credential(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM credentials WHERE id = $1";
        let touched: Touched = within!(self, |connection| sqlx::query(sql).bind(id).execute(connection))?;
        self.changed(ChangeKind::Credential, id);
        Ok(touched.0 > 0)
    }
}

fn words<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

impl Row {
    fn record(self) -> Result<CredentialRecord, StoreError> {
        let id = self.id.clone();
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: id.clone() };
        let instant = |millis: i64, column| moment(millis).map_err(|()| broken(column));
        let instants = |millis: Option<i64>, column| millis.map(|millis| instant(millis, column)).transpose();
        let digest = |bytes: &[u8]| TokenDigest::from_bytes(bytes).ok_or_else(|| broken("digest"));
        let secret = match (&self.digest, &self.username, &self.password_hash) {
            (Some(bytes), None, None) => StoredSecret::Token(digest(bytes)?),
            (None, Some(username), Some(hash)) => StoredSecret::Password {
                username: username.as_str().into(),
                hash: hash.parse().map_err(|_| broken("password_hash"))?,
            },
            _ => return Err(broken("password_hash")),
        };
        let previous_token = self.previous_digest.as_ref().zip(self.previous_token_ends_at);
        let previous_password = self.previous_password_hash.as_ref().zip(self.previous_ends_at);
        let previous = match (previous_token, previous_password) {
            (Some((bytes, end)), _) => {
                Some(PreviousSecret::Token { digest: digest(bytes)?, ends_at: instant(end, "ends_at")? })
            }
            (None, Some((hash, end))) => Some(PreviousSecret::Password {
                hash: hash.parse().map_err(|_| broken("previous_password_hash"))?,
                ends_at: instant(end, "previous_ends_at")?,
            }),
            (None, None) => None,
        };
        let label = |text: &str, column| text.parse().map_err(|_| broken(column));
        Ok(CredentialRecord {
            id: label(&self.id, "id")?,
            account: label(&self.account, "account")?,
            owner: self.owner.as_deref().map(|owner| label(owner, "owner")).transpose()?,
            secret,
            previous,
            version: self.version.as_deref().map(|version| label(version, "version")).transpose()?,
            scopes: self.scopes.as_deref().map(|all| labels(all).ok_or_else(|| broken("scopes"))).transpose()?,
            addresses: addresses(&self.addresses).ok_or_else(|| broken("addresses"))?.into_vec(),
            expires_at: instants(self.expires_at, "expires_at")?,
            rate_limit: rate_limit(self.rate_requests, self.rate_seconds, self.rate_burst)
                .map_err(|()| broken("rate_requests"))?,
            created_at: instant(self.created_at, "created_at")?,
            secret_made_at: instant(self.secret_made_at, "secret_made_at")?,
            handed_over_at: instants(self.handed_over_at, "handed_over_at")?,
            last_used_at: instants(self.last_used_at, "last_used_at")?,
            name: self.name,
            description: self.description,
            contact_email: self.contact_email,
            contact_mobile: self.contact_mobile,
            hint: self.hint,
            enabled: self.enabled,
            disabled_reason: self.disabled_reason,
            created_by: self.created_by,
            last_used_from: self.last_used_from,
            revision: self.revision,
        })
    }
}
