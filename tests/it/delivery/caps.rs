//! Bounds of mails that anybody can cause.

use claviger::control::operations::{
    Edit, NewAccessRequest, Patch, edit, request_access, request_new_password, withdraw_request,
};
use claviger::store::Role;

use super::bed::{Bed, later};
use crate::control::{Fixture, user};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_contact_changed_back_and_forth_sends_a_bounded_number_of_mails,
    staff_get_one_mail_about_requests_in_a_quarter_of_an_hour,
    a_lost_password_brings_three_mails_an_hour_to_a_user_and_for_a_network,
);

async fn queued(bed: &Bed, condition: &str) -> i64 {
    bed.database.ask(&format!("SELECT COUNT(*) FROM outbox WHERE {condition}")).await
}

async fn a_contact_changed_back_and_forth_sends_a_bounded_number_of_mails(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let mut fixture = Fixture::new();
    fixture.delivery = bed.settings.load().delivery.clone();
    let change = async |now| {
        for email in ["victim@one.example", "Victim@one.example", "other@one.example"] {
            let set = Edit { contact_email: Patch::Set(email.into()), ..Edit::default() };
            edit(&fixture.call(&bed.database, now), "crm", set).await.unwrap();
        }
    };
    for _change in 0..40 {
        change(noon()).await;
    }
    assert_eq!(queued(&bed, "LOWER(recipient) = 'victim@one.example'").await, 30);
    assert_eq!(queued(&bed, "recipient = 'other@one.example'").await, 30);
    change(later(noon(), 24 * 3600)).await;
    assert_eq!(queued(&bed, "LOWER(recipient) = 'victim@one.example'").await, 31, "another day");
}

async fn staff_get_one_mail_about_requests_in_a_quarter_of_an_hour(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let mut fixture = Fixture::new();
    fixture.delivery = bed.settings.load().delivery.clone();
    bed.database.put_user("ok", None, Role::Staff).await;
    bed.database.put_user("owner", Some("acme"), Role::Owner).await;
    bed.database.execute("UPDATE accounts SET granted = FALSE").await;
    let owner = user(Role::Owner, Some("acme"), "owner");
    let worker = bed.worker();
    let mut mails = Vec::new();
    for minute in 0..40 {
        let new = NewAccessRequest {
            account: label("acme"),
            start_on: "2027-01-31".into(),
            use_cases: vec!["reporting".into()],
            privacy_policy: None,
        };
        let call = fixture.by(&owner, &bed.database, bed.clock.now());
        let id = request_access(&call, new).await.unwrap().fresh().unwrap().id;
        withdraw_request(&call, id.as_str()).await.unwrap();
        worker.run_due().await;
        let asks = bed.mail.mails().iter().filter(|mail| mail.subject().ends_with("asks for API access")).count();
        mails.extend((mails.len()..asks).map(|_| minute));
        bed.pass(60);
    }
    assert_eq!(mails, [0, 15, 30]);
    assert!(bed.mail.mails().iter().any(|mail| mail.link() == "https://keys.example.org/requests"));
    assert!(bed.mail.mails().len() <= 30, "{}", bed.mail.mails().len());
}

async fn a_lost_password_brings_three_mails_an_hour_to_a_user_and_for_a_network(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for id in ["one", "two", "three", "four"] {
        bed.database.put_user(id, Some("acme"), Role::Owner).await;
    }
    let delivery = bed.settings.load().delivery.clone();
    let ask = async |id: &str, address: &str, minutes: i64| {
        let (email, now) = (format!("{id}@example.org"), later(noon(), minutes * 60));
        request_new_password(&bed.database.store, &delivery, now, (&email, Some(address.into()))).await.unwrap();
    };
    for minutes in 0..60 {
        ask("one", &format!("192.0.2.{minutes}"), minutes).await;
    }
    assert_eq!(queued(&bed, "target = 'one'").await, 3);
    ask("one", "192.0.2.1", 60).await;
    assert_eq!(queued(&bed, "target = 'one'").await, 4, "another hour");
    for id in ["two", "three", "four"] {
        ask(id, "2001:db8::1", 60).await;
        ask(id, "2001:db8::ffff", 65).await;
    }
    assert_eq!(queued(&bed, "target IN ('two', 'three', 'four')").await, 3);
    ask("four", "2001:db8:0:1::1", 70).await;
    assert_eq!(queued(&bed, "target = 'four'").await, 1);
}
