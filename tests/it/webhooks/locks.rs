//! Transactions of webhooks and of what stops them lock in one order: on PostgreSQL none is ended by a deadlock, and a
//! revocation does not wait for what is sent.

use std::time::Duration;

use claviger::control::operations::{NewWebhook, create_webhook, disable};
use claviger::store::WebhookRecord;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_webhook_holds_up_the_record_of_no_other() {
    let bed = bed().await;
    let (locked, other) = (bed.webhook("/status/200").await, bed.webhook("/status/200").await);
    bed.post("1").await;
    bed.receiver.hold(true);
    let worker = bed.worker();
    let sending = tokio::spawn(async move { worker.run_due().await });
    crate::support::eventually_async("attempts", async || bed.receiver.received().len() == 2).await;
    let mut change = bed.database.store.begin(bed.clock.now()).await.unwrap();
    change.webhook(locked.record.id.as_str()).await.unwrap();
    bed.receiver.hold(false);
    let is_recorded = async || bed.states(&other).await == [("delivered", None)];
    crate::support::eventually_async("the other one is recorded", is_recorded).await;
    assert_eq!(bed.states(&locked).await, [("waiting", None)]);
    change.commit().await.unwrap();
    sending.await.unwrap();
    assert_eq!(bed.states(&locked).await, [("delivered", None)]);
}

/// More webhooks are due than one answer lists, and all places are taken by receivers that hang.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_a_free_place_does_not_query_the_database_all_the_time() {
    let bed = bed().await;
    let first = bed.webhook("/status/200").await.record;
    let mut transaction = bed.database.store.begin(bed.clock.now()).await.unwrap();
    for number in 0..300 {
        let webhook = WebhookRecord { id: label(&format!("whk_{number:03}")), ..first.clone() };
        transaction.insert_webhook(&webhook).await.unwrap();
    }
    transaction.commit().await.unwrap();
    bed.post("1").await;
    bed.receiver.hold(true);
    let worker = tokio::spawn(bed.worker().run());
    crate::support::eventually_async("all places are taken", async || bed.receiver.received().len() == 64).await;
    let transactions = async || {
        let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        bed.database.ask(sql).await
    };
    let before = transactions().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let count = transactions().await - before;
    worker.abort();
    assert!(count < 200, "{count} transactions in three seconds");
}
