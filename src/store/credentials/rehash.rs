//! Replacing an outdated password hash after a successful verification.

use jiff::Timestamp;

use crate::credential::{Credential, PasswordHash};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{Actor, ActorKind, AuditEntry, ChangeKind, Store, StoreError};

impl Store {
    /// False when the hash is no longer `old`.
    pub async fn replace_hash(
        &self,
        credential: &Credential,
        old: &PasswordHash,
        new: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = credential.id.as_str();
        let mut transaction = self.begin(now).await?;
        let sql = "UPDATE credentials SET password_hash = $1, password_cost = $2, revision = revision + 1
            WHERE id = $3 AND password_hash = $4";
        let touched: Touched = timed!(transaction, |connection| statement::query(sql)
            .bind(new.as_str())
            .bind(new.cost())
            .bind(id)
            .bind(old.as_str())
            .execute(connection))?;
        if touched.0 == 0 {
            return Ok(false);
        }
        let scheme = |hash: &PasswordHash| Some(format!("{{\"password\":\"{}\"}}", hash.scheme()));
        let actor = Actor { kind: ActorKind::System, id: "claviger".into(), request_id: None, address: None };
        let entry = AuditEntry {
            verb: "rehash",
            account: Some(credential.account.id.to_string()),
            target_kind: "credential",
            target: id.to_owned(),
            before: scheme(old),
            after: scheme(new),
        };
        transaction.audit(&actor, &entry).await?;
        transaction.changed(ChangeKind::Secret, id);
        transaction.commit().await?;
        Ok(true)
    }
}
