//! Notices about the end of credentials.

use claviger::store::Role;

use super::bed::{Bed, later};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    an_end_that_was_announced_costs_no_transaction,
    a_notice_is_in_the_language_of_its_recipient,
    a_notice_that_has_become_untrue_is_not_sent,
);

const DAY: i64 = 24 * 3600;

async fn ends_in(bed: &Bed, seconds: i64) {
    let end = later(bed.clock.now(), seconds).as_millisecond();
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {end}, created_at = 0")).await;
}

async fn an_end_that_was_announced_costs_no_transaction(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.execute("UPDATE credentials SET contact_email = 'ok@dev.example'").await;
    ends_in(&bed, 10 * DAY).await;
    bed.worker().announce_expiries().await;
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox").await, 1);
    let window = (bed.clock.now(), later(bed.clock.now(), 14 * DAY));
    let purpose = claviger::store::Purpose::ExpiringIn14Days;
    let store = &bed.database.store;
    assert!(store.expiry_notices(window, (14, purpose), None, 500).await.unwrap().is_empty());
    // Another end is announced again.
    ends_in(&bed, 9 * DAY).await;
    assert_eq!(store.expiry_notices(window, (14, purpose), None, 500).await.unwrap().len(), 1);
    bed.worker().announce_expiries().await;
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox").await, 2);
}

async fn a_notice_is_in_the_language_of_its_recipient(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("anna", Some("acme"), Role::Owner).await;
    bed.database.put_user("otto", Some("acme"), Role::Owner).await;
    bed.database.execute("UPDATE users SET locale = 'de' WHERE id = 'anna'").await;
    ends_in(&bed, 10 * DAY).await;
    bed.worker().announce_expiries().await;
    let german = "SELECT COUNT(*) FROM outbox WHERE locale = 'de' AND recipient = 'anna@example.org'";
    assert_eq!(bed.database.ask(german).await, 1);
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox WHERE locale IS NULL").await, 1);
    bed.database.execute("UPDATE credentials SET contact_email = 'Anna@example.org'").await;
    ends_in(&bed, 9 * DAY).await;
    bed.worker().announce_expiries().await;
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox WHERE locale = 'de'").await, 2);
}

async fn a_notice_that_has_become_untrue_is_not_sent(database: TestDatabase) {
    let mut bed = Bed::new(database).await;
    bed.database.execute("UPDATE credentials SET contact_email = 'ok@dev.example'").await;
    bed.mail.stop();
    ends_in(&bed, 0).await;
    bed.worker().announce_expiries().await;
    ends_in(&bed, 400 * DAY).await;
    bed.mail.restart();
    bed.worker().run_due().await;
    assert_eq!(bed.state("crm").await, ("given_up", Some("ended".into())));
    assert!(bed.mail.mails().is_empty());
}
