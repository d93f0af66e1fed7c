//! Rows for the callers of tests: each write checks its caller in the database.

use claviger::control::operations::Caller;
use claviger::store::ActorKind;

use crate::store::test_database::TestDatabase;

/// Adds a row for this caller, if their account exists. An existing row stays.
pub async fn put_caller(bed: &TestDatabase, caller: &Caller) {
    let (id, role) = (&caller.actor.id, caller.role);
    let account = caller.account.as_ref().map_or("NULL".to_owned(), |account| format!("'{account}'"));
    let fits = format!(
        "WHERE ('{role}' = 'staff') = ({account} IS NULL)
        AND ({account} IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE id = {account}))"
    );
    let digest: String = format!("{id:x>32}").bytes().rev().take(32).map(|byte| format!("{byte:02x}")).collect();
    let digest = if bed.store.is_embedded() { format!("x'{digest}'") } else { format!("decode('{digest}', 'hex')") };
    let sql = match caller.actor.kind {
        ActorKind::User => format!(
            "INSERT INTO users (id, account, email, role, enabled, created_at, revision)
            SELECT '{id}', {account}, '{id}@example.org', '{role}', TRUE, 0, 1 {fits} ON CONFLICT (id) DO UPDATE
            SET role = excluded.role, account = excluded.account, revision = 1
            WHERE users.email = excluded.email AND users.enabled
            AND (users.role <> excluded.role OR COALESCE(users.account, '') <> COALESCE(excluded.account, ''))"
        ),
        ActorKind::Token => format!(
            "INSERT INTO operator_tokens (id, name, digest, account, role, enabled, created_at, created_by, revision)
            SELECT '{id}', 'made up', {digest}, {account}, '{role}', TRUE, 0, 'root', 1 {fits}
            ON CONFLICT DO NOTHING"
        ),
        ActorKind::Shell | ActorKind::System | ActorKind::Link | ActorKind::Credential => return,
    };
    // A write would wait for the lock of an operation that was refused and has not ended yet.
    let (table, is_to_change) = match caller.actor.kind {
        ActorKind::User => (
            "users",
            format!(
                "email = '{id}@example.org' AND enabled
                AND (role <> '{role}' OR COALESCE(account, '') <> COALESCE({account}, ''))"
            ),
        ),
        _ => ("operator_tokens", "FALSE".to_owned()),
    };
    let fine = format!("SELECT COUNT(*) FROM {table} WHERE id = '{id}' AND NOT ({is_to_change})");
    if bed.ask(&fine).await == 0 {
        bed.execute(&sql).await;
    }
}

/// The same where nothing can be waited for.
pub fn put_caller_now(bed: &TestDatabase, caller: &Caller) {
    if matches!(caller.actor.kind, ActorKind::User | ActorKind::Token) {
        let wait = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(put_caller(bed, caller));
        };
        std::thread::scope(|scope| scope.spawn(wait).join().unwrap());
    }
}
