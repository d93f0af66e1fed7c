//! Writing credentials: one, or as many as an import brings.

use jiff::Timestamp;

use super::search_index::searched;
use crate::credential::{Label, PasswordHash, RateLimit};
use crate::store::transaction::{Touched, built, listed, within};
use crate::store::{
    ChangeKind, CredentialKind, CredentialRecord, PreviousSecret, RecordSecret, StoreError, Transaction,
};

/// In place of a hash and of its cost (shadow(5)): no password verifies against it.
pub(in crate::store) const CLEARED: &str = "!";
/// Rows in one statement: of 30 columns, of which SQLite takes 32,766 values.
pub(in crate::store) const BATCH: usize = 1000;

const INSERT: &str = "INSERT INTO credentials
    (id, account, owner, name, description, contact_email, contact_mobile, username, password_hash,
    password_cost, previous_password_hash, previous_ends_at, hint, enabled, disabled_reason, version, scopes,
    addresses, expires_at, rate_requests, rate_seconds, rate_burst, created_at, created_by, secret_made_at,
    handed_over_at, cleared, kind, search, revision) ";
/// When it was made, by whom and when it was used is left alone.
const UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET account = excluded.account, owner = excluded.owner,
    name = excluded.name, description = excluded.description, contact_email = excluded.contact_email,
    contact_mobile = excluded.contact_mobile, username = excluded.username,
    password_hash = excluded.password_hash, password_cost = excluded.password_cost,
    previous_password_hash = excluded.previous_password_hash, previous_ends_at = excluded.previous_ends_at,
    hint = excluded.hint, enabled = excluded.enabled, disabled_reason = excluded.disabled_reason,
    version = excluded.version, scopes = excluded.scopes, addresses = excluded.addresses,
    expires_at = excluded.expires_at, rate_requests = excluded.rate_requests,
    rate_seconds = excluded.rate_seconds, rate_burst = excluded.rate_burst,
    secret_made_at = excluded.secret_made_at, handed_over_at = excluded.handed_over_at,
    cleared = excluded.cleared, kind = excluded.kind, search = excluded.search,
    revision = credentials.revision + 1";

impl Transaction {
    /// Writes a credential, new or known, as a whole; when it was used is left alone. Its revision is counted here.
    ///
    /// # Errors
    /// When one of its names is taken or its account is unknown, or the database cannot be written.
    pub async fn put_credential(&mut self, record: &CredentialRecord) -> Result<(), StoreError> {
        self.put_credentials(std::slice::from_ref(record)).await
    }

    /// The same for many, no two of the same id.
    ///
    /// # Errors
    /// As above, without saying which one it is.
    pub async fn put_credentials(&mut self, records: &[CredentialRecord]) -> Result<(), StoreError> {
        for batch in records.chunks(BATCH) {
            self.write_rows(batch, UPDATE).await?;
            self.forget_tokens(batch).await?;
            self.write_tokens(batch).await?;
        }
        Ok(())
    }

    /// Writes new credentials.
    ///
    /// # Errors
    /// As above, and when one of the ids is taken, by somebody who was quicker too.
    pub async fn add_credentials(&mut self, records: &[CredentialRecord]) -> Result<(), StoreError> {
        for batch in records.chunks(BATCH) {
            self.write_rows(batch, "").await?;
            self.write_tokens(batch).await?;
        }
        Ok(())
    }

    async fn write_rows(&mut self, batch: &[CredentialRecord], on_conflict: &str) -> Result<(), StoreError> {
        let _touched: Touched = built!(self, INSERT, |sql, connection| {
            sql.push_values(batch, |mut row, record| {
                let (username, hash) = pair(&record.secret);
                let previous = previous_password(record);
                row.push_bind(record.id.as_str())
                    .push_bind(record.account.as_str())
                    .push_bind(record.owner.as_ref().map(Label::as_str))
                    .push_bind(&record.name)
                    .push_bind(&record.description)
                    .push_bind(&record.contact_email)
                    .push_bind(&record.contact_mobile)
                    .push_bind(username)
                    .push_bind(username.map(|_| hash.map_or(CLEARED, PasswordHash::as_str)))
                    .push_bind(username.map(|_| hash.map_or(CLEARED, PasswordHash::cost)))
                    .push_bind(previous.map(|(hash, _)| hash))
                    .push_bind(previous.map(|(_, ends_at)| ends_at))
                    .push_bind(&record.hint)
                    .push_bind(record.enabled)
                    .push_bind(&record.disabled_reason)
                    .push_bind(record.version.as_ref().map(Label::as_str))
                    .push_bind(record.scopes.as_ref().map(|scopes| words(scopes.iter())))
                    .push_bind(words(record.addresses.iter()))
                    .push_bind(millis(record.expires_at))
                    .push_bind(rate(record, |rate| rate.requests.get()))
                    .push_bind(rate(record, |rate| rate.seconds.get()))
                    .push_bind(rate(record, |rate| rate.burst.get()))
                    .push_bind(record.created_at.as_millisecond())
                    .push_bind(&record.created_by)
                    .push_bind(record.secret_made_at.as_millisecond())
                    .push_bind(millis(record.handed_over_at))
                    .push_bind(record.secret.is_cleared())
                    .push_bind(CredentialKind::of(record).as_str())
                    .push_bind(searched(record))
                    .push("1");
            });
            sql.push(on_conflict);
            sql.build().persistent(false).execute(connection)
        })?;
        for record in batch {
            // Its digest may be one that gates have asked for in vain.
            self.changed(ChangeKind::Secret, record.id.as_str());
        }
        Ok(())
    }

    async fn forget_tokens(&mut self, batch: &[CredentialRecord]) -> Result<(), StoreError> {
        let _touched: Touched = built!(self, "DELETE FROM tokens WHERE credential IN (", |sql, connection| {
            listed!(sql, batch.iter().map(|record| record.id.as_str()));
            sql.push(")");
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    async fn write_tokens(&mut self, batch: &[CredentialRecord]) -> Result<(), StoreError> {
        let mut tokens = Vec::with_capacity(batch.len());
        for record in batch {
            if let RecordSecret::Token(Some(digest)) = &record.secret {
                tokens.push((digest, record.id.as_str(), None));
            }
            if let Some(PreviousSecret::Token { digest, ends_at }) = &record.previous {
                tokens.push((digest, record.id.as_str(), Some(ends_at.as_millisecond())));
            }
        }
        if tokens.is_empty() {
            return Ok(());
        }
        let begin = "INSERT INTO tokens (digest, credential, ends_at) ";
        let _touched: Touched = built!(self, begin, |sql, connection| {
            sql.push_values(&tokens, |mut row, (digest, credential, ends_at)| {
                row.push_bind(digest.as_bytes().to_vec()).push_bind(*credential).push_bind(*ends_at);
            });
            sql.build().persistent(false).execute(connection)
        })?;
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

fn pair(secret: &RecordSecret) -> (Option<&str>, Option<&PasswordHash>) {
    match secret {
        RecordSecret::Token(_) => (None, None),
        RecordSecret::Password { username, hash } => (Some(username), hash.as_ref()),
    }
}

fn previous_password(record: &CredentialRecord) -> Option<(&str, i64)> {
    match record.previous.as_ref()? {
        PreviousSecret::Token { .. } => None,
        PreviousSecret::Password { hash, ends_at } => Some((hash.as_str(), ends_at.as_millisecond())),
    }
}

fn rate(record: &CredentialRecord, number: fn(&RateLimit) -> u32) -> Option<i64> {
    record.rate_limit.as_ref().map(|rate| i64::from(number(rate)))
}

fn millis(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::as_millisecond)
}

fn words<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}
