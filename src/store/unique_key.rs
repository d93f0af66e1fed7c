//! Unique constraints, and the names that the databases give them.

use std::fmt;

use sqlx::error::DatabaseError;

/// What no two rows of a table have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueKey {
    AccessRequestId,
    /// An account has at most one request that waits for a decision.
    PendingAccessRequest,
    AccountId,
    /// Of an attempt at a delivery.
    AttemptNumber,
    AuditId,
    ChangeNumber,
    CredentialAddress,
    CredentialId,
    /// A credential has at most one current and one previous token.
    CredentialToken,
    CredentialUse,
    CredentialUsername,
    DeliveryId,
    EventId,
    /// The id that a publisher gave an event.
    EventSource,
    IdempotencyKey,
    OperatorTokenDigest,
    OperatorTokenId,
    OutboxId,
    PublisherDigest,
    PublisherId,
    RevealId,
    RevealLink,
    RevealLinkDigest,
    SessionDigest,
    SetupLinkDigest,
    TextCount,
    /// Of a credential's token, current or previous.
    TokenDigest,
    UserEmail,
    UserId,
    WebhookId,
}

/// Each constraint as PostgreSQL names it, and as SQLite does: by its columns, or by its index where that is on an
/// expression.
const CONSTRAINTS: [(UniqueKey, &str, &str); 31] = [
    (UniqueKey::AccessRequestId, "access_requests_pkey", "access_requests.id"),
    (UniqueKey::PendingAccessRequest, "access_requests_one_pending", "access_requests.account"),
    (UniqueKey::AccountId, "accounts_pkey", "accounts.id"),
    (UniqueKey::AttemptNumber, "attempts_pkey", "attempts.delivery, attempts.number"),
    (UniqueKey::AuditId, "audit_pkey", "audit.id"),
    (UniqueKey::ChangeNumber, "changes_pkey", "changes.number"),
    (
        UniqueKey::CredentialAddress,
        "credential_addresses_pkey",
        "credential_addresses.credential, credential_addresses.address",
    ),
    (UniqueKey::CredentialId, "credentials_pkey", "credentials.id"),
    (UniqueKey::CredentialToken, "tokens_current", "tokens.credential"),
    (UniqueKey::CredentialToken, "tokens_previous", "tokens.credential"),
    (UniqueKey::CredentialUse, "uses_pkey", "uses.credential"),
    (UniqueKey::CredentialUsername, "credentials_username_key", "credentials.username"),
    (UniqueKey::DeliveryId, "deliveries_pkey", "deliveries.id"),
    (UniqueKey::EventId, "events_pkey", "events.id"),
    (UniqueKey::EventSource, "events_source", "events.publisher, events.source_id"),
    (UniqueKey::IdempotencyKey, "idempotency_pkey", "idempotency.actor, idempotency.key"),
    (UniqueKey::OperatorTokenDigest, "operator_tokens_digest_key", "operator_tokens.digest"),
    (UniqueKey::OperatorTokenId, "operator_tokens_pkey", "operator_tokens.id"),
    (UniqueKey::OutboxId, "outbox_pkey", "outbox.id"),
    (UniqueKey::PublisherDigest, "publishers_digest_key", "publishers.digest"),
    (UniqueKey::PublisherId, "publishers_pkey", "publishers.id"),
    (UniqueKey::RevealId, "reveals_pkey", "reveals.id"),
    (UniqueKey::RevealLink, "reveals_link_digest_key", "reveals.link_digest"),
    (UniqueKey::RevealLinkDigest, "reveal_links_pkey", "reveal_links.digest"),
    (UniqueKey::SessionDigest, "sessions_pkey", "sessions.digest"),
    (UniqueKey::SetupLinkDigest, "setup_links_pkey", "setup_links.digest"),
    (UniqueKey::TextCount, "text_counts_pkey", "text_counts.scope, text_counts.day"),
    (UniqueKey::TokenDigest, "tokens_pkey", "tokens.digest"),
    (UniqueKey::UserEmail, "users_email", "index 'users_email'"),
    (UniqueKey::UserId, "users_pkey", "users.id"),
    (UniqueKey::WebhookId, "webhooks_pkey", "webhooks.id"),
];

impl UniqueKey {
    /// The key that this error names; `None` where the constraint is not of this program's schema.
    pub(super) fn violated(error: &dyn DatabaseError) -> Option<Self> {
        if let Some(constraint) = error.constraint() {
            return CONSTRAINTS.iter().find(|(_, name, _)| *name == constraint).map(|(key, ..)| *key);
        }
        let columns = error.message().strip_prefix("UNIQUE constraint failed: ")?;
        CONSTRAINTS.iter().find(|(.., name)| *name == columns).map(|(key, ..)| *key)
    }
}

impl fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessRequestId
            | Self::AccountId
            | Self::AuditId
            | Self::CredentialId
            | Self::DeliveryId
            | Self::EventId
            | Self::OperatorTokenId
            | Self::OutboxId
            | Self::PublisherId
            | Self::RevealId
            | Self::UserId
            | Self::WebhookId => "the id",
            Self::PendingAccessRequest => "the account's place in the queue",
            Self::ChangeNumber => "the number of the change",
            Self::CredentialAddress => "the credential's address",
            Self::CredentialToken | Self::OperatorTokenDigest | Self::PublisherDigest | Self::TokenDigest => {
                "the token"
            }
            Self::AttemptNumber => "the number of the attempt",
            Self::EventSource => "the publisher's id of the event",
            Self::CredentialUse => "the credential's last use",
            Self::CredentialUsername => "the user name",
            Self::IdempotencyKey => "the idempotency key",
            Self::RevealLink | Self::RevealLinkDigest | Self::SetupLinkDigest => "the link",
            Self::TextCount => "the count of text messages",
            Self::SessionDigest => "the session",
            Self::UserEmail => "the e-mail address",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::config::DatabaseUrl;
    use crate::store::pools::Pools;
    use crate::store::{Store, StoreOptions};

    /// Tables of one row.
    const SINGLETONS: [&str; 3] = ["_sqlx_migrations", "counter", "schema_mark"];

    #[tokio::test]
    async fn every_unique_constraint_of_the_schema_has_a_key() {
        let folder = tempfile::TempDir::new().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("claviger.db"));
        let options = StoreOptions { connections: 1, query_timeout: Duration::from_secs(10), create: true };
        let store = Store::open(&url, options).await.unwrap();
        store.migrate().await.unwrap();
        let Pools::Sqlite { read, .. } = &store.pools else { panic!("not SQLite") };
        let sql = "SELECT t.name, i.name, i.origin, (SELECT group_concat(COALESCE(c.name, ''), ' ')
            FROM pragma_index_info(i.name) c) FROM sqlite_master t JOIN pragma_index_list(t.name) i
            WHERE t.type = 'table' AND i.\"unique\" = 1";
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(sql).fetch_all(read).await.unwrap();
        let names = |(table, index, origin, columns): (String, String, String, String)| {
            let columns: Vec<&str> = columns.split(' ').filter(|column| !column.is_empty()).collect();
            let in_sqlite = match columns.as_slice() {
                [] => format!("index '{index}'"),
                columns => columns.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", "),
            };
            let in_postgres = match origin.as_str() {
                "pk" => format!("{table}_pkey"),
                "u" => format!("{table}_{}_key", columns.join("_")),
                _ => index,
            };
            (in_postgres, in_sqlite)
        };
        let rows = rows.into_iter().filter(|(table, ..)| !SINGLETONS.contains(&table.as_str()));
        let of_schema: BTreeSet<(String, String)> = rows.map(names).collect();
        let of_table = CONSTRAINTS.iter().map(|(_, postgres, sqlite)| ((*postgres).to_owned(), (*sqlite).to_owned()));
        assert_eq!(of_schema, of_table.collect());
    }
}
