//! A second credential like one that there is.

use claviger::control::operations::{
    CredentialConflict, Duplicate, Invalid, NewCredential, OperationError, PlainSecret, clear, disable, duplicate,
};
use claviger::credential::PlainPassword;
use claviger::store::{CredentialRecord, RecordSecret};
use jiff::ToSpan as _;

use super::{Fixture, made, pair_for, token_for, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_duplicate_has_the_same_rights_and_a_secret_of_its_own,
    basic_credentials_are_duplicated_under_another_user_name,
    a_disabled_or_cleared_credential_is_duplicated_with_a_new_secret,
    a_refused_duplicate_says_why,
);

async fn a_duplicate_has_the_same_rights_and_a_secret_of_its_own(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let new = NewCredential {
        name: Some("Billing".into()),
        description: Some("nightly".into()),
        contact_email: Some("anna@example.org".into()),
        version: Some(label("1")),
        scopes: Some(vec![label("pay")]),
        addresses: Some(vec!["10.0.0.0/8".parse().unwrap()]),
        expires_at: Some(noon() + 24.hours()),
        ..token_for("acme")
    };
    let first = made(&bed, noon(), new).await;
    let call = fixture.call(&bed, noon() + 1.minutes());
    let second = duplicate(&call, first.record.id.as_str(), Duplicate::default()).await.unwrap().fresh().unwrap();
    let (PlainSecret::Token(one), PlainSecret::Token(other)) = (&first.secret, &second.secret) else { panic!() };
    assert!(works(&bed, one.reveal()).await && works(&bed, other.reveal()).await);
    assert_ne!(one.reveal(), other.reveal());
    let id = second.record.id.as_str();
    assert!(id.starts_with("acme-") && id != first.record.id.as_str());
    let expected = CredentialRecord {
        id: second.record.id.clone(),
        secret: RecordSecret::Token(Some(other.digest())),
        hint: second.record.hint.clone(),
        created_at: noon() + 1.minutes(),
        secret_made_at: noon() + 1.minutes(),
        ..first.record.clone()
    };
    assert_eq!(second.record, expected);
    assert_eq!(bed.store.credential(id).await.unwrap().unwrap(), second.record);
    assert_eq!(bed.store.credential(first.record.id.as_str()).await.unwrap().unwrap(), first.record);
    assert_eq!(verbs(&bed, id).await, ["duplicate"]);
    let audit = bed.store.audit_of("credential", id, 1).await.unwrap();
    let after: serde_json::Value = serde_json::from_str(audit[0].after.as_deref().unwrap()).unwrap();
    assert_eq!(after["duplicate_of"], first.record.id.as_str());
}

async fn basic_credentials_are_duplicated_under_another_user_name(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let first = made(&bed, noon(), pair_for("acme", "acme")).await.record;
    let how = Duplicate {
        id: Some(label("second")),
        name: Some(" Second ".into()),
        username: Some("acme-2".into()),
        chosen: Some(PlainPassword::new(b"correct horse")),
        deliver: None,
    };
    let second = duplicate(&fixture.call(&bed, noon()), first.id.as_str(), how).await.unwrap().fresh().unwrap();
    assert!(matches!(second.secret, PlainSecret::Chosen));
    assert_eq!((second.record.username(), second.record.name.as_deref()), (Some("acme-2"), Some("Second")));
    assert!(bed.store.find_username("acme").await.unwrap().found.is_some());
    assert_eq!(bed.store.find_username("acme-2").await.unwrap().found.unwrap().credential.id, label("second"));

    let refused = async |how| duplicate(&fixture.call(&bed, noon()), first.id.as_str(), how).await.unwrap_err();
    let named = |username: &str| Duplicate { username: Some(username.into()), ..Duplicate::default() };
    let missing = refused(Duplicate::default()).await;
    assert_eq!(missing.to_string(), "username is required: each Basic credential has a user name of its own");
    assert!(matches!(refused(named("acme")).await, OperationError::Other(CredentialConflict::UsernameTaken)));
    assert!(matches!(refused(named("a:b")).await, OperationError::Invalid(_)));
    let taken = Duplicate { id: Some(label("second")), ..named("acme-3") };
    assert!(matches!(refused(taken).await, OperationError::Other(CredentialConflict::IdTaken)));
    assert_eq!(bed.store.count().await.unwrap().0, 2);
}

async fn a_disabled_or_cleared_credential_is_duplicated_with_a_new_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let first = made(&bed, noon(), token_for("acme")).await.record;
    disable(&fixture.call(&bed, noon()), first.id.as_str(), Some("leaked".into())).await.unwrap();
    clear(&fixture.call(&bed, noon()), first.id.as_str()).await.unwrap();
    let second = duplicate(&fixture.call(&bed, noon()), first.id.as_str(), Duplicate::default()).await;
    let second = second.unwrap().fresh().unwrap().record;
    assert_eq!((second.enabled, second.disabled_reason.as_deref()), (false, Some("leaked")));
    assert!(!second.secret.is_cleared());
}

async fn a_refused_duplicate_says_why(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    let new =
        NewCredential { scopes: Some(vec![label("pay")]), expires_at: Some(noon() + 1.hours()), ..token_for("acme") };
    let first = made(&bed, noon(), new).await.record;
    let odd = Duplicate {
        id: Some(label("own-anna")),
        name: Some("\n".into()),
        username: Some("acme".into()),
        chosen: Some(PlainPassword::new(b"correct horse")),
        deliver: None,
    };
    let error = duplicate(&fixture.call(&bed, noon()), first.id.as_str(), odd).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["id", "name", "username", "password"]);

    fixture.versions.known[1].retired_on = Some("2026-11-22".parse().unwrap());
    fixture.scopes = claviger::credential::ScopeCatalog::new(Vec::new());
    let late = fixture.call(&bed, noon() + 24.hours());
    let error = duplicate(&late, first.id.as_str(), Duplicate::default()).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["version", "scopes", "expires_at"], "of the first one: {error}");
    assert_eq!(bed.store.count().await.unwrap().0, 1);
}
