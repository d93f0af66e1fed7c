//! Which credentials a change has left without webhooks.

use super::read::JOINS;
use super::stop::WebhookStop;
use crate::credential::Label;
use crate::store::credentials::has_secret;
use crate::store::statement;
use crate::store::transaction::{BATCH, bind_list, build, timed};
use crate::store::{SkipScope, StoreError, Transaction};

impl Transaction {
    /// Those of these accounts that have webhooks, in the order of ids.
    pub async fn accounts_with_webhooks(&mut self, accounts: &[&str]) -> Result<Vec<Label>, StoreError> {
        let mut found = Vec::new();
        for batch in accounts.chunks(BATCH) {
            let rows: Vec<(String,)> =
                build!(self, "SELECT DISTINCT account FROM webhooks WHERE account IN (", |sql, connection| {
                    bind_list!(sql, batch.iter().copied());
                    sql.push(") ORDER BY account");
                    sql.build_query_as().persistent(false).fetch_all(connection)
                })?;
            for (id,) in rows {
                let unreadable = || StoreError::Inconsistent { table: "webhooks", column: "account", id: id.clone() };
                found.push(id.parse().map_err(|_| unreadable())?);
            }
        }
        Ok(found)
    }

    /// Credentials with webhooks in `scope` that nothing but `why` stops, in the order of ids.
    pub async fn credentials_of_halted_webhooks(
        &mut self,
        scope: SkipScope<'_>,
        why: WebhookStop,
    ) -> Result<Vec<String>, StoreError> {
        let (millis, has_secret) = (self.now.as_millisecond(), has_secret(self.now));
        let runs = [
            (WebhookStop::Paused, "NOT w.paused".to_owned()),
            (WebhookStop::SwitchedOff, "w.switched_off_at IS NULL".to_owned()),
            (WebhookStop::AccessOff, "a.granted AND a.switched_on AND c.account = w.account".to_owned()),
            (WebhookStop::CredentialDisabled, "c.enabled".to_owned()),
            (WebhookStop::CredentialCleared, has_secret),
            (WebhookStop::CredentialExpired, format!("(c.expires_at IS NULL OR c.expires_at > {millis})")),
            (WebhookStop::OwnerDisabled, "(c.owner IS NULL OR u.enabled)".to_owned()),
            (WebhookStop::MembersNotAllowed, "(c.owner IS NULL OR u.role <> 'member' OR a.members_allowed)".to_owned()),
        ];
        let conditions = runs.into_iter().filter(|(stop, _)| *stop != why).map(|(_, condition)| condition);
        let conditions = conditions.collect::<Vec<_>>().join(" AND ");
        let scoped = scope.webhooks();
        let sql = format!(
            "SELECT DISTINCT w.credential FROM {JOINS} WHERE w.id IN (SELECT id FROM webhooks WHERE {scoped})
            AND {conditions} ORDER BY w.credential"
        );
        let rows: Vec<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(scope.id())
            .fetch_all(connection))?;
        Ok(rows.into_iter().map(|(credential,)| credential).collect())
    }
}
