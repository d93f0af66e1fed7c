//! Changing everything about a credential but its secret.

use std::num::NonZeroU32;
use std::time::Duration;

use claviger::control::operations::{
    Edit, Invalid, NewCredential, OperationError, OperationRefusal, Patch, Reset, edit, reset,
};
use claviger::credential::{RateLimit, Restriction};
use claviger::store::{CredentialRecord, PreviousSecret};
use jiff::ToSpan as _;

use super::{Fixture, last_difference, made, pair_for, token_for, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    an_edit_changes_the_given_fields_only,
    null_clears_a_field,
    an_empty_list_of_scopes_or_addresses_is_refused,
    one_response_names_every_invalid_field,
    unchanged_fields_are_not_validated_again,
    an_older_revision_changes_nothing,
    a_previous_secret_expires_with_its_credential,
);

fn full() -> NewCredential {
    NewCredential {
        name: Some("Billing".into()),
        description: Some("nightly".into()),
        contact_email: Some("anna@example.org".into()),
        contact_mobile: Some("+441632960961".into()),
        scopes: Some(vec![label("pay")]),
        addresses: Some(vec!["10.0.0.0/8".parse().unwrap()]),
        expires_at: Some(noon() + 24.hours()),
        ..pair_for("acme", "acme")
    }
}

async fn an_edit_changes_the_given_fields_only(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    let scopes = ["pay", "read"].map(|name| (label(name), Box::default()));
    fixture.scopes = claviger::credential::ScopeCatalog::new(scopes.into());
    let before = made(&bed, noon(), full()).await.record;
    let id = before.id.as_str();
    let rename = Edit { name: Patch::Set("  Nightly export ".into()), ..Edit::default() };
    let after = edit(&fixture.call(&bed, noon() + 1.minutes()), id, rename).await.unwrap();
    assert_eq!(after, CredentialRecord { name: Some("Nightly export".into()), revision: 2, ..before.clone() });
    assert_eq!(bed.store.credential(id).await.unwrap().unwrap(), after);
    let difference = last_difference(&bed, id).await;
    assert_eq!(difference, [("name".to_owned(), ("Billing".into(), "Nightly export".into()))].into());

    let number = |number| NonZeroU32::new(number).unwrap();
    let rate = RateLimit { requests: number(5), seconds: number(60), burst: number(10) };
    let all = Edit {
        name: Patch::Set("Other".into()),
        description: Patch::Set("two\nlines".into()),
        contact_email: Patch::Set("bob@example.org".into()),
        contact_mobile: Patch::Set("+441632960962".into()),
        developer_emails: Patch::Set(vec!["dev@example.org".into()]),
        version: Patch::Set(label("1")),
        scopes: Patch::Set(vec![label("read"), label("read")]),
        addresses: Patch::Set(vec!["10.1.2.3/16".parse().unwrap(), "10.1.0.0/16".parse().unwrap()]),
        expires_at: Patch::Set(noon() + 1.hours()),
        rate_limit: Patch::Set(rate),
    };
    let after = edit(&fixture.call(&bed, noon() + 2.minutes()), id, all).await.unwrap();
    let expected = CredentialRecord {
        name: Some("Other".into()),
        description: Some("two\nlines".into()),
        contact_email: Some("bob@example.org".into()),
        contact_mobile: Some("+441632960962".into()),
        developer_emails: vec!["dev@example.org".into()],
        version: Some(label("1")),
        scopes: Some(vec![label("read")]),
        addresses: vec!["10.1.0.0/16".parse().unwrap()],
        expires_at: Some(noon() + 1.hours()),
        rate_limit: Some(rate),
        revision: 3,
        ..before.clone()
    };
    assert_eq!(after, expected);
    let unchanged = edit(&fixture.call(&bed, noon() + 3.minutes()), id, Edit::default()).await.unwrap();
    assert_eq!(unchanged, after);
    assert_eq!(verbs(&bed, id).await, ["edit", "edit", "create"]);
}

async fn null_clears_a_field(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let before = made(&bed, noon(), full()).await.record;
    let bare = Edit {
        name: Patch::Clear,
        description: Patch::Set(" ".into()),
        contact_email: Patch::Clear,
        contact_mobile: Patch::Clear,
        developer_emails: Patch::Clear,
        scopes: Patch::Clear,
        addresses: Patch::Clear,
        expires_at: Patch::Clear,
        rate_limit: Patch::Clear,
        version: Patch::Keep,
    };
    let before_id = before.id.clone();
    let after = edit(&fixture.call(&bed, noon() + 1.minutes()), before.id.as_str(), bare).await.unwrap();
    let expected = CredentialRecord {
        name: None,
        description: None,
        contact_email: None,
        contact_mobile: None,
        scopes: None,
        addresses: Vec::new(),
        expires_at: None,
        revision: 2,
        ..before
    };
    assert_eq!(after, expected);
    let audit = &bed.store.audit_of("credential", before_id.as_str(), 1).await.unwrap()[0];
    let facts: serde_json::Value = serde_json::from_str(audit.after.as_deref().unwrap()).unwrap();
    assert_eq!(facts["lifted"], serde_json::json!(["scopes", "addresses", "expires_at"]));
}

/// An empty list would lift the restriction, or shut the credential out.
async fn an_empty_list_of_scopes_or_addresses_is_refused(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let before = made(&bed, noon(), full()).await.record;
    let emptied = Edit { scopes: Patch::Set(Vec::new()), addresses: Patch::Set(Vec::new()), ..Edit::default() };
    let error = edit(&fixture.call(&bed, noon()), before.id.as_str(), emptied).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["scopes", "addresses"], "{error}");
    assert_eq!(bed.store.credential(before.id.as_str()).await.unwrap().unwrap(), before);
}

async fn one_response_names_every_invalid_field(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let before = made(&bed, noon(), full()).await.record;
    let wrong = Edit {
        name: Patch::Set(" ".into()),
        contact_email: Patch::Set("anna".into()),
        version: Patch::Clear,
        scopes: Patch::Set(vec![label("fly")]),
        expires_at: Patch::Set(noon()),
        ..Edit::default()
    };
    let error = edit(&fixture.call(&bed, noon()), before.id.as_str(), wrong).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["name", "contact_email", "scopes", "expires_at", "version"], "{error}");
    assert_eq!(bed.store.credential(before.id.as_str()).await.unwrap().unwrap(), before);
}

async fn unchanged_fields_are_not_validated_again(bed: TestDatabase) {
    bed.account("acme").await;
    let before = made(&bed, noon(), full()).await.record;
    // Meanwhile it has expired, its version is retired, and its scope is gone.
    let mut fixture = Fixture::new();
    fixture.versions.known[1].retired_on = Some("2026-11-22".parse().unwrap());
    fixture.scopes = claviger::credential::ScopeCatalog::new(Vec::new());
    let form = Edit {
        name: Patch::Set("Late".into()),
        version: Patch::Set(label("2")),
        scopes: Patch::Set(vec![label("pay")]),
        expires_at: Patch::Set(before.expires_at.unwrap()),
        ..Edit::default()
    };
    let after = edit(&fixture.call(&bed, noon() + 48.hours()), before.id.as_str(), form).await.unwrap();
    assert_eq!(after, CredentialRecord { name: Some("Late".into()), revision: 2, ..before });
}

async fn an_older_revision_changes_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let before = made(&bed, noon(), full()).await.record;
    let mut call = fixture.call(&bed, noon());
    call.revision = Some(1);
    let rename = |name: &str| Edit { name: Patch::Set(name.into()), ..Edit::default() };
    edit(&call, before.id.as_str(), rename("First")).await.unwrap();
    let late = edit(&call, before.id.as_str(), rename("Second")).await.unwrap_err();
    assert!(matches!(late, OperationError::Refused(OperationRefusal::Stale(2))), "{late:?}");
    let kept = bed.store.credential(before.id.as_str()).await.unwrap().unwrap();
    assert_eq!(kept.name.as_deref(), Some("First"));
}

async fn a_previous_secret_expires_with_its_credential(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let how = Reset { overlap: Duration::from_secs(24 * 3600), ..Reset::default() };
    reset(&fixture.call(&bed, noon()), &id, how).await.unwrap();
    let sooner = Edit { expires_at: Patch::Set(noon() + 1.hours()), ..Edit::default() };
    let after = edit(&fixture.call(&bed, noon()), &id, sooner).await.unwrap();
    let end = noon() + 1.hours();
    assert!(matches!(after.previous, Some(PreviousSecret::Token { ends_at, .. }) if ends_at == end), "{after:?}");
    assert_eq!(bed.store.credential(&id).await.unwrap().unwrap(), after);
}

/// Pages and commands ask before such an edit.
#[test]
fn an_edit_names_the_fields_that_it_narrows() {
    let stored = CredentialRecord {
        scopes: Some(vec![label("pay"), label("read")]),
        addresses: vec!["10.1.0.0/16".parse().unwrap()],
        ..token("a", "acme", "a")
    };
    let narrow = Edit {
        name: Patch::Set("Billing".into()),
        version: Patch::Set(label("1")),
        scopes: Patch::Set(vec![label("pay")]),
        addresses: Patch::Set(vec!["10.1.2.0/24".parse().unwrap()]),
        expires_at: Patch::Set(noon()),
        ..Edit::default()
    };
    let narrowed = [Restriction::Version, Restriction::Scopes, Restriction::Addresses, Restriction::ExpiresAt];
    assert_eq!(narrow.narrowed_fields(&stored), narrowed);
    let wide = Edit {
        name: Patch::Clear,
        scopes: Patch::Clear,
        addresses: Patch::Set(vec!["10.0.0.0/8".parse().unwrap()]),
        ..Edit::default()
    };
    assert!(wide.narrowed_fields(&stored).is_empty());
}
