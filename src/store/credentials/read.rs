//! Reading whole records.

use super::delivery::{self, DeliveryRow};
use super::gate::{addresses, labels, rate_limit};
use super::write::CLEARED;
use crate::credential::TokenDigest;
use crate::store::reveals;
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::{BATCH, bind_list, build, lock_all, timed};
use crate::store::{
    CredentialRecord, PreviousSecret, RecordSecret, Store, StoreError, Transaction, fetch_optional, in_transaction,
};

const OWN_COLUMNS: &str =
    "c.id, c.account, c.owner, c.name, c.description, c.contact_email, c.contact_mobile, c.developer_emails, c.username,
    c.password_hash, c.previous_password_hash, c.previous_ends_at, c.hint, c.enabled, c.disabled_reason, c.version,
    c.scopes, c.addresses, c.expires_at, c.rate_requests, c.rate_seconds, c.rate_burst, c.created_at, c.created_by,
    c.secret_made_at, c.handed_over_at, w.at AS last_used_at, w.used_from AS last_used_from,
    (SELECT COUNT(*) FROM credential_addresses a WHERE a.credential = c.id) AS recent_addresses, c.revision,
    t.digest, p.digest AS previous_digest, p.ends_at AS previous_token_ends_at";
const OWN_JOINS: &str = "LEFT JOIN tokens t ON t.credential = c.id AND t.ends_at IS NULL
    LEFT JOIN tokens p ON p.credential = c.id AND p.ends_at IS NOT NULL
    LEFT JOIN uses w ON w.credential = c.id";

/// The columns of a whole record.
pub(super) fn columns() -> String {
    format!("{OWN_COLUMNS}, {}, {}", reveals::COLUMNS, delivery::COLUMNS)
}

/// What follows `credentials c` in a query for whole records.
pub(super) fn joins() -> String {
    format!("{OWN_JOINS}{}", delivery::JOINS)
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    account: String,
    owner: Option<String>,
    name: Option<String>,
    description: Option<String>,
    contact_email: Option<String>,
    contact_mobile: Option<String>,
    developer_emails: Option<String>,
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
    recent_addresses: i64,
    revision: i64,
    digest: Option<Vec<u8>>,
    previous_digest: Option<Vec<u8>>,
    previous_token_ends_at: Option<i64>,
    #[sqlx(flatten)]
    delivery: DeliveryRow,
}

/// Credentials in the order of ids.
#[derive(Debug, Default)]
pub struct Page {
    pub records: Vec<CredentialRecord>,
    /// Why other rows of this page cannot be read.
    pub unreadable: Vec<StoreError>,
    /// The last id of this page; `None` for an empty page.
    pub end: Option<String>,
}

impl Store {
    pub async fn credential(&self, id: &str) -> Result<Option<CredentialRecord>, StoreError> {
        let sql = format!("SELECT {} FROM credentials c {} WHERE c.id = $1", columns(), joins());
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// The next `limit` credentials after this id, in the order of ids; the empty id precedes all. With an account, only
    /// its own.
    pub async fn credentials_after(&self, id: &str, account: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        let of_account = if account.is_some() { "AND c.account = $3" } else { "" };
        let sql = format!(
            "SELECT {} FROM credentials c {} WHERE c.id > $1 {of_account} ORDER BY c.id LIMIT $2",
            columns(),
            joins()
        );
        let rows: Vec<Row> = self
            .timed(async {
                in_transaction!(self, |connection| {
                    let query = statement::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(i64::from(limit));
                    let query = if let Some(account) = account { query.bind(account) } else { query };
                    Ok(query.fetch_all(connection).await?)
                })
            })
            .await?;
        let mut page = Page { end: rows.last().map(|row| row.id.clone()), ..Page::default() };
        for row in rows {
            match row.record() {
                Ok(record) => page.records.push(record),
                Err(error) => page.unreadable.push(error),
            }
        }
        Ok(page)
    }
}

impl Transaction {
    /// Locks the credential until the commit.
    pub async fn credential(&mut self, id: &str) -> Result<Option<CredentialRecord>, StoreError> {
        if !self.for_update().is_empty() {
            // PostgreSQL cannot lock the nullable side of an outer join.
            let sql = format!("SELECT revision FROM credentials WHERE id = $1{}", self.for_update());
            let _locked: Option<(i64,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
                .bind(id)
                .fetch_optional(connection))?;
        }
        let sql = format!("SELECT {} FROM credentials c {} WHERE c.id = $1", columns(), joins());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Those of these ids that exist, locked until the commit.
    pub async fn credentials(&mut self, ids: &[&str]) -> Result<Vec<CredentialRecord>, StoreError> {
        if !self.for_update().is_empty() {
            let _locked: Vec<(String,)> = lock_all!(self, "credentials", "id", ids)?;
        }
        let mut found = Vec::new();
        for batch in ids.chunks(BATCH) {
            let begin = format!("SELECT {} FROM credentials c {} WHERE c.id IN (", columns(), joins());
            let rows: Vec<Row> = build!(self, begin, |sql, connection| {
                bind_list!(sql, batch.iter().copied());
                sql.push(")");
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            found.extend(rows.into_iter().map(Row::record).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }
}

impl Row {
    /// The key of its [`crate::store::Cursor`].
    pub(super) fn key(&self) -> (i64, &str) {
        (self.created_at, &self.id)
    }

    pub(super) fn record(self) -> Result<CredentialRecord, StoreError> {
        let id = self.id.clone();
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: id.clone() };
        let instant = |millis: i64, column| from_millis(millis).map_err(|()| broken(column));
        let instants = |millis: Option<i64>, column| millis.map(|millis| instant(millis, column)).transpose();
        let digest = |bytes: &[u8]| TokenDigest::from_bytes(bytes).ok_or_else(|| broken("digest"));
        let secret = match (&self.digest, &self.username, &self.password_hash) {
            (bytes, None, None) => RecordSecret::Token(bytes.as_deref().map(digest).transpose()?),
            (None, Some(username), Some(hash)) => RecordSecret::Password {
                username: username.as_str().into(),
                hash: match hash.as_str() {
                    CLEARED => None,
                    hash => Some(hash.parse().map_err(|_| broken("password_hash"))?),
                },
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
            developer_emails: words(self.developer_emails.as_deref()),
            hint: self.hint,
            enabled: self.enabled,
            disabled_reason: self.disabled_reason,
            created_by: self.created_by,
            last_used_from: self.last_used_from,
            recent_addresses: self.recent_addresses,
            delivery: self.delivery.delivery()?.map(Box::new),
            revision: self.revision,
        })
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}
