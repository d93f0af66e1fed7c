//! What the console shows of a message that does not go out.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use claviger::control::operations::{Caller, NewCredential, NewSecret, create};
use claviger::control::{ControlState, Throttles, console_listener};
use claviger::store::Role;

use super::bed::{Bed, MOBILE};
use crate::control::{Fixture, user};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(the_card_shows_why_a_mail_waits_and_the_words_of_a_refusal);

async fn page(bed: &Bed, caller: &Caller, target: &str) -> String {
    let state =
        ControlState::new(bed.database.store.clone(), bed.clock.clone(), bed.settings.clone(), Throttles::default())
            .unwrap();
    let request = Request::get(target).extension(caller.clone()).body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(console_listener(state), request).await.unwrap();
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

async fn the_card_shows_why_a_mail_waits_and_the_words_of_a_refusal(database: TestDatabase) {
    let mut bed = Bed::new(database).await;
    let owner = user(Role::Owner, Some("acme"), "usr_owner");
    let mut fixture = Fixture::new();
    fixture.delivery = bed.settings.load().delivery.clone();
    let new = NewCredential {
        contact_email: Some("no@dev.example".into()),
        contact_mobile: Some(MOBILE.into()),
        ..NewCredential::new(label("acme"), NewSecret::Token)
    };
    let created = create(&fixture.by(&owner, &bed.database, noon()), new).await.unwrap().fresh().unwrap();
    bed.mail.stop();
    let worker = bed.worker();
    worker.run_due().await;
    let list = page(&bed, &owner, "/credentials?state=waiting").await;
    let facts = ["Waiting since 21 Nov 2026, 12:00 UTC", "The server could not be reached.", "Next attempt on"];
    for fact in facts {
        assert!(list.contains(fact), "{fact}: {list}");
    }
    let path = format!("/credentials/{}", created.record.id);
    for (target, label) in [("#delivery", "Send again"), ("#delivery", "Text again"), ("/void", "Void link")] {
        assert!(list.contains(&format!("{path}{target}\">{label}</a>")), "{label}: {list}");
    }
    bed.mail.restart();
    bed.pass(3600);
    worker.run_due().await;
    let list = page(&bed, &owner, "/credentials?state=waiting").await;
    let detail = page(&bed, &owner, &path).await;
    for shown in [list, detail] {
        assert!(shown.contains("Failed, queued on 21 Nov 2026, 12:00 UTC"), "{shown}");
        assert!(
            shown.contains("The server refused the message for good.") && shown.contains("no such mailbox here"),
            "{shown}"
        );
        assert!(!shown.contains("Next attempt on"), "{shown}");
    }
}
