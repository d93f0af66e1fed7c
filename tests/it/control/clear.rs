//! Taking a secret away, and giving a new one.

use claviger::control::operations::{NewCredential, PlainSecret, Reset, clear, end_overlap, export, import, reset};
use claviger::credential::HashMemory;
use claviger::formats::{Format, Import};
use claviger::store::{RecordSecret, TakenNames};
use jiff::ToSpan as _;

use super::{Fixture, last_difference, made, pair_for, token_for, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_cleared_token_is_refused_until_a_reset_creates_a_new_one,
    cleared_basic_credentials_keep_their_user_name_and_place,
    a_clear_removes_the_previous_secret_too,
    an_overlap_is_ended_early,
    a_file_of_credentials_leaves_cleared_ones_out_and_can_bring_a_secret_back,
);

async fn a_cleared_token_is_refused_until_a_reset_creates_a_new_one(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), NewCredential { name: Some("Billing".into()), ..token_for("acme") }).await;
    let PlainSecret::Token(token) = &created.secret else { panic!("no token") };
    let (id, fixture) = (created.record.id.as_str(), Fixture::new());
    let cleared = clear(&fixture.call(&bed, noon() + 1.minutes()), id).await.unwrap();
    assert_eq!((&cleared.secret, cleared.hint.as_deref(), cleared.revision), (&RecordSecret::Token(None), None, 2));
    assert_eq!(bed.store.credential(id).await.unwrap().unwrap(), cleared);
    assert!(!works(&bed, token.reveal()).await);
    assert!(bed.store.find_id(id).await.unwrap().found.is_none());
    let hint = created.record.hint.clone().unwrap();
    let difference = last_difference(&bed, id).await;
    let expected = [("cleared", (false.into(), true.into())), ("hint", (hint.into(), ().into()))];
    assert_eq!(difference, expected.map(|(name, pair)| (name.to_owned(), pair)).into());

    let again = clear(&fixture.call(&bed, noon() + 2.minutes()), id).await.unwrap();
    assert_eq!(again, cleared, "nothing is left to be cleared");
    let overlap = std::time::Duration::from_secs(3600);
    let how = Reset { overlap, ..Reset::default() };
    let done = reset(&fixture.call(&bed, noon() + 3.minutes()), id, how).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(new) = &done.secret else { panic!("no token") };
    assert!(works(&bed, new.reveal()).await && !works(&bed, token.reveal()).await);
    assert_eq!((done.record.previous, done.record.name.as_deref()), (None, Some("Billing")));
    assert_eq!(verbs(&bed, id).await, ["reset", "clear", "create"]);
}

async fn cleared_basic_credentials_keep_their_user_name_and_place(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), pair_for("acme", "acme")).await.record.id.to_string();
    let kept = made(&bed, noon(), pair_for("acme", "other")).await.record;
    let cleared = clear(&fixture.call(&bed, noon()), &id).await.unwrap();
    assert_eq!(cleared.secret, RecordSecret::Password { username: "acme".into(), hash: None });
    assert_eq!(bed.store.credential(&id).await.unwrap().unwrap(), cleared);
    let stored = "SELECT COUNT(*) FROM credentials WHERE password_hash = '!' AND password_cost = '!'";
    assert_eq!(bed.ask(stored).await, 1);
    assert!(bed.store.find_username("acme").await.unwrap().found.is_none());
    assert!(bed.store.find_id(&id).await.unwrap().found.is_none());
    let kinds = bed.store.hash_kinds(noon()).await.unwrap();
    assert_eq!(kinds.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1], "{kinds:?}");
    let names = TakenNames { usernames: vec!["acme"], ..TakenNames::default() };
    assert_eq!(bed.store.ids_with_names(&names).await.unwrap(), std::slice::from_ref(&id), "the id stays taken");

    let done = reset(&fixture.call(&bed, noon()), &id, Reset::default()).await.unwrap().fresh().unwrap();
    let PlainSecret::Password(password) = done.secret else { panic!("no password") };
    let found = bed.store.find_username("acme").await.unwrap().found.unwrap();
    assert!(found.credential.password_hash().unwrap().verify(password.reveal(), &mut HashMemory::default()));
    assert_eq!(bed.store.credential(kept.id.as_str()).await.unwrap().unwrap(), kept);
}

async fn a_clear_removes_the_previous_secret_too(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let created = made(&bed, noon(), token_for("acme")).await;
    let PlainSecret::Token(old) = &created.secret else { panic!("no token") };
    let how = Reset { overlap: std::time::Duration::from_secs(3600), ..Reset::default() };
    reset(&fixture.call(&bed, noon()), created.record.id.as_str(), how).await.unwrap();
    assert!(works(&bed, old.reveal()).await);
    clear(&fixture.call(&bed, noon()), created.record.id.as_str()).await.unwrap();
    assert!(!works(&bed, old.reveal()).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 0);
}

async fn an_overlap_is_ended_early(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let created = made(&bed, noon(), token_for("acme")).await;
    let PlainSecret::Token(old) = &created.secret else { panic!("no token") };
    let id = created.record.id.as_str();
    let how = Reset { overlap: std::time::Duration::from_secs(3600), ..Reset::default() };
    let done = reset(&fixture.call(&bed, noon() + 1.seconds()), id, how).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(new) = &done.secret else { panic!("no token") };
    let ended = end_overlap(&fixture.call(&bed, noon() + 1.minutes()), id).await.unwrap();
    assert_eq!((ended.previous.clone(), ended.revision), (None, 3));
    assert!(!works(&bed, old.reveal()).await && works(&bed, new.reveal()).await);
    assert_eq!(end_overlap(&fixture.call(&bed, noon() + 2.minutes()), id).await.unwrap(), ended);
    assert_eq!(verbs(&bed, id).await, ["end_overlap", "reset", "create"]);
    let difference = last_difference(&bed, id).await;
    assert_eq!(difference.keys().collect::<Vec<_>>(), ["previous_secret_ends_at"]);
}

async fn a_file_of_credentials_leaves_cleared_ones_out_and_can_bring_a_secret_back(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let gone = made(&bed, noon(), NewCredential { id: Some(label("gone")), ..pair_for("acme", "acme") }).await;
    made(&bed, noon(), NewCredential { id: Some(label("kept")), ..token_for("acme") }).await;
    let written = async |format| {
        let mut file = Vec::new();
        let exported = export(&Fixture::new().call(&bed, noon()), format, None, &mut file).await.unwrap();
        (String::from_utf8(file).unwrap(), exported)
    };
    let (before, _) = written(Format::Yaml).await;
    clear(&fixture.call(&bed, noon()), "gone").await.unwrap();
    for format in [Format::Yaml, Format::Csv, Format::Htpasswd] {
        let (text, exported) = written(format).await;
        assert_eq!(exported.left_out.cleared, 1, "{format:?}");
        assert!(!text.contains("gone") && !text.contains('!'), "{text}");
    }
    let (after, exported) = written(Format::Yaml).await;
    assert_eq!(exported.count, 1);
    let read = Import::yaml(&after, fixture.catalogs()).unwrap();
    let outcome = import(&Fixture::new().call(&bed, noon()), &read, false).await.unwrap();
    assert_eq!((outcome.credentials, outcome.unchanged), (Vec::new(), 1));

    let read = Import::yaml(&before, fixture.catalogs()).unwrap();
    let outcome = import(&Fixture::new().call(&bed, noon()), &read, false).await.unwrap();
    assert_eq!(outcome.credentials[0].changed.as_deref(), Some(&["password"][..]));
    assert_eq!(bed.store.credential("gone").await.unwrap().unwrap().secret, gone.record.secret);
}
