//! Notices: who gets them, what they say, and that each is sent once.

use claviger::config::Delivery;
use claviger::control::operations::{
    Decision, Deliver, Edit, NewAccessRequest, NewCredential, NewSecret, NewUser, Patch, Reset, SetupLinkFor, create,
    create_user, decide_requests, edit, request_access, request_new_password, reset, show_setup_link, withdraw_access,
    withdraw_request,
};
use claviger::store::{Purpose, Role};

use super::bed::{Bed, PUBLIC_URL};
use super::smtp_server::Received;
use crate::control::{Fixture, user};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_new_user_is_invited_by_a_link_that_works,
    a_lost_password_brings_a_link_for_an_hour_and_strangers_nothing,
    staff_learn_of_a_request_and_the_account_of_the_decision,
    a_contact_learns_of_a_reset_and_a_former_one_of_the_change,
    the_mails_about_a_reset_say_when_the_old_secret_stops,
    a_credential_that_expires_is_announced_once_in_a_fleet,
    without_mail_nothing_is_queued,
);

/// A fixture whose operations know the settings of the bed.
fn fixture(bed: &Bed) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.delivery = bed.settings.load().delivery.clone();
    fixture
}

fn to<'m>(mails: &'m [Received], recipient: &str) -> Vec<&'m Received> {
    mails.iter().filter(|mail| mail.to() == recipient).collect()
}

async fn a_new_user_is_invited_by_a_link_that_works(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let fixture = fixture(&bed);
    let new = NewUser { role: Role::Owner, account: Some(label("acme")), email: "ok@new.example".into(), name: None };
    let created = create_user(&fixture.call(&bed.database, noon()), new).await.unwrap().fresh().unwrap();
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject(), "Claviger: choose your password");
    assert!(mails[0].text().contains("works until Tue 24 Nov 2026, 12:00 UTC"), "{}", mails[0].text());
    let ticket = mails[0].link().strip_prefix("https://keys.example.org/setup/").unwrap().to_owned();
    let shown = show_setup_link(&bed.database.store, noon(), &ticket).await.unwrap();
    assert_eq!(shown, Some(SetupLinkFor::User { email: "ok@new.example".into() }));
    assert!(created.link.is_none(), "the user alone sees the link");
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM setup_links").await, 1);
}

async fn a_lost_password_brings_a_link_for_an_hour_and_strangers_nothing(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("ok", Some("acme"), Role::Owner).await;
    bed.database.put_user("off", Some("acme"), Role::Owner).await;
    bed.database.execute("UPDATE users SET enabled = FALSE WHERE id = 'off'").await;
    let delivery = bed.settings.load().delivery.clone();
    let long = "x".repeat(10_000) + "@example.org";
    let asked =
        ["OK@example.org", "ok@example.org", "off@example.org", "no@example.org", "", "\0", "a\r\nb@c.d", &long];
    for email in asked {
        request_new_password(&bed.database.store, &delivery, noon(), (email, None)).await.unwrap();
    }
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 1, "once in five minutes");
    assert!(mails[0].text().contains("works until Sat 21 Nov 2026, 13:00 UTC"), "{}", mails[0].text());
    let ticket = mails[0].link().rsplit('/').next().unwrap();
    let store = &bed.database.store;
    assert!(show_setup_link(store, noon(), ticket).await.unwrap().is_some());
    assert!(show_setup_link(store, super::bed::later(noon(), 3600), ticket).await.unwrap().is_none());
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM audit WHERE verb = 'request_new_password'").await, 1);
}

async fn staff_learn_of_a_request_and_the_account_of_the_decision(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let fixture = fixture(&bed);
    bed.database.put_user("staff", None, Role::Staff).await;
    bed.database.put_user("owner", Some("acme"), Role::Owner).await;
    bed.database.put_user("second", Some("acme"), Role::Owner).await;
    bed.database.execute("UPDATE users SET name = 'Olga' WHERE id = 'owner'").await;
    bed.database.execute("UPDATE accounts SET granted = FALSE").await;
    let (owner, staff) = (user(Role::Owner, Some("acme"), "owner"), user(Role::Staff, None, "staff"));
    let ask = async || {
        let new = NewAccessRequest {
            account: label("acme"),
            start_on: "2027-01-31".into(),
            use_cases: vec!["reporting".into()],
            privacy_policy: None,
        };
        request_access(&fixture.by(&owner, &bed.database, noon()), new).await.unwrap().fresh().unwrap().id.to_string()
    };
    let first = ask().await;
    withdraw_request(&fixture.by(&owner, &bed.database, noon()), &first).await.unwrap();
    let second = ask().await;
    let decline = Decision::Decline("Please name the data.".into());
    decide_requests(&fixture.by(&staff, &bed.database, noon()), &[second], &decline).await.unwrap();
    let third = ask().await;
    decide_requests(&fixture.by(&staff, &bed.database, noon()), &[third], &Decision::Approve).await.unwrap();
    withdraw_access(&fixture.by(&staff, &bed.database, noon()), &label("acme")).await.unwrap();
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    let subjects = |recipient| {
        let mut subjects: Vec<_> =
            to(&mails, recipient).iter().map(|mail| mail.subject()["Claviger: ".len()..].to_owned()).collect();
        subjects.sort();
        subjects
    };
    let asks = "acme asks for API access";
    assert_eq!(subjects("staff@example.org"), [asks, "acme has withdrawn its request"], "one in a quarter of an hour");
    let decisions =
        ["API access for acme is approved", "API access for acme is declined", "API access for acme is withdrawn"];
    assert_eq!(subjects("owner@example.org"), decisions);
    assert_eq!(subjects("second@example.org"), decisions);
    let declined = mails.iter().find(|mail| mail.subject().ends_with("is declined")).unwrap();
    assert!(
        declined.text().contains("The reason: Please name the data.")
            && declined.link() == PUBLIC_URL.to_owned() + "/access"
    );
    let asked = mails.iter().find(|mail| mail.subject().ends_with(asks)).unwrap();
    assert!(asked.text().contains("Olga asks for API access for acme"), "{}", asked.text());
}

async fn a_contact_learns_of_a_reset_and_a_former_one_of_the_change(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let fixture = fixture(&bed);
    let set = |email: &str| Edit { contact_email: Patch::Set(email.into()), ..Edit::default() };
    for email in ["ok@former.example", "OK@former.example", "ok@next.example"] {
        edit(&fixture.call(&bed.database, noon()), "crm", set(email)).await.unwrap();
    }
    bed.database.execute("UPDATE credentials SET developer_emails = 'ok@one.example ok@two.example'").await;
    let show = Reset { deliver: Some(Deliver::Show), ..Reset::default() };
    reset(&fixture.call(&bed.database, noon()), "crm", show).await.unwrap().fresh().unwrap();
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    assert_eq!(mails.len(), 4);
    let former = &mails.iter().find(|mail| mail.to().ends_with("former.example")).unwrap();
    assert_eq!(former.subject(), "Claviger: you are no longer the contact of crm");
    assert!(!former.text().contains("next.example") && !former.text().contains("http"), "{}", former.text());
    for recipient in ["ok@next.example", "ok@one.example", "ok@two.example"] {
        assert_eq!(to(&mails, recipient)[0].subject(), "Claviger: the secret of crm was replaced");
    }
}

async fn the_mails_about_a_reset_say_when_the_old_secret_stops(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let fixture = fixture(&bed);
    bed.database.put_user("ok", Some("acme"), Role::Owner).await;
    let contact = Edit {
        contact_email: Patch::Set("ok@dev.example".into()),
        contact_mobile: Patch::Set(super::bed::MOBILE.into()),
        ..Edit::default()
    };
    edit(&fixture.call(&bed.database, noon()), "crm", contact).await.unwrap();
    let overlap = std::time::Duration::from_secs(3600);
    let ways = [
        (Reset { from_showing: true, ..Reset::default() }, "The present secret stops as soon as the new one is shown."),
        (
            Reset { from_showing: true, overlap: 2 * overlap, ..Reset::default() },
            "The present secret stops 2 hours after the new one is shown.",
        ),
        (Reset { overlap, ..Reset::default() }, "The previous secret works until Sat 21 Nov 2026, 13:00 UTC."),
        (Reset::default(), "The previous secret does not work any more."),
    ];
    for (number, (how, sentence)) in ways.into_iter().enumerate() {
        let how = Reset { deliver: Some(Deliver::Send), ..how };
        reset(&fixture.call(&bed.database, noon()), "crm", how).await.unwrap().fresh().unwrap();
        bed.worker().run_due().await;
        let mails = bed.mail.mails();
        let to_contact = to(&mails, "ok@dev.example");
        assert_eq!(to_contact.len(), number + 1);
        assert!(to_contact[number].text().contains(sentence), "{sentence}: {}", to_contact[number].text());
        let to_owner = to(&mails, "ok@example.org")[number];
        assert_eq!(to_owner.subject(), "Claviger: the secret of crm was replaced");
        assert!(to_owner.text().contains("has reset the secret of crm for acme."), "{}", to_owner.text());
        assert!(to_owner.text().contains(sentence), "{}", to_owner.text());
    }
    let first = NewCredential {
        contact_email: Some("ok@first.example".into()),
        contact_mobile: Some("+447700900124".into()),
        deliver: Some(Deliver::Send),
        ..NewCredential::new(label("acme"), NewSecret::Token)
    };
    create(&fixture.call(&bed.database, noon()), first).await.unwrap();
    bed.worker().run_due().await;
    let mails = bed.mail.mails();
    let text = to(&mails, "ok@first.example")[0].text();
    assert!(!text.contains("previous secret") && !text.contains("present secret"), "{text}");
}

async fn a_credential_that_expires_is_announced_once_in_a_fleet(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("ok", Some("acme"), Role::Owner).await;
    let day: i64 = 24 * 3600;
    let end = super::bed::later(noon(), 20 * day).as_millisecond();
    bed.database.execute(&format!("UPDATE credentials SET expires_at = {end}, created_at = 0")).await;
    let (one, other) = (bed.worker(), bed.worker());
    let mut seen = Vec::new();
    for today in 0..25 {
        tokio::join!(one.announce_expiries(), other.announce_expiries());
        one.announce_expiries().await;
        one.run_due().await;
        let mails = bed.mail.mails();
        seen.extend(mails.iter().skip(seen.len()).map(|mail| (today, mail.subject().to_owned())).collect::<Vec<_>>());
        bed.pass(day.unsigned_abs());
    }
    let expiring = "Claviger: crm expires at Fri 11 Dec 2026, 12:00 UTC".to_owned();
    let expected = [(6, expiring.clone()), (17, expiring), (20, "Claviger: crm has expired".to_owned())];
    assert_eq!(seen, expected);
    assert_eq!(bed.mail.mails()[0].to(), "ok@example.org", "without a contact the owners");
}

async fn without_mail_nothing_is_queued(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let mut fixture = fixture(&bed);
    fixture.delivery = Delivery { mail: None, ..fixture.delivery };
    let new = NewUser { role: Role::Owner, account: Some(label("acme")), email: "ok@new.example".into(), name: None };
    create_user(&fixture.call(&bed.database, noon()), new).await.unwrap().fresh().unwrap();
    let change = Edit { contact_email: Patch::Set("a@b.example".into()), ..Edit::default() };
    edit(&fixture.call(&bed.database, noon()), "crm", change).await.unwrap();
    reset(&fixture.call(&bed.database, noon()), "crm", Reset::default()).await.unwrap().fresh().unwrap();
    request_new_password(&bed.database.store, &fixture.delivery, noon(), ("ok@new.example", None)).await.unwrap();
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM outbox").await, 0);
    // What waits from before stays, until there is a server again.
    bed.change(|delivery| delivery.mail = None);
    bed.enqueue(Purpose::SecretReset, "crm", "ok@dev.example").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("crm").await, ("waiting", None));
}
