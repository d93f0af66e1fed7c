use jiff::Timestamp;

use super::has_secret::has_secret;
use crate::credential::Label;
use crate::store::{Store, StoreError, fetch};

impl Store {
    /// The own keys of the members of an account that are neither disabled, cleared nor expired, nor their users disabled.
    pub async fn usable_member_keys(&self, account: &Label, now: Timestamp) -> Result<Vec<Label>, StoreError> {
        let begin = "SELECT c.id FROM credentials c JOIN users u ON u.id = c.owner
            WHERE u.role = 'member' AND u.enabled AND c.enabled AND c.account = ";
        let rows: Vec<(String,)> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(account.as_str()).push(" AND ").push(has_secret(now));
            sql.push(" AND (c.expires_at IS NULL OR c.expires_at > ").push_bind(now.as_millisecond()).push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let label = |id: String| {
            id.parse().map_err(|_| StoreError::Inconsistent { table: "credentials", column: "id", id: id.clone() })
        };
        rows.into_iter().map(|(id,)| label(id)).collect()
    }
}
