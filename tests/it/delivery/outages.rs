//! What is down for a while, hangs, or dies.

use claviger::store::{Channel, Purpose};

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, on_each};
use crate::support::eventually_async;

on_each!(
    after_an_hour_without_a_mail_server_everything_goes_out_once,
    a_process_that_dies_while_it_sends_leaves_the_message_to_another,
    two_processes_send_each_message_once,
    a_message_about_what_has_ended_is_given_up,
    while_a_credential_is_disabled_nothing_is_sent,
    an_unreadable_row_holds_no_other_message,
    a_mail_is_given_up_when_its_link_has_ended,
);

async fn after_an_hour_without_a_mail_server_everything_goes_out_once(database: TestDatabase) {
    let mut bed = Bed::new(database).await;
    bed.mail.stop();
    let reveals = ["rev_1", "rev_2", "rev_3", "rev_4", "rev_5"];
    for reveal in reveals {
        bed.reveal(reveal).await;
        bed.enqueue(Purpose::RevealLink, reveal, &format!("ok@{}.example", reveal.replace('_', "-"))).await;
    }
    let worker = bed.worker();
    for _minute in 0..60 {
        worker.run_due().await;
        bed.pass(60);
    }
    let waiting = bed.message("rev_1").await;
    assert_eq!((waiting.state.as_str(), waiting.error_code.as_deref()), ("waiting", Some("connect")));
    assert_eq!(waiting.attempts, 4, "at 0, 1, 6 and 21 minutes");
    bed.mail.restart();
    for _minute in 0..60 {
        worker.run_due().await;
        bed.pass(60);
    }
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), reveals.len());
    for mail in &mails {
        let reveal = mail.to().strip_prefix("ok@").unwrap().strip_suffix(".example").unwrap().replace('-', "_");
        assert!(bed.opens(mail.link(), &reveal).await, "{reveal}");
        assert_eq!(bed.state(&reveal).await, ("accepted", None));
    }
}

async fn a_process_that_dies_while_it_sends_leaves_the_message_to_another(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "hangonce@dev.example").await;
    let doomed = bed.worker();
    let sending = tokio::spawn(async move { doomed.run_due().await });
    eventually_async("the server has the mail and does not answer", || async { bed.mail.hangs() == 1 }).await;
    assert!(bed.message("rev_1").await.is_sending(bed.clock.now()));
    sending.abort();
    let other = bed.worker();
    other.run_due().await;
    assert!(bed.mail.mails().is_empty(), "the lease has not ended");
    bed.pass(91);
    other.run_due().await;
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 1);
    assert!(bed.opens(mails[0].link(), "rev_1").await);
    let sent = bed.message("rev_1").await;
    assert_eq!((sent.state.as_str(), sent.attempts), ("accepted", 2));
}

async fn two_processes_send_each_message_once(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for number in 0..20 {
        bed.reveal(&format!("rev_{number}")).await;
        bed.enqueue(Purpose::RevealLink, &format!("rev_{number}"), "ok@dev.example").await;
    }
    let (one, other) = (bed.worker(), bed.worker());
    tokio::join!(one.run_due(), other.run_due(), one.run_due(), other.run_due());
    // A loop that loses a race for a row stops, and the next look finds the row.
    one.run_due().await;
    assert_eq!(bed.mail.mails().len(), 20);
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox WHERE state = 'accepted' AND attempts = 1").await, 20);
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM reveal_links").await, 20);
}

async fn a_message_about_what_has_ended_is_given_up(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for (reveal, column) in [("rev_1", "superseded_at = 1"), ("rev_2", "revealed_at = 1"), ("rev_3", "tries = 5")] {
        bed.reveal(reveal).await;
        bed.database.execute(&format!("UPDATE reveals SET {column} WHERE id = '{reveal}'")).await;
        bed.enqueue(Purpose::RevealLink, reveal, "ok@dev.example").await;
    }
    bed.enqueue(Purpose::RevealCode, "gone", "+447700900123").await;
    bed.enqueue(Purpose::SecretReset, "nothing", "ok@dev.example").await;
    bed.reveal("rev_4").await;
    bed.enqueue(Purpose::RevealLink, "rev_4", "ok@dev.example").await;
    let mut transaction = bed.begin().await;
    assert_eq!(transaction.cancel_messages("rev_4").await.unwrap(), 1);
    transaction.commit().await.unwrap();
    bed.worker().run_due().await;
    for target in ["rev_1", "rev_2", "rev_3", "rev_4", "gone", "nothing"] {
        assert_eq!(bed.state(target).await, ("given_up", Some("ended".into())), "{target}");
    }
    assert!(bed.mail.mails().is_empty() && bed.twilio.sent().is_empty());
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM reveal_links").await, 0);
}

async fn while_a_credential_is_disabled_nothing_is_sent(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.database.execute("UPDATE credentials SET enabled = FALSE").await;
    let worker = bed.worker();
    for _minute in 0..5 {
        worker.run_due().await;
        bed.pass(60);
    }
    let waiting = bed.message("rev_1").await;
    assert_eq!((waiting.state.as_str(), waiting.attempts, waiting.error_code.as_deref()), ("waiting", 0, Some("off")));
    bed.database.execute("UPDATE credentials SET enabled = TRUE").await;
    worker.run_due().await;
    assert_eq!(bed.mail.mails().len(), 1);
}

async fn an_unreadable_row_holds_no_other_message(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.enqueue(Purpose::SecretReset, "crm", "ok@dev.example").await;
    bed.database.execute("UPDATE outbox SET purpose = 'odd' WHERE target = 'rev_1'").await;
    let worker = bed.worker();
    worker.run_due().await;
    worker.run_due().await;
    assert_eq!(bed.state("crm").await, ("accepted", None));
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox WHERE error_code = 'unreadable'").await, 1);
}

async fn a_mail_is_given_up_when_its_link_has_ended(database: TestDatabase) {
    let mut bed = Bed::new(database).await;
    bed.mail.stop();
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    let worker = bed.worker();
    for _hour in 0..73 {
        worker.run_due().await;
        bed.pass(3600);
    }
    assert_eq!(bed.state("rev_1").await, ("given_up", Some("connect".into())));
    let kept = bed.database.store.prune_outbox(bed.clock.now()).await.unwrap();
    bed.pass(30 * 24 * 3600);
    assert_eq!((kept, bed.database.store.prune_outbox(bed.clock.now()).await.unwrap()), (0, 1));
}

/// A server that hangs holds its own messages alone.
#[tokio::test]
async fn a_hanging_mail_server_holds_neither_other_mails_nor_text_messages() {
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "hang@dev.example").await;
    let worker = bed.worker();
    let running = tokio::spawn(worker.run());
    eventually_async("the server hangs", || async { bed.mail.hangs() == 1 }).await;
    for number in 0..5 {
        bed.enqueue(Purpose::SecretReset, "crm", &format!("ok@dev{number}.example")).await;
    }
    bed.enqueue(Purpose::RevealCode, "rev_1", "+447700900123").await;
    eventually_async("the others arrive", || async { bed.mail.mails().len() == 5 && bed.twilio.sent().len() == 1 })
        .await;
    running.abort();
}

#[tokio::test]
async fn what_waits_is_counted_by_channel() {
    let mut bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.mail.stop();
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.pass(30);
    bed.enqueue(Purpose::SecretReset, "crm", "ok@dev.example").await;
    bed.worker().run_due().await;
    let [mail, sms] = bed.database.store.outbox_backlog().await.unwrap();
    assert_eq!(
        (mail.channel, mail.waiting, mail.oldest),
        (Channel::Mail, 2, Some(crate::store::test_database::noon()))
    );
    assert_eq!((sms.channel, sms.waiting, sms.oldest), (Channel::Sms, 0, None));
}
