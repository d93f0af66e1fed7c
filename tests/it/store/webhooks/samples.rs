use claviger::store::{EventSource, NewEvent};
use jiff::ToSpan as _;

use super::bed::{event, ground, post_at};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(samples_are_the_newest_events_that_a_webhook_would_be_sent);

async fn samples_are_the_newest_events_that_a_webhook_would_be_sent(bed: TestDatabase) {
    ground(&bed).await;
    bed.account("other").await;
    bed.put(&token("foreign", "other", "foreign")).await;
    let mut narrow = token("narrow", "acme", "narrow");
    narrow.scopes = Some(vec![label("read")]);
    bed.put(&narrow).await;
    let (account, publisher, write) = (label("acme"), label("pub_1"), label("write"));
    let [key, own, foreign, narrow] = ["key", "own", "foreign", "narrow"].map(label);
    let named = [key.clone()];
    let theirs = |id| {
        let source = Some(EventSource { publisher: &publisher, id });
        NewEvent { source, body: id, ..event(id, &account, "contact", "created") }
    };
    let events = [
        theirs("evt_1"),
        NewEvent { scope: Some(&write), ..theirs("evt_2") },
        NewEvent { credentials: Some(&named), ..theirs("evt_3") },
        theirs("evt_4"),
        NewEvent { operation: "deleted", ..theirs("evt_5") },
        // Of this program.
        NewEvent { body: "evt_6", ..event("evt_6", &account, "contact", "created") },
        theirs("evt_7"),
    ];
    for (second, event) in (0_i64..).zip(events) {
        post_at(&bed, noon() + second.seconds(), &[event]).await;
    }
    bed.execute("UPDATE events SET scope = 'a b' WHERE id = 'evt_7'").await;
    let samples = async |credential: Option<&claviger::credential::Label>, name, limit| {
        let samples = bed.store.event_samples(&account, credential, &[name], limit).await.unwrap();
        samples.into_iter().map(|sample| sample.body).collect::<Vec<_>>()
    };
    let created = ("contact", "created");
    assert_eq!(samples(None, created, 9).await, ["evt_6", "evt_4", "evt_3", "evt_2", "evt_1"]);
    assert_eq!(samples(None, created, 3).await, ["evt_6", "evt_4", "evt_3"]);
    assert_eq!(samples(Some(&key), created, 9).await, ["evt_6", "evt_4", "evt_3", "evt_2", "evt_1"]);
    assert_eq!(samples(Some(&narrow), created, 9).await, ["evt_6", "evt_4", "evt_1"]);
    assert_eq!(samples(Some(&own), created, 9).await, ["evt_4", "evt_2", "evt_1"]);
    for stranger in [&foreign, &label("unknown")] {
        assert!(samples(Some(stranger), created, 9).await.is_empty(), "{stranger}");
    }
    assert_eq!(samples(Some(&key), ("contact", "deleted"), 9).await, ["evt_5"]);
    for name in [("*", "*"), ("contact", "*"), ("Contact", "created"), ("", "")] {
        assert!(samples(Some(&key), name, 9).await.is_empty(), "{name:?}");
    }
    let names = [("contact", "deleted"), ("task", "created"), created];
    let several = bed.store.event_samples(&account, Some(&narrow), &names, 3).await.unwrap();
    assert_eq!(several.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), ["evt_6", "evt_5", "evt_4"]);
    assert!(bed.store.event_samples(&account, Some(&key), &[], 3).await.unwrap().is_empty());
    let first = bed.store.event_samples(&account, None, &[created], 1).await.unwrap().remove(0);
    assert_eq!((first.id.as_str(), first.created_at), ("evt_6", noon() + 5.seconds()));
}
