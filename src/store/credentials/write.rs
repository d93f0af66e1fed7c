//! Writing credentials: one, or a whole import.

use jiff::Timestamp;

use super::search_index::search_text;
use crate::credential::{Label, PasswordHash, RateLimit};
use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, bind_list, build, timed};
use crate::store::{
    ChangeKind, CredentialKind, CredentialRecord, PreviousSecret, RecordSecret, StoreError, Transaction,
};

/// Stands for a cleared hash and its cost (as in shadow(5)): no password verifies against it.
pub(super) const CLEARED: &str = "!";

const INSERT: &str = "INSERT INTO credentials
    (id, account, owner, name, description, contact_email, contact_mobile, developer_emails, username, password_hash,
    password_cost, previous_password_hash, previous_ends_at, hint, enabled, disabled_reason, version, scopes,
    addresses, expires_at, rate_requests, rate_seconds, rate_burst, created_at, created_by, secret_made_at,
    handed_over_at, cleared, cleared_at, kind, search, revision) ";
/// Creation and last use are kept.
const UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET account = excluded.account, owner = excluded.owner,
    name = excluded.name, description = excluded.description, contact_email = excluded.contact_email,
    contact_mobile = excluded.contact_mobile, developer_emails = excluded.developer_emails, username = excluded.username,
    password_hash = excluded.password_hash, password_cost = excluded.password_cost,
    previous_password_hash = excluded.previous_password_hash, previous_ends_at = excluded.previous_ends_at,
    hint = excluded.hint, enabled = excluded.enabled, disabled_reason = excluded.disabled_reason,
    version = excluded.version, scopes = excluded.scopes, addresses = excluded.addresses,
    expires_at = excluded.expires_at, rate_requests = excluded.rate_requests,
    rate_seconds = excluded.rate_seconds, rate_burst = excluded.rate_burst,
    secret_made_at = excluded.secret_made_at, handed_over_at = excluded.handed_over_at,
    cleared_at = CASE WHEN excluded.cleared AND credentials.cleared
        THEN COALESCE(credentials.cleared_at, excluded.cleared_at) ELSE excluded.cleared_at END,
    cleared = excluded.cleared, kind = excluded.kind, search = excluded.search,
    revision = credentials.revision + 1";

impl Transaction {
    /// Inserts or replaces a credential, except its last use, and increments its revision.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for a user name or token, [`StoreError::MissingReference`] for an unknown account or owner.
    pub async fn put_credential(&mut self, record: &CredentialRecord) -> Result<(), StoreError> {
        self.put_credentials(std::slice::from_ref(record)).await
    }

    /// [`Self::put_credential`] for many, with distinct ids.
    ///
    /// # Errors
    /// The same; which record failed is not reported.
    pub async fn put_credentials(&mut self, records: &[CredentialRecord]) -> Result<(), StoreError> {
        for batch in records.chunks(BATCH) {
            self.write_rows(batch, UPDATE).await?;
            self.delete_tokens(batch).await?;
            self.write_tokens(batch).await?;
        }
        Ok(())
    }

    /// Inserts new credentials.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for an id too.
    pub async fn add_credentials(&mut self, records: &[CredentialRecord]) -> Result<(), StoreError> {
        for batch in records.chunks(BATCH) {
            self.write_rows(batch, "").await?;
            self.write_tokens(batch).await?;
        }
        Ok(())
    }

    async fn write_rows(&mut self, batch: &[CredentialRecord], on_conflict: &str) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        let _touched: Touched = build!(self, INSERT, |sql, connection| {
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
                    .push_bind(emails(record))
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
                    .push_bind(record.secret.is_cleared().then_some(now))
                    .push_bind(CredentialKind::of(record).as_str())
                    .push_bind(search_text(record))
                    .push("1");
            });
            sql.push(on_conflict);
            sql.build().persistent(false).execute(connection)
        })?;
        for record in batch {
            // Gates may have cached its digest as unknown.
            self.changed(ChangeKind::Secret, record.id.as_str());
        }
        Ok(())
    }

    async fn delete_tokens(&mut self, batch: &[CredentialRecord]) -> Result<(), StoreError> {
        let _touched: Touched = build!(self, "DELETE FROM tokens WHERE credential IN (", |sql, connection| {
            bind_list!(sql, batch.iter().map(|record| record.id.as_str()));
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
        let _touched: Touched = build!(self, begin, |sql, connection| {
            sql.push_values(&tokens, |mut row, (digest, credential, ends_at)| {
                row.push_bind(digest.as_bytes().to_vec()).push_bind(*credential).push_bind(*ends_at);
            });
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    /// Deletes a credential, its webhooks and their deliveries. False when there is no such credential.
    pub async fn delete_credential(&mut self, id: &str) -> Result<bool, StoreError> {
        self.delete_deliveries_of("credential", id).await?;
        let sql = "DELETE FROM credentials WHERE id = $1";
        let touched: Touched = timed!(self, |connection| statement::query(sql).bind(id).execute(connection))?;
        self.changed(ChangeKind::Credential, id);
        Ok(touched.0 > 0)
    }
}

fn emails(record: &CredentialRecord) -> Option<String> {
    (!record.developer_emails.is_empty()).then(|| record.developer_emails.join(" "))
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

fn millis(timestamp: Option<Timestamp>) -> Option<i64> {
    timestamp.map(Timestamp::as_millisecond)
}

fn words<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}
