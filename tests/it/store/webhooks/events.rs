use claviger::store::{EventSource, NewEvent, StoreError};
use jiff::ToSpan as _;

use super::bed::{event, fan_out, ground, ground_with_webhook, post, post_at};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    an_event_that_a_publisher_posted_before_is_not_written_again,
    concurrent_posts_of_one_event_write_it_once,
    an_event_of_an_unknown_account_is_refused,
    ids_of_events_are_in_order_within_a_transaction,
    an_event_is_rolled_back_with_its_transaction,
);

async fn an_event_that_a_publisher_posted_before_is_not_written_again(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let (account, one, other) = (label("acme"), label("pub_1"), label("pub_2"));
    let from = |publisher, source, id| {
        let source = Some(EventSource { publisher, id: source });
        NewEvent { source, ..event(id, &account, "contact", "created") }
    };
    let first = post(&bed, &[from(&one, "a", "evt_1"), from(&one, "b", "evt_2"), from(&one, "a", "evt_3")]).await;
    let answers = |inserted: Vec<claviger::store::InsertedEvent>| {
        inserted.into_iter().map(|event| (event.id, event.is_new)).collect::<Vec<_>>()
    };
    let expected =
        |answers: &[(&str, bool)]| answers.iter().map(|(id, new)| ((*id).to_owned(), *new)).collect::<Vec<_>>();
    assert_eq!(answers(first), expected(&[("evt_1", true), ("evt_2", true), ("evt_1", false)]));
    let second = [
        from(&one, "c", "evt_4"),
        from(&other, "a", "evt_5"),
        from(&one, "b", "evt_6"),
        event("evt_7", &account, "contact", "created"),
        from(&one, "A", "evt_8"),
        event("evt_9", &account, "contact", "created"),
    ];
    let second = post_at(&bed, noon() + 1.hour(), &second).await;
    let expected =
        [("evt_4", true), ("evt_5", true), ("evt_2", false), ("evt_7", true), ("evt_8", true), ("evt_9", true)];
    assert_eq!(answers(second), expected.map(|(id, is_new)| (id.to_owned(), is_new)));
    assert_eq!(bed.ask("SELECT COUNT(*) FROM events").await, 7);
    assert_eq!(fan_out(&bed).await.waiting, 7);
    assert!(post(&bed, &[]).await.is_empty());
}

async fn concurrent_posts_of_one_event_write_it_once(bed: TestDatabase) {
    ground(&bed).await;
    let calls: Vec<_> = (0..6)
        .map(|number: usize| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let (account, publisher) = (label("acme"), label("pub_1"));
                let mut sources: Vec<String> = (0..20).map(|source| format!("s{source}")).collect();
                sources.rotate_left(number * 3);
                let ids: Vec<String> = sources.iter().map(|source| format!("evt_{number}_{source}")).collect();
                let events: Vec<_> = sources
                    .iter()
                    .zip(&ids)
                    .map(|(source, id)| {
                        let source = Some(EventSource { publisher: &publisher, id: source });
                        NewEvent { source, ..event(id, &account, "contact", "created") }
                    })
                    .collect();
                let mut transaction = store.begin(noon()).await.unwrap();
                let inserted = transaction.insert_events(&events).await.unwrap();
                transaction.commit().await.unwrap();
                for (event, source) in inserted.iter().zip(&sources) {
                    assert!(event.id.ends_with(&format!("_{source}")), "{event:?} of {source}");
                }
                inserted.iter().filter(|event| event.is_new).count()
            })
        })
        .collect();
    let mut new = 0;
    for call in calls {
        new += call.await.unwrap();
    }
    assert_eq!((new, bed.ask("SELECT COUNT(*) FROM events").await), (20, 20));
}

async fn an_event_of_an_unknown_account_is_refused(bed: TestDatabase) {
    ground(&bed).await;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let unknown = label("nemo");
    let refused = transaction.insert_events(&[event("evt_1", &unknown, "contact", "created")]).await;
    assert!(matches!(refused, Err(StoreError::MissingReference)), "{refused:?}");
}

async fn ids_of_events_are_in_order_within_a_transaction(bed: TestDatabase) {
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let ids: Vec<String> = (0..100).map(|_| transaction.next_event_id()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next) && ids.iter().all(|id| id.starts_with("evt_")));
}

async fn an_event_is_rolled_back_with_its_transaction(bed: TestDatabase) {
    ground(&bed).await;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let account = label("acme");
    transaction.insert_events(&[event("evt_1", &account, "contact", "created")]).await.unwrap();
    drop(transaction);
    assert_eq!(fan_out(&bed).await.events, 0);
}
