//! A link that was ended, and a secret that came another way since: never two secrets without an end.

use claviger::control::operations::{
    Caller, CredentialConflict, Deliver, Edit, OperationError, Patch, PlainSecret, Reset, Revealed, can_send_again,
    clear, edit, import, reset, reveal_secret, send_again, void_delivery,
};
use claviger::formats::Import;
use claviger::store::{Actor, ActorKind, CredentialState, OldStops, Role, SupersededBy};
use jiff::ToSpan as _;

use super::{Sending, shown, state};
use crate::control::{token_for, verbs, works};
use crate::store::test_database::{TestDatabase, noon, on_each};
use crate::support::digest;

on_each!(
    no_link_follows_a_voided_one_once_a_reset_has_shown_another_secret,
    no_link_follows_one_of_a_former_contact_once_a_reset_has_shown_another_secret,
    no_link_follows_a_voided_one_once_an_import_has_set_a_secret,
    a_link_whose_mark_is_missing_shows_no_second_secret,
    clearing_ends_a_voided_link_for_good_and_is_audited,
    a_reset_until_shown_whose_link_was_voided_can_be_sent_again,
    a_former_contact_learns_nothing_of_a_newer_link,
    counts_by_state_follow_each_end_of_a_link_at_once,
);

/// A script of the staff, which may have a secret shown.
fn script() -> Caller {
    let actor = Actor { kind: ActorKind::Token, id: "tok_staff".into(), request_id: None, address: None };
    Caller { actor, role: Role::Staff, account: None, user: None }
}

async fn shown_by_reset(bed: &TestDatabase, sending: &Sending, id: &str) -> String {
    let show = Reset { deliver: Some(Deliver::Show), ..Reset::default() };
    let created = reset(&sending.fixture.by(&script(), bed, noon()), id, show).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(token) = created.secret else { panic!("no token") };
    token.reveal().to_owned()
}

async fn assert_nothing_follows(bed: &TestDatabase, sending: &Sending, id: &str) {
    let refused = send_again(&sending.call(bed, noon()), id).await.unwrap_err();
    assert!(matches!(refused, OperationError::Other(CredentialConflict::NothingToSend)), "{refused}");
    let record = bed.store.credential(id).await.unwrap().unwrap();
    assert!(!can_send_again(&record, noon()), "no button either");
    let by = record.delivery.unwrap().reveal.superseded.unwrap().1;
    assert!(matches!(by, SupersededBy::Reset | SupersededBy::Cleared), "{by:?}");
}

async fn no_link_follows_a_voided_one_once_a_reset_has_shown_another_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    let token = shown_by_reset(&bed, &sending, &id).await;
    assert_nothing_follows(&bed, &sending, &id).await;
    assert!(works(&bed, &token).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 1, "one secret, without a previous one");
}

async fn no_link_follows_one_of_a_former_contact_once_a_reset_has_shown_another_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let change = Edit { contact_mobile: Patch::Set("+447894000000".into()), ..Edit::default() };
    edit(&sending.call(&bed, noon()), &id, change).await.unwrap();
    shown_by_reset(&bed, &sending, &id).await;
    assert_nothing_follows(&bed, &sending, &id).await;
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 1);
}

async fn no_link_follows_a_voided_one_once_an_import_has_set_a_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    let text = format!(
        "id,account,token,contact_email\n{id},acme,{},next@pixel.example\n",
        digest("clv_imported_imported_imported_imported")
    );
    let call = sending.fixture.call(&bed, noon());
    let read = Import::csv(&text, call.terms.catalogs).unwrap();
    assert_eq!(import(&call, &read, false).await.unwrap().changed, 1);
    assert_nothing_follows(&bed, &sending, &id).await;
    let changed = "SELECT COUNT(*) FROM outbox WHERE purpose = 'contact_changed' AND recipient = 'dev@pixel.example'";
    assert_eq!(bed.ask(changed).await, 1, "the former contact gets a mail");
    let replaced = "SELECT COUNT(*) FROM outbox WHERE purpose = 'secret_reset' AND recipient = 'next@pixel.example'";
    assert_eq!(bed.ask(replaced).await, 1);
}

/// As a database could have it that an earlier program wrote.
async fn a_link_whose_mark_is_missing_shows_no_second_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    let token = shown_by_reset(&bed, &sending, &id).await;
    for stops in ["no_secret", "at_reset"] {
        bed.execute(&format!("UPDATE reveals SET superseded_at = NULL, superseded_by = NULL, old_stops = '{stops}'"))
            .await;
        let refused = reveal_secret(&sending.by_link(&bed, noon() + 1.minutes()), &ticket, &code).await.unwrap_err();
        assert!(matches!(refused, OperationError::Other(CredentialConflict::Changed)), "{refused}");
        let refused = send_again(&sending.call(&bed, noon()), &id).await.unwrap_err();
        assert!(matches!(refused, OperationError::Other(CredentialConflict::NothingToSend)), "{refused}");
    }
    assert!(works(&bed, &token).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 1);
}

async fn clearing_ends_a_voided_link_for_good_and_is_audited(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    void_delivery(&sending.call(&bed, noon() + 1.minutes()), &id).await.unwrap();
    clear(&sending.call(&bed, noon() + 2.minutes()), &id).await.unwrap();
    assert_nothing_follows(&bed, &sending, &id).await;
    assert_eq!(verbs(&bed, &id).await, ["clear", "void_delivery", "create"]);
    clear(&sending.call(&bed, noon() + 3.minutes()), &id).await.unwrap();
    assert_eq!(verbs(&bed, &id).await.len(), 3, "a second time changes nothing");
}

async fn a_reset_until_shown_whose_link_was_voided_can_be_sent_again(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, old) = shown(&bed, &sending).await;
    let until_shown = Reset { from_showing: true, ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, until_shown).await.unwrap();
    let stops = bed.store.newest_reveal(&id).await.unwrap().unwrap().old_stops;
    assert_eq!(stops, OldStops::WhenShown { seconds: 0 });
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    send_again(&sending.call(&bed, noon()), &id).await.unwrap();
    assert!(works(&bed, &old).await);
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let new = sending.token(&bed, &ticket, &code, noon()).await;
    assert!(works(&bed, &new).await && !works(&bed, &old).await);
}

async fn a_former_contact_learns_nothing_of_a_newer_link(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let change = Edit { contact_email: Patch::Set("next@pixel.example".into()), ..Edit::default() };
    edit(&sending.call(&bed, noon()), &id, change).await.unwrap();
    reset(&sending.call(&bed, noon()), &id, Reset::default()).await.unwrap();
    let standing = sending.standing(&bed, &ticket, noon()).await;
    assert!(
        matches!(standing, claviger::control::operations::RevealStanding::Superseded { newer: None, .. }),
        "{standing:?}"
    );
    let tried = reveal_secret(&sending.by_link(&bed, noon()), &ticket, &code).await.unwrap();
    assert!(matches!(tried, Some(Revealed::NotNow)));
}

async fn counts_by_state_follow_each_end_of_a_link_at_once(bed: TestDatabase) {
    use claviger::control::operations::{CredentialSearch, count_credentials};
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let waiting = async || {
        let counts = count_credentials(&sending.call(&bed, noon()), &CredentialSearch::default()).await.unwrap();
        (counts.waiting, counts.cleared)
    };
    assert_eq!(waiting().await, (1, 0));
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    assert_eq!(waiting().await, (0, 1), "voided");
    send_again(&sending.call(&bed, noon()), &id).await.unwrap();
    assert_eq!(waiting().await, (1, 0), "sent again");
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    for _ in 0..5 {
        reveal_secret(&sending.by_link(&bed, noon()), &ticket, &super::wrong(&code)).await.unwrap();
    }
    assert_eq!(waiting().await, (0, 1), "locked");
    assert_eq!(state(&bed, &id, noon()).await, CredentialState::Cleared);
}
