//! Mails: what they say, and what becomes of those that are refused.

use claviger::control::LiveSettings;
use claviger::control::operations::{Caller, OperationContext, RevealStanding, show_reveal};
use claviger::store::Purpose;

use super::bed::{Bed, PASSWORD, PUBLIC_URL};
use super::smtp_server::SmtpServer;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_mail_brings_a_link_that_works_and_no_secret_stays_behind,
    a_refusal_for_now_is_tried_again_and_one_for_good_is_not,
    a_server_that_repeats_the_link_in_its_refusal_does_not_put_it_into_the_row,
    a_connection_lost_after_the_mail_leaves_both_links_valid,
    a_line_break_in_a_name_begins_no_header,
    a_link_to_a_secret_leads_to_the_listener_of_its_own,
);

async fn a_mail_brings_a_link_that_works_and_no_secret_stays_behind(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("anna", Some("acme"), claviger::store::Role::Owner).await;
    bed.database.execute("UPDATE accounts SET name = 'Acme & <Co>'; UPDATE users SET name = 'Anna Ü.'").await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.worker().run_due().await;

    let mails = bed.mail.mails();
    assert_eq!((mails.len(), mails[0].to()), (1, "ok@dev.example"));
    let mail = &mails[0];
    assert!(mail.0["encrypted"].as_bool().unwrap() && mail.0["user"] == "keys");
    assert!(bed.opens(mail.link(), "rev_1").await);
    assert_eq!(mail.subject(), "Claviger: your API access for Acme & <Co>");
    assert_eq!(mail.headers("From"), ["\"Bücher, Inc\" <keys@example.org>"]);
    assert_eq!(mail.headers("Reply-To"), ["help@example.org"]);
    assert_eq!(mail.headers("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(mail.headers("X-Auto-Response-Suppress"), ["All"]);
    assert_eq!(mail.headers("X-No-Track"), ["yes"]);
    assert!(mail.headers("Message-ID")[0].ends_with(".1@example.org>"), "{:?}", mail.headers("Message-ID"));
    let says = |text: &str| assert!(mail.text().contains(text), "{text}: {}", mail.text());
    says("Anna Ü. asked us");
    says("works until Tue 24 Nov 2026, 12:00 UTC and shows your credentials once");
    says("ending in 123");
    says("never send a secret by e-mail");
    assert!(!mail.text().contains("+447700900123") && !mail.text().contains("secret of crm"));
    assert!(mail.html().contains("Acme &amp; &lt;Co&gt;") && mail.html().contains(mail.link()));
    assert!(!mail.html().contains("<img") && !mail.html().contains("style"));

    let record = bed.message("rev_1").await;
    assert_eq!((record.state.as_str(), record.attempts, record.sent_at), ("accepted", 1, Some(bed.clock.now())));
    assert!(!record.is_sending(bed.clock.now()));
    let ticket = mail.link().rsplit('/').next().unwrap();
    assert!(!format!("{record:?}").contains(ticket));
    if let claviger::config::DatabaseUrl::Sqlite(file) = &bed.database.url {
        for file in [file.clone(), file.with_extension("db-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(ticket.len()).any(|window| window == ticket.as_bytes()));
        }
    }
    // Once.
    bed.pass(3600);
    bed.worker().run_due().await;
    assert_eq!(bed.mail.mails().len(), 1);
}

async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not(database: TestDatabase) {
    let bed = Bed::new(database).await;
    for (reveal, recipient) in [("rev_1", "busy@dev.example"), ("rev_2", "no@dev.example")] {
        bed.reveal(reveal).await;
        bed.enqueue(Purpose::RevealLink, reveal, recipient).await;
    }
    let worker = bed.worker();
    worker.run_due().await;
    assert!(bed.mail.mails().is_empty());
    let waiting = bed.message("rev_1").await;
    assert_eq!((waiting.state.as_str(), waiting.error_code.as_deref()), ("waiting", Some("busy")));
    assert!(waiting.error_text.unwrap().contains("come back later"));
    assert_eq!(waiting.next_at, Some(super::bed::later(bed.clock.now(), 60)));
    let failed = bed.message("rev_2").await;
    assert_eq!(
        (failed.state.as_str(), failed.error_code.as_deref(), failed.next_at),
        ("failed", Some("refused"), None)
    );
    assert!(failed.error_text.unwrap().contains("no such mailbox here"));

    worker.run_due().await;
    assert!(bed.mail.mails().is_empty(), "before its time");
    bed.pass(60);
    worker.run_due().await;
    assert_eq!(bed.state("rev_1").await, ("accepted", None));
    assert!(bed.opens(bed.mail.mails()[0].link(), "rev_1").await);
    bed.pass(24 * 3600);
    worker.run_due().await;
    assert_eq!(bed.mail.mails().len(), 1);
    assert_eq!(bed.message("rev_2").await.attempts, 1);
}

async fn a_server_that_repeats_the_link_in_its_refusal_does_not_put_it_into_the_row(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "quote@dev.example").await;
    bed.worker().run_due().await;
    let failed = bed.message("rev_1").await;
    assert_eq!(failed.state.as_str(), "failed");
    let text = failed.error_text.unwrap();
    assert!(text.contains("bad link https://keys.example.org/reveal/…"), "{text}");
}

async fn a_connection_lost_after_the_mail_leaves_both_links_valid(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "drop@dev.example").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("waiting", Some("timeout".into())));
    bed.pass(60);
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("accepted", None));
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 2, "the first has arrived, too");
    assert_ne!(mails[0].link(), mails[1].link());
    let (live, holder) = (LiveSettings::default(), Caller::link_holder(None, None));
    let call = OperationContext::new(&bed.database.store, &holder, bed.clock.now(), live.terms());
    for mail in mails {
        let ticket = mail.link().strip_prefix("https://keys.example.org/reveal/").unwrap();
        let page = show_reveal(&call, ticket).await.unwrap().expect("the link opens");
        assert!(matches!(page.standing, RevealStanding::Waiting { .. }), "{page:?}");
        assert!(bed.opens(mail.link(), "rev_1").await);
    }
}

async fn a_line_break_in_a_name_begins_no_header(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("anna", Some("acme"), claviger::store::Role::Owner).await;
    let evil = "x\r\nBcc: evil@example.com\r\n\r\nevil";
    let rows = ["UPDATE accounts SET name = ", "UPDATE users SET name = ", "UPDATE credentials SET name = "];
    for row in rows {
        bed.database.execute(&format!("{row}{}", literal(evil, bed.database.store.is_embedded()))).await;
    }
    for (purpose, target) in
        [(Purpose::RevealLink, "rev_1"), (Purpose::SecretReset, "crm"), (Purpose::ContactChanged, "crm")]
    {
        if purpose == Purpose::RevealLink {
            bed.reveal(target).await;
        }
        bed.enqueue(purpose, target, "ok@dev.example").await;
    }
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert!(mail.headers("Bcc").is_empty(), "{}", mail.0["raw"]);
        assert_eq!((mail.headers("Subject").len(), mail.0["to"].as_array().unwrap().len()), (1, 1));
        assert!(!mail.subject().contains('\n'));
    }
    // An address that is none reaches no server.
    bed.reveal("rev_2").await;
    bed.enqueue(Purpose::RevealLink, "rev_2", "a@dev.example\r\nRCPT TO:<evil@example.com>").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_2").await, ("failed", Some("unfit".into())));
    assert_eq!(bed.mail.mails().len(), 3);
}

fn literal(text: &str, is_embedded: bool) -> String {
    let parts: Vec<String> = text
        .chars()
        .map(|letter| match letter {
            '\r' | '\n' if is_embedded => format!("char({})", u32::from(letter)),
            '\r' | '\n' => format!("chr({})", u32::from(letter)),
            letter => format!("'{letter}'"),
        })
        .collect();
    parts.join(" || ")
}

async fn a_link_to_a_secret_leads_to_the_listener_of_its_own(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.change(|delivery| delivery.reveal_url = Some("https://reveal.example.org/x".into()));
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.enqueue(Purpose::RevealCode, "rev_1", "+447700900123").await;
    bed.enqueue(Purpose::SecretReset, "crm", "ok@dev.example").await;
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    assert!(mails.iter().any(|mail| mail.link().starts_with("https://reveal.example.org/x/reveal/")));
    assert!(mails.iter().any(|mail| mail.link() == PUBLIC_URL.to_owned() + "/credentials/crm"));
    assert!(bed.twilio.sent()[0]["Body"].contains("\n@reveal.example.org #"));
}

/// A certificate of an authority that the settings do not name, a server without the wanted encryption, a wrong password.
#[tokio::test]
async fn a_mail_goes_only_to_the_server_that_the_settings_mean() {
    let bed = Bed::with(TestDatabase::sqlite().await, SmtpServer::start_as_a_stranger()).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.worker().run_due().await;
    let waiting = bed.message("rev_1").await;
    assert_eq!((waiting.state.as_str(), waiting.error_code.as_deref()), ("waiting", Some("tls")), "{waiting:?}");

    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.change(|delivery| {
        let mail = delivery.mail.as_mut().unwrap();
        mail.login = Some(("keys".into(), "wrong password".parse().unwrap()));
    });
    bed.worker().run_due().await;
    let waiting = bed.message("rev_1").await;
    assert_eq!((waiting.state.as_str(), waiting.error_code.as_deref()), ("waiting", Some("login")), "{waiting:?}");
    assert!(!format!("{waiting:?}").contains("wrong password"));
    // Without TLS from the start the server cannot greet.
    bed.change(|delivery| {
        let mail = delivery.mail.as_mut().unwrap();
        mail.login = Some(("keys".into(), PASSWORD.parse().unwrap()));
        mail.ca = None;
    });
    bed.pass(60);
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("waiting", Some("tls".into())));
    assert!(bed.mail.mails().is_empty());
}
