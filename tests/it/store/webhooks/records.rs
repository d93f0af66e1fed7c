use claviger::store::{
    PreviousWebhookSecret, StoreError, SwitchedOff, SwitchedOffWhy, UniqueKey, WebhookKind, WebhookRecord,
    WebhookSecretRef,
};
use jiff::ToSpan as _;

use super::bed::{add, ground, the_webhook, webhook};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(a_webhook_is_read_as_it_was_written, a_rest_hook_like_another_is_found, webhooks_are_counted_for_their_limits,);

async fn a_webhook_is_read_as_it_was_written(bed: TestDatabase) {
    ground(&bed).await;
    let mut record = webhook("whk_1", "key");
    add(&bed, &record).await;
    assert_eq!(the_webhook(&bed).await, record);
    record.url = "https://other.example/".into();
    (record.entity, record.operation) = ("contact".into(), "created".into());
    let previous = WebhookSecretRef { key_id: "k1".into(), generation: 1 };
    record.previous_secret = Some(PreviousWebhookSecret { secret: previous, until: noon() + 24.hours() });
    record.secret = WebhookSecretRef { key_id: "k2".into(), generation: 2 };
    record.failing_since = Some(noon());
    record.warned_days = 3;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.put_webhook(&record).await.unwrap();
    transaction.commit().await.unwrap();
    record.revision = 2;
    assert_eq!(the_webhook(&bed).await, record);
    let switched_off = Some(SwitchedOff { at: noon(), why: SwitchedOffWhy::Failures });
    let full = WebhookRecord { id: label("whk_2"), switched_off, kind: WebhookKind::RestHook, ..record.clone() };
    add(&bed, &full).await;
    let read = bed.store.webhook("whk_2", noon()).await.unwrap().unwrap();
    assert_eq!(read, WebhookRecord { revision: 1, stop: read.stop, ..full.clone() });
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let taken = transaction.insert_webhook(&full).await;
    assert!(matches!(taken, Err(StoreError::Taken(UniqueKey::WebhookId))), "{taken:?}");
    drop(transaction);
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let stray = transaction.insert_webhook(&webhook("whk_3", "nemo")).await;
    assert!(matches!(stray, Err(StoreError::MissingReference)), "{stray:?}");
    drop(transaction);
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert!(transaction.delete_webhook("whk_2").await.unwrap());
    assert!(!transaction.delete_webhook("whk_2").await.unwrap());
    assert!(transaction.webhook("whk_2").await.unwrap().is_none());
    transaction.commit().await.unwrap();
}

async fn a_rest_hook_like_another_is_found(bed: TestDatabase) {
    ground(&bed).await;
    let mut hook = webhook("whk_1", "key");
    (hook.entity, hook.operation) = ("contact".into(), "created".into());
    // One of the console with the same URL is no REST hook.
    add(&bed, &WebhookRecord { id: label("whk_0"), ..hook.clone() }).await;
    hook.kind = WebhookKind::RestHook;
    add(&bed, &hook).await;
    let url = hook.url.clone();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let mut like = async |credential, url: &str, name| {
        transaction.rest_hook_like(credential, url, name).await.unwrap().map(|found| found.id.to_string())
    };
    let name = ("contact", "created");
    assert_eq!(like("key", &url, name).await.as_deref(), Some("whk_1"));
    assert_eq!(like("own", &url, name).await, None);
    assert_eq!(like("key", &url.to_uppercase(), name).await, None);
    assert_eq!(like("key", &url, ("contact", "*")).await, None);
    assert_eq!(like("key", &url, ("*", "created")).await, None);
}

async fn webhooks_are_counted_for_their_limits(bed: TestDatabase) {
    ground(&bed).await;
    for (id, credential, kind) in [
        ("whk_1", "key", WebhookKind::Console),
        ("whk_2", "key", WebhookKind::RestHook),
        ("whk_3", "own", WebhookKind::Console),
    ] {
        add(&bed, &WebhookRecord { kind, ..webhook(id, credential) }).await;
    }
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert_eq!(transaction.count_webhooks_of_credential("key").await.unwrap(), 2);
    assert_eq!(transaction.count_webhooks_of_credential("nemo").await.unwrap(), 0);
    assert_eq!(transaction.count_webhooks_of_account("acme").await.unwrap(), 3);
    drop(transaction);
    let per_credential = bed.store.webhooks_per_credential(&["key", "own", "nemo"]).await.unwrap();
    assert_eq!(per_credential.into_iter().collect::<Vec<_>>(), [("key".to_owned(), 2), ("own".to_owned(), 1)]);
    let per_owner = bed.store.webhooks_per_owner(&["anna", "ben"]).await.unwrap();
    assert_eq!(per_owner.into_iter().collect::<Vec<_>>(), [("anna".to_owned(), 1)]);
    assert!(bed.store.webhooks_per_owner(&[]).await.unwrap().is_empty());
}
