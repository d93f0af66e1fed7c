//! Whom notices go to.

use crate::store::statement;
use crate::store::transaction::timed;
use crate::store::{Role, StoreError, Transaction};

/// An enabled user as the recipient of a notice.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MailRecipient {
    pub id: String,
    pub email: String,
    /// In which they last signed in.
    pub locale: Option<String>,
}

/// Empty where there is no such credential.
#[derive(Debug, Default, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CredentialContact {
    /// The user whose own key it is.
    pub owner: Option<String>,
    /// The contact of any other.
    pub email: Option<String>,
}

impl Transaction {
    /// The enabled users with this role, of an account or, with `None`, of the staff. Locks nothing.
    pub async fn recipients(&mut self, role: Role, account: Option<&str>) -> Result<Vec<MailRecipient>, StoreError> {
        let account_is =
            if account.is_some() { "account = $2" } else { "account IS NULL AND CAST($2 AS TEXT) IS NULL" };
        let sql =
            format!("SELECT id, email, locale FROM users WHERE enabled AND role = $1 AND {account_is} ORDER BY id");
        timed!(self, |connection| statement::query_as::<_, MailRecipient>(sqlx::AssertSqlSafe(sql))
            .bind(role.as_str())
            .bind(account)
            .fetch_all(connection))
    }

    /// An enabled user. Locks nothing.
    pub async fn recipient(&mut self, user: &str) -> Result<Option<MailRecipient>, StoreError> {
        let sql = "SELECT id, email, locale FROM users WHERE enabled AND id = $1";
        timed!(self, |connection| statement::query_as::<_, MailRecipient>(sql).bind(user).fetch_optional(connection))
    }

    /// The people who are sent mails about a credential. Locks nothing: a mail must not wait for a change of it.
    pub async fn credential_contact(&mut self, credential: &str) -> Result<CredentialContact, StoreError> {
        let sql = "SELECT owner, contact_email AS email FROM credentials WHERE id = $1";
        let found: Option<CredentialContact> =
            timed!(self, |connection| statement::query_as::<_, CredentialContact>(sql)
                .bind(credential)
                .fetch_optional(connection))?;
        Ok(found.unwrap_or_default())
    }

    /// Notes the language in which a user reads pages. No change of the user: no revision, no audit.
    pub async fn note_locale(&mut self, user: &str, locale: &str) -> Result<(), StoreError> {
        let sql = "UPDATE users SET locale = $1 WHERE id = $2 AND COALESCE(locale, '') <> $1";
        let _touched: crate::store::transaction::Touched =
            timed!(self, |connection| statement::query(sql).bind(locale).bind(user).execute(connection))?;
        Ok(())
    }
}
