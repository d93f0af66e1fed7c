//! Connections to servers that answer late, lead elsewhere, or want TLS from the start.

use std::time::{Duration, Instant};

use claviger::config::MailTls;
use claviger::delivery::{FailureKind, Mail, Mailer, SmsClient};
use claviger::store::{Purpose, SupersededBy};

use super::bed::{Bed, MOBILE, mail_settings};
use super::smtp_server::SmtpServer;
use crate::store::test_database::{TestDatabase, noon, on_each};
use crate::support::eventually_async;

on_each!(
    a_mail_that_the_server_took_goes_out_once_though_it_never_answers_quit,
    a_void_between_minting_and_sending_stops_the_mail,
    a_cancelled_message_stays_given_up_unless_it_was_accepted,
);

/// Less than the thirty seconds of an attempt.
const SOON: Duration = Duration::from_secs(20);

async fn a_mail_that_the_server_took_goes_out_once_though_it_never_answers_quit(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for (reveal, recipient) in [("rev_1", "mute@dev.example"), ("rev_2", "muteno@dev.example")] {
        bed.reveal(reveal).await;
        bed.enqueue(Purpose::RevealLink, reveal, recipient).await;
    }
    let begun = Instant::now();
    bed.worker().run_due().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(bed.state("rev_1").await, ("accepted", None));
    assert_eq!(bed.state("rev_2").await, ("failed", Some("refused".into())));
    bed.pass(3600);
    bed.worker().run_due().await;
    assert_eq!(bed.mail.mails().len(), 1);
}

#[tokio::test]
async fn a_refused_login_is_no_timeout_though_the_server_never_answers_quit() {
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.change(|delivery| {
        delivery.mail.as_mut().unwrap().login = Some(("mute".into(), "wrong".parse().unwrap()));
    });
    let begun = Instant::now();
    bed.worker().run_due().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(bed.state("rev_1").await, ("waiting", Some("login".into())));
}

async fn a_void_between_minting_and_sending_stops_the_mail(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.mail.hold();
    let worker = bed.worker();
    let sending = tokio::spawn(async move { worker.run_due().await });
    eventually_async("the server is greeted", || async { bed.mail.hangs() == 1 }).await;
    let mut transaction = bed.begin().await;
    assert_eq!(transaction.supersede_reveals(&["crm"], SupersededBy::Voided).await.unwrap(), 1);
    transaction.commit().await.unwrap();
    bed.mail.release();
    sending.await.unwrap();
    assert!(bed.mail.mails().is_empty());
    assert_eq!(bed.state("rev_1").await, ("given_up", Some("ended".into())));
    assert!(!bed.message("rev_1").await.is_sending(bed.clock.now()));
}

async fn a_cancelled_message_stays_given_up_unless_it_was_accepted(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for (target, recipient, state) in
        [("rev_1", "busy@dev.example", "given_up"), ("rev_2", "hangonce@dev.example", "accepted")]
    {
        use claviger::store::{AttemptOutcome, Channel, SendFailure};
        bed.reveal(target).await;
        bed.enqueue(Purpose::RevealLink, target, recipient).await;
        let mut transaction = bed.begin().await;
        let message = transaction.claim_message(Channel::Mail, "test").await.unwrap().unwrap();
        transaction.commit().await.unwrap();
        let mut transaction = bed.begin().await;
        assert_eq!(transaction.cancel_messages(target).await.unwrap(), 1);
        transaction.commit().await.unwrap();
        assert!(!bed.database.store.holds_claim(&message).await.unwrap());
        let attempt = match state {
            "accepted" => AttemptOutcome::Accepted { provider_id: None, ask_at: None },
            _ => {
                AttemptOutcome::Delayed { failure: SendFailure { code: "busy", text: None }, next_at: bed.clock.now() }
            }
        };
        let mut transaction = bed.begin().await;
        assert!(transaction.record_attempt(&message, &attempt).await.unwrap());
        transaction.commit().await.unwrap();
        let record = bed.message(target).await;
        assert_eq!((record.state.as_str(), record.next_at, record.claimed_until), (state, None, None));
    }
}

/// The worker waits for the reveal with no message locked, as a void locks them in the other order.
#[tokio::test(flavor = "multi_thread")]
async fn a_void_and_a_worker_do_not_wait_for_each_other() {
    let bed = Bed::new(TestDatabase::postgres().await).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    let mut void = bed.begin().await;
    void.newest_reveal("crm").await.unwrap().unwrap();
    let worker = bed.worker();
    let working = tokio::spawn(async move { worker.run_due().await });
    eventually_async("the worker has its claim", || async {
        bed.database.ask("SELECT COUNT(*) FROM outbox WHERE claimed_until IS NOT NULL").await == 1
    })
    .await;
    let begun = Instant::now();
    assert_eq!(void.supersede_reveals(&["crm"], SupersededBy::Voided).await.unwrap(), 1);
    void.commit().await.unwrap();
    // The server looks for deadlocks after a second.
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    working.await.unwrap();
    assert!(bed.mail.mails().is_empty());
    assert_eq!(bed.state("rev_1").await, ("given_up", Some("ended".into())));
}

#[tokio::test]
async fn a_mail_goes_to_a_server_with_tls_from_the_start() {
    let bed = Bed::with(TestDatabase::sqlite().await, SmtpServer::start_with_implicit_tls()).await;
    let implicit = |port: u16, mail: &mut claviger::config::MailSettings| {
        mail.server = format!("smtps://localhost:{port}").parse().unwrap();
        mail.tls = MailTls::Implicit;
    };
    bed.change(|delivery| implicit(bed.mail.port, delivery.mail.as_mut().unwrap()));
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("accepted", None));
    assert!(bed.mail.mails()[0].0["encrypted"].as_bool().unwrap() && bed.mail.mails()[0].0["user"] == "keys");

    let stranger = SmtpServer::start_with_implicit_tls();
    let mut settings = mail_settings(&bed.mail);
    implicit(stranger.port, &mut settings);
    let mail =
        Mail { to: "ok@dev.example", subject: "s", text: "t", html: "h", message_id: "m", now: noon(), secret: None };
    let mailer = Mailer::new(&settings, "keys.example.org").unwrap();
    assert_eq!(mailer.send(&mail, async { true }).await.unwrap_err().kind, FailureKind::Tls);
    assert!(stranger.mails().is_empty());
    assert_eq!(format!("{mail:?}"), "Mail { message_id: \"m\", .. }");
}

/// Neither the row nor the log names a recipient.
#[tokio::test]
async fn the_words_of_a_server_do_not_bring_the_recipient_back() {
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.reveal("rev_1").await;
    bed.twilio.refuse_next(400, 21211, &format!("The 'To' number {MOBILE} is not valid"));
    bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
    bed.enqueue(Purpose::SecretReset, "crm", "named@dev.example").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("failed", Some("invalid_number".into())));
    assert_eq!(bed.message("rev_1").await.error_text.unwrap(), "400 21211 The 'To' number … is not valid");
    let text = bed.message("crm").await.error_text.unwrap();
    assert!(text.contains("<…> is unknown here") && !text.to_lowercase().contains("dev.example"), "{text}");
}

/// Certificates of `ca` alone, no redirect, and a bounded body.
#[tokio::test]
async fn a_provider_of_text_messages_is_met_over_tls_alone_and_leads_nowhere_else() {
    let (authority, folder) = (crate::support::Authority::new(), tempfile::TempDir::new().unwrap());
    authority.write(&folder.path().join("ca.pem"));
    authority.issue("localhost").write(folder.path());
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    let port = super::https_server::start(folder.path(), bed.twilio.address).await;
    let settings = |change: &dyn Fn(&mut claviger::config::SmsSettings)| {
        let mut sms = bed.settings.load().delivery.sms.clone().unwrap();
        sms.api = format!("https://localhost:{port}");
        sms.ca = Some(folder.path().join("ca.pem"));
        change(&mut sms);
        SmsClient::new(&sms).unwrap()
    };
    settings(&|_| {}).send(MOBILE, "hello", None).await.unwrap();
    assert_eq!(bed.twilio.sent().len(), 1);
    let distrusting = settings(&|sms| sms.ca = None);
    assert_eq!(distrusting.send(MOBILE, "hello", None).await.unwrap_err().kind, FailureKind::Tls);
    for path in ["redirect", "long"] {
        let client = settings(&|sms| sms.api = format!("https://localhost:{port}/{path}"));
        let fault = client.send(MOBILE, "hello", None).await.unwrap_err();
        assert_eq!(fault.kind, FailureKind::Response, "{path}: {fault:?}");
    }
    assert_eq!(bed.twilio.sent().len(), 1, "no redirect is followed");
}
