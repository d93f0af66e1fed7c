//! Further addresses that get the notices of a credential.

use claviger::control::operations::{
    Edit, Invalid, NewCredential, OperationError, Patch, Reset, create, edit, import, reset,
};
use claviger::formats::{Format, Import};
use jiff::ToSpan as _;

use super::{Sending, shown, with_contact};
use crate::control::import::{exported, record};
use crate::control::{Fixture, is_invalid, last_difference, token_for};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    developer_emails_are_checked_stored_and_changed,
    developer_emails_are_in_csv_files,
    a_reset_that_is_sent_is_announced_to_developers_and_owners,
);

const TWO: [&str; 2] = ["api@pixel.example", "ops@pixel.example"];

fn owned(emails: &[&str]) -> Vec<String> {
    emails.iter().map(|email| (*email).to_owned()).collect()
}

async fn developer_emails_are_checked_stored_and_changed(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let call = sending.call(&bed, noon());
    let with = |emails: &[&str]| NewCredential { developer_emails: owned(emails), ..with_contact(token_for("acme")) };
    let six: Vec<String> = (0..6).map(|number| format!("dev{number}@pixel.example")).collect();
    let six: Vec<&str> = six.iter().map(String::as_str).collect();
    for faulty in [
        &six[..],
        &["api@pixel.example", "ops@pixel.example\r\nBcc: all@evil.example"],
        &["api"],
        &[""],
        &["a b@pixel.example"],
        &["Ann <ann@pixel.example>"],
    ] {
        let refused = create(&call, with(faulty)).await.unwrap_err();
        assert!(is_invalid(&refused, "developer_emails"), "{faulty:?}: {refused}");
    }
    let Err(OperationError::Invalid(Invalid(faults))) = create(&call, with(&["api@pixel.example", "x"])).await else {
        panic!("it is refused");
    };
    let problem = faults[0].problem.to_string();
    assert!(problem.starts_with("address 2 must be an e-mail address"), "{problem}");
    let given = with(&[" api@pixel.example ", "API@pixel.example", "ops@pixel.example"]);
    let id = create(&call, given).await.unwrap().fresh().unwrap().record.id.to_string();
    assert_eq!(record(&bed, &id).await.developer_emails, TWO);
    let set = |emails: &[&str]| Edit { developer_emails: Patch::Set(owned(emails)), ..Edit::default() };
    assert!(is_invalid(&edit(&call, &id, set(&six)).await.unwrap_err(), "developer_emails"));
    assert_eq!(edit(&call, &id, set(&TWO)).await.unwrap().revision, 1, "nothing has changed");
    edit(&sending.call(&bed, noon() + 1.minutes()), &id, set(&["next@pixel.example"])).await.unwrap();
    let changed = last_difference(&bed, &id).await;
    assert_eq!(changed["developer_emails"].1, serde_json::json!(["next@pixel.example"]));
    edit(&call, &id, Edit { developer_emails: Patch::Clear, ..Edit::default() }).await.unwrap();
    assert!(record(&bed, &id).await.developer_emails.is_empty());
    assert_eq!(bed.ask("SELECT COUNT(*) FROM credentials WHERE developer_emails IS NULL").await, 1);
}

async fn developer_emails_are_in_csv_files(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, _) = shown(&bed, &sending).await;
    let set = Edit { developer_emails: Patch::Set(owned(&TWO)), ..Edit::default() };
    edit(&sending.call(&bed, noon()), &id, set).await.unwrap();
    let (text, _) = exported(&bed, Format::Csv).await;
    assert!(text.contains(",api@pixel.example ops@pixel.example,"), "{text}");
    let fixture = Fixture::new();
    let call = fixture.call(&bed, noon() + 1.hours());
    let read = |text: &str| Import::csv(text, call.terms.catalogs).unwrap();
    assert_eq!(import(&call, &read(&text), false).await.unwrap().changed, 0, "it is the same");
    let other = text.replace(" ops@pixel.example", "");
    let done = import(&call, &read(&other), false).await.unwrap();
    assert_eq!(done.credentials[0].changed.as_deref(), Some(&["developer_emails"][..]));
    assert_eq!(record(&bed, &id).await.developer_emails, ["api@pixel.example"]);
    let faulty = text.replace(" ops@pixel.example", " ops");
    let OperationError::Other(faults) = import(&call, &read(&faulty), false).await.unwrap_err() else {
        panic!("faults of the file");
    };
    assert!(faults.to_string().starts_with("2:1  developer_emails  address 2 must be an e-mail"), "{faults}");
    let (yaml, left_out) = exported(&bed, Format::Yaml).await;
    assert!(!yaml.contains("pixel.example") && left_out.notes == 1, "{yaml}");
}

async fn a_reset_that_is_sent_is_announced_to_developers_and_owners(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put_user("anna", Some("acme"), claviger::store::Role::Owner).await;
    let sending = Sending::new();
    let (id, _) = shown(&bed, &sending).await;
    let emails = Patch::Set(owned(&["api@pixel.example", "dev@pixel.example"]));
    edit(&sending.call(&bed, noon()), &id, Edit { developer_emails: emails, ..Edit::default() }).await.unwrap();
    reset(&sending.call(&bed, noon()), &id, Reset::default()).await.unwrap();
    let to = async |email: &str| {
        let sql = format!("SELECT COUNT(*) FROM outbox WHERE purpose = 'secret_reset' AND recipient = '{email}'");
        bed.ask(&sql).await
    };
    assert_eq!((to("api@pixel.example").await, to("anna@example.org").await), (1, 1));
    assert_eq!(to("dev@pixel.example").await, 0, "the contact gets the link");
    assert_eq!(bed.ask("SELECT COUNT(*) FROM outbox WHERE purpose = 'secret_reset'").await, 2, "nor the author");
}
