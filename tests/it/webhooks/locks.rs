//! Transactions of webhooks and of what stops them lock in one order: on PostgreSQL none is ended by a deadlock, and a
//! revocation does not wait for what is sent.

use std::time::Duration;

use claviger::control::operations::{NewWebhook, create_webhook, disable};

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, label};

const HOUR: u64 = 3600;
/// Less than a deadlock, or a query, may take until it is an error.
const PROMPTLY: Duration = Duration::from_secs(15);

async fn bed() -> Bed {
    Bed::new(TestDatabase::postgres().await).await
}

/// Until `count` statements of this database wait for a lock.
async fn until_waiting(bed: &Bed, count: i64) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    crate::support::eventually_async("a statement waits for a lock", async || bed.database.ask(sql).await == count)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_deleted_while_its_credential_is_disabled() {
    let bed = bed().await;
    let webhook = bed.webhook("/status/500").await;
    bed.post("1").await;
    bed.sent(&bed.worker()).await;
    let id = webhook.record.id.as_str();
    let mut deletion = bed.database.store.begin(bed.clock.now()).await.unwrap();
    deletion.webhook(id).await.unwrap();
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let (disabled, ()) = tokio::join!(disable(&call, "crm", None), async {
        until_waiting(&bed, 1).await;
        let deleted = tokio::time::timeout(PROMPTLY, deletion.delete_webhook(id)).await;
        assert!(deleted.expect("it waits for the deliveries that the other one has").unwrap());
        deletion.commit().await.unwrap();
    });
    disabled.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_switched_off_while_its_credential_is_being_changed() {
    let bed = bed().await.with_mail();
    let webhook = bed.webhook("/status/500").await;
    bed.post("1").await;
    let worker = bed.worker();
    bed.sent(&worker).await;
    bed.pass(100 * HOUR);
    bed.sent(&worker).await;
    bed.pass(21 * HOUR);
    let mut change = bed.database.store.begin(bed.clock.now()).await.unwrap();
    change.credential("crm").await.unwrap();
    let looked = tokio::time::timeout(PROMPTLY, worker.look_after()).await;
    looked.expect("it waits for the credential");
    assert!(bed.record(&webhook).await.switched_off.is_some());
    change.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_posted_while_their_account_is_being_changed() {
    let bed = bed().await;
    let mut change = bed.database.store.begin(bed.clock.now()).await.unwrap();
    change.account("acme").await.unwrap();
    tokio::time::timeout(PROMPTLY, bed.post("1")).await.expect("it waits for the account");
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let disabled = tokio::time::timeout(PROMPTLY, disable(&call, "crm", None)).await;
    disabled.expect("its event waits for the account").unwrap();
    change.commit().await.unwrap();
}

/// An import locks accounts before credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_created_while_an_import_has_its_account() {
    let bed = bed().await;
    let mut import = bed.database.store.begin(bed.clock.now()).await.unwrap();
    import.accounts(&["acme"]).await.unwrap();
    let new =
        NewWebhook { credential: label("crm"), url: bed.url("/status/200"), entity: "*".into(), operation: "*".into() };
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let (created, ()) = tokio::join!(create_webhook(&call, new), async {
        until_waiting(&bed, 1).await;
        let locked = tokio::time::timeout(PROMPTLY, import.credentials(&["crm"])).await;
        assert_eq!(locked.expect("it waits for the credential that the other one has").unwrap().len(), 1);
        import.commit().await.unwrap();
    });
    created.unwrap();
}
