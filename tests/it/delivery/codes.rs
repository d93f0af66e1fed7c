//! Codes: each text message shows which is the newest, and none is sent uncounted or for nothing.

use claviger::control::operations::{
    Caller, NewCredential, NewSecret, OperationContext, create, send_reveal_code, text_again,
};
use claviger::store::{Channel, Purpose};

use super::bed::{Bed, MOBILE, later};
use crate::control::Fixture;
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_newer_text_message_replaces_the_older_ones_that_wait,
    every_code_has_a_number_of_its_own,
    a_text_message_that_may_have_gone_out_is_not_sent_again,
    a_text_message_of_a_dead_process_counts_again,
    nothing_is_minted_while_the_credential_has_expired_or_delivery_is_off,
    a_message_of_a_disabled_credential_is_not_the_oldest_that_waits,
);

fn number(body: &str) -> &str {
    body.split("(message ").nth(1).unwrap().split(')').next().unwrap()
}

fn numbers(bed: &Bed) -> Vec<String> {
    bed.twilio.sent().iter().map(|fields| number(&fields["Body"]).to_owned()).collect()
}

async fn a_newer_text_message_replaces_the_older_ones_that_wait(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let mut fixture = Fixture::new();
    fixture.delivery = bed.settings.load().delivery.clone();
    let new = NewCredential {
        contact_email: Some("ok@dev.example".into()),
        contact_mobile: Some(MOBILE.into()),
        ..NewCredential::new(label("acme"), NewSecret::Token)
    };
    let made = create(&fixture.call(&bed.database, noon()), new).await.unwrap().fresh().unwrap().record;
    bed.pass(1);
    text_again(&fixture.call(&bed.database, bed.clock.now()), made.id.as_str()).await.unwrap().fresh().unwrap();
    let replaced = "SELECT COUNT(*) FROM outbox WHERE state = 'given_up' AND error_code = 'replaced'";
    assert_eq!(bed.database.ask(replaced).await, 1);
    bed.worker().run_due().await;
    assert_eq!(numbers(&bed), ["1"]);
    let text = made_text(&bed, made.id.as_str()).await;
    assert_eq!((text.0, text.1), ("accepted", None));
    // From the page behind the link, too.
    bed.pass(3600);
    let holder = Caller::link_holder(None, None);
    let ticket = bed.mail.mails()[0].link().rsplit('/').next().unwrap().to_owned();
    for _two in 0..2 {
        let call = fixture.by_link(&holder, &bed.database, bed.clock.now());
        let call = OperationContext { installation_keys: Some(&bed.keys), ..call };
        assert!(send_reveal_code(&call, &ticket).await.unwrap());
        bed.pass(121);
    }
    bed.worker().run_due().await;
    assert_eq!((numbers(&bed), bed.database.ask(replaced).await), (vec!["1".to_owned(), "2".to_owned()], 2));
}

async fn made_text(bed: &Bed, credential: &str) -> (&'static str, Option<String>) {
    let record = bed.database.store.credential(credential).await.unwrap().unwrap();
    let text = record.delivery.unwrap().text.unwrap();
    (text.state.as_str(), text.error_code)
}

async fn every_code_has_a_number_of_its_own(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
    bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
    bed.twilio.refuse_next(503, 0, "down");
    bed.worker().run_due().await;
    bed.pass(10);
    bed.worker().run_due().await;
    assert_eq!(numbers(&bed), ["2", "3"]);
}

async fn a_text_message_that_may_have_gone_out_is_not_sent_again(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.twilio.lose_next();
    bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
    for _minute in 0..9 {
        bed.worker().run_due().await;
        bed.pass(60);
    }
    assert_eq!(bed.twilio.sent().len(), 1);
    assert_eq!(bed.state("rev_1").await, ("given_up", Some("response".into())));
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM reveals WHERE code_digest IS NOT NULL").await, 1);
}

async fn a_text_message_of_a_dead_process_counts_again(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let day = noon().as_second().div_euclid(24 * 3600);
    bed.database.execute(&format!("INSERT INTO text_counts (scope, day, sent) VALUES ('to {MOBILE}', {day}, 9)")).await;
    for (reveal, state) in [("rev_1", ("accepted", None)), ("rev_2", ("given_up", Some("used_up".into())))] {
        bed.reveal(reveal).await;
        bed.enqueue(Purpose::RevealCode, reveal, MOBILE).await;
        let mut transaction = bed.begin().await;
        transaction.claim_message(Channel::Sms, "dead").await.unwrap().unwrap();
        transaction.commit().await.unwrap();
        bed.pass(91);
        bed.worker().run_due().await;
        assert_eq!(bed.state(reveal).await, state);
    }
    assert_eq!(bed.twilio.sent().len(), 1);
}

async fn nothing_is_minted_while_the_credential_has_expired_or_delivery_is_off(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    let now = bed.clock.now().as_millisecond();
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {now}")).await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("waiting", Some("off".into())));
    bed.database.execute("UPDATE credentials SET expires_at = NULL").await;
    let sms = bed.settings.load().delivery.sms.clone();
    bed.change(|delivery| delivery.sms = None);
    bed.pass(60);
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("waiting", Some("off".into())));
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM reveal_links").await, 0);
    bed.change(|delivery| delivery.sms = sms);
    bed.pass(60);
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("accepted", None));
}

async fn a_message_of_a_disabled_credential_is_not_the_oldest_that_waits(database: TestDatabase) {
    let mut bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.database.execute("UPDATE credentials SET enabled = FALSE").await;
    bed.worker().run_due().await;
    bed.pass(24 * 3600);
    bed.worker().run_due().await;
    let [mail, _] = bed.database.store.outbox_backlog().await.unwrap();
    assert_eq!((mail.waiting, mail.oldest), (1, None));
    bed.mail.stop();
    bed.enqueue(Purpose::SecretReset, "crm", "ok@dev.example").await;
    bed.worker().run_due().await;
    let [mail, _] = bed.database.store.outbox_backlog().await.unwrap();
    assert_eq!((mail.waiting, mail.oldest), (2, Some(later(noon(), 24 * 3600))));
}
