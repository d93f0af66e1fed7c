//! Creating a credential.

use std::num::NonZeroU32;

use claviger::control::operations::{
    CredentialConflict, Edit, Invalid, MAX_SCOPES, NewCredential, NewSecret, OperationError, Patch, PlainSecret,
    create, edit,
};
use claviger::credential::{HashMemory, Label, PlainPassword, RateLimit, ScopeCatalog};
use claviger::store::RecordSecret;
use jiff::ToSpan as _;

use super::{Fixture, is_invalid, made, pair_for, token_for, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_new_token_works_and_is_shown_once,
    a_new_password_verifies_and_is_stored_as_argon2id,
    an_invalid_credential_is_refused_and_leaves_nothing,
    one_response_names_every_invalid_field,
    texts_are_trimmed_and_stored_unchanged,
    a_retired_version_is_not_the_default,
    the_same_id_is_created_once_in_parallel,
    requests_that_cannot_create_basic_credentials_cost_no_hash,
    more_scopes_than_a_credential_may_have_are_refused,
    an_empty_list_of_scopes_or_addresses_is_refused,
);

async fn a_new_token_works_and_is_shown_once(bed: TestDatabase) {
    bed.account("acme").await;
    let new = NewCredential { name: Some("Billing".into()), scopes: Some(vec![label("pay")]), ..token_for("acme") };
    let created = made(&bed, noon(), new).await;
    let PlainSecret::Token(token) = &created.secret else { panic!("no token") };
    assert!(works(&bed, token.reveal()).await);
    let id = created.record.id.as_str();
    assert!(id.starts_with("acme-"), "{id}");
    assert_eq!(bed.store.credential(id).await.unwrap().unwrap(), created.record);
    assert_eq!(created.record.version, Some(label("2")), "the newest");
    assert_eq!(created.record.hint.as_deref(), token.reveal().get(33..));

    let audit = bed.store.audit_of("credential", id, 10).await.unwrap();
    let [line] = &audit[..] else { panic!("{audit:?}") };
    assert_eq!((line.verb.as_str(), line.actor.as_str(), line.account.as_deref()), ("create", "root", Some("acme")));
    assert_eq!(line.before, None);
    let after = line.after.as_deref().unwrap();
    assert!(after.contains("\"scopes\":[\"pay\"]") && after.contains("\"revision\":1"), "{after}");
    let digest = token.digest().to_string();
    assert!(!after.contains(token.reveal()) && !after.contains(digest.trim_start_matches("sha256:")), "{after}");
}

async fn a_new_password_verifies_and_is_stored_as_argon2id(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), pair_for("acme", "acme")).await;
    let PlainSecret::Password(password) = &created.secret else { panic!("no password") };
    let RecordSecret::Password { hash: Some(hash), .. } = &created.record.secret else { panic!("no hash") };
    assert_eq!((hash.scheme(), password.reveal().len()), ("argon2id", 24));
    assert!(hash.verify(password.reveal(), &mut HashMemory::default()));
    let found = bed.store.find_username("acme").await.unwrap().found.unwrap();
    assert_eq!(found.credential.password_hash(), Some(hash));
    let audit = bed.store.audit_of("credential", created.record.id.as_str(), 1).await.unwrap();
    assert!(!audit[0].after.as_deref().unwrap().contains("$argon2"), "{audit:?}");
}

async fn an_invalid_credential_is_refused_and_leaves_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let id = Some(label("taken"));
    made(&bed, noon(), NewCredential { id: id.clone(), ..pair_for("acme", "acme") }).await;
    let before = bed.store.last_change().await.unwrap();
    let refused = async |new| create(&fixture.call(&bed, noon()), new).await.unwrap_err();

    assert!(is_invalid(&refused(token_for("stranger")).await, "account"));
    assert!(matches!(
        refused(NewCredential { id, ..token_for("acme") }).await,
        OperationError::Other(CredentialConflict::IdTaken)
    ));
    assert!(matches!(
        refused(pair_for("acme", "acme")).await,
        OperationError::Other(CredentialConflict::UsernameTaken)
    ));
    for (password, why) in [
        ("hunter2", "is shorter than 8 characters"),
        ("with\u{7}bell", "holds control characters"),
        ("PassWord1", "is one of the most common ones"),
        ("newcomer newcomer", "holds nothing but the user name"),
    ] {
        let chosen = Some(PlainPassword::new(password.as_bytes()));
        let secret = NewSecret::Password { username: "Newcomer".into(), chosen };
        let error = refused(NewCredential { secret, ..token_for("acme") }).await;
        let OperationError::Invalid(faults) = &error else { panic!("{error:?}") };
        let of_password: Vec<_> =
            faults.0.iter().map(|fault| (fault.field.as_ref(), fault.problem.to_string())).collect();
        assert_eq!(of_password, [("password", why.to_owned())]);
        assert!(!format!("{error:?} {error}").contains(password));
    }
    assert_eq!(bed.store.last_change().await.unwrap(), before);
    assert_eq!(bed.store.count().await.unwrap(), (1, 1));
    assert_eq!(verbs(&bed, "taken").await, ["create"]);
}

async fn one_response_names_every_invalid_field(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    fixture.versions.known[0].retired_on = Some("2026-11-21".parse().unwrap());
    let chosen = Some(PlainPassword::new(b"hunter2"));
    let number = |number| NonZeroU32::new(number).unwrap();
    let new = NewCredential {
        id: Some(label("own-anna")),
        name: Some("\u{202e}fdp".into()),
        description: Some("x".repeat(2001)),
        contact_email: Some("anna@localhost".into()),
        contact_mobile: Some(" 07700 900961".into()),
        version: Some(label("1")),
        scopes: Some(vec![label("pay"), label("fly"), label("swim")]),
        addresses: Some((0..=200).map(|last| format!("10.0.0.{last}/32").parse().unwrap()).collect()),
        expires_at: Some(noon()),
        rate_limit: Some(RateLimit { requests: number(1), seconds: number(u32::MAX), burst: number(u32::MAX) }),
        secret: NewSecret::Password { username: "a:b".into(), chosen },
        ..token_for("acme")
    };
    let error = create(&fixture.call(&bed, noon()), new).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    let all = [
        "id",
        "name",
        "description",
        "contact_email",
        "contact_mobile",
        "version",
        "scopes",
        "scopes",
        "addresses",
        "expires_at",
        "rate_limit",
        "username",
        "password",
    ];
    assert_eq!(fields, all, "{error}");
    for part in ["did you mean +447700900961?", "1 is retired", "name fly, which", "name swim, which"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    let unknown = NewCredential { version: Some(label("3")), ..token_for("acme") };
    let error = create(&fixture.call(&bed, noon()), unknown).await.unwrap_err();
    assert_eq!(error.to_string(), "version must be a configured version, and 3 is not; known: 1, 2");
    assert_eq!(bed.store.count().await.unwrap(), (0, 1));
}

async fn texts_are_trimmed_and_stored_unchanged(bed: TestDatabase) {
    bed.account("acme").await;
    let name = "ÄÖÜ مفتاح \u{1f9fe}".to_owned() + "ß".repeat(180).as_str();
    let new = NewCredential {
        name: Some(format!("  {name}\n")),
        description: Some("  ".into()),
        contact_email: Some(" anna@example.org ".into()),
        contact_mobile: Some(String::new()),
        expires_at: Some(noon() + 1.hours()),
        ..token_for("acme")
    };
    let record = made(&bed, noon(), new).await.record;
    assert_eq!((record.name.as_deref(), record.description.as_deref()), (Some(name.as_str()), None));
    assert_eq!((record.contact_email.as_deref(), record.contact_mobile.as_deref()), (Some("anna@example.org"), None));
    assert_eq!(bed.store.credential(record.id.as_str()).await.unwrap().unwrap(), record);
}

async fn a_retired_version_is_not_the_default(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    fixture.versions.known[1].retired_on = Some("2026-01-01".parse().unwrap());
    let created = create(&fixture.call(&bed, noon()), token_for("acme")).await.unwrap().fresh().unwrap();
    assert_eq!(created.record.version, Some(label("1")));
}

async fn the_same_id_is_created_once_in_parallel(bed: TestDatabase) {
    bed.account("acme").await;
    for turn in 0..5 {
        let one = async || {
            let new = NewCredential { id: Some(label(&format!("race-{turn}"))), ..token_for("acme") };
            create(&Fixture::new().call(&bed, noon() + 1.hours()), new).await
        };
        let (first, second) = tokio::join!(one(), one());
        let won = [&first, &second].into_iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{first:?} {second:?}");
        assert!(
            [first, second]
                .into_iter()
                .any(|outcome| matches!(outcome, Err(OperationError::Other(CredentialConflict::IdTaken))))
        );
    }
}

async fn requests_that_cannot_create_basic_credentials_cost_no_hash(bed: TestDatabase) {
    bed.account("acme").await;
    made(&bed, noon(), NewCredential { id: Some(label("acme-1")), ..pair_for("acme", "first") }).await;
    let fixture = Fixture::new();
    let call = fixture.call(&bed, noon());
    // More than may wait for a hash: one of them would be told that there is too much to do.
    let unknown = (0..400).map(|number| create(&call, pair_for("nowhere", &format!("pair-{number}"))));
    for outcome in futures_util::future::join_all(unknown).await {
        assert!(is_invalid(outcome.as_ref().unwrap_err(), "account"), "{outcome:?}");
    }
    let same = |number: u32| NewCredential { id: Some(label("acme-1")), ..pair_for("acme", &format!("pair-{number}")) };
    for outcome in futures_util::future::join_all((0..200).map(|number| create(&call, same(number)))).await {
        assert!(matches!(outcome, Err(OperationError::Other(CredentialConflict::IdTaken))), "{outcome:?}");
    }
    let named = (0..200).map(|_| create(&call, pair_for("acme", "first")));
    for outcome in futures_util::future::join_all(named).await {
        assert!(matches!(outcome, Err(OperationError::Other(CredentialConflict::UsernameTaken))), "{outcome:?}");
    }
}

/// Of every caller of the operation, not of the management API alone.
async fn more_scopes_than_a_credential_may_have_are_refused(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    let scopes: Vec<_> = (0..=MAX_SCOPES).map(|number| label(&format!("scope-{number}"))).collect();
    fixture.scopes = ScopeCatalog::new(scopes.iter().map(|name| (name.clone(), Box::default())).collect());
    let call = fixture.call(&bed, noon());
    let create_with = async |scopes: &[Label]| {
        create(&call, NewCredential { scopes: Some(scopes.to_vec()), ..token_for("acme") }).await
    };
    let error = create_with(&scopes).await.unwrap_err();
    assert!(is_invalid(&error, "scopes"), "{error:?}");
    let record = create_with(&scopes[1..]).await.unwrap().fresh().unwrap().record;
    let all = Edit { scopes: Patch::Set(scopes), ..Edit::default() };
    let error = edit(&call, record.id.as_str(), all).await.unwrap_err();
    assert!(is_invalid(&error, "scopes"), "{error:?}");
}

/// It would be the same as no restriction.
async fn an_empty_list_of_scopes_or_addresses_is_refused(bed: TestDatabase) {
    bed.account("acme").await;
    let empty = NewCredential { scopes: Some(Vec::new()), addresses: Some(Vec::new()), ..token_for("acme") };
    let error = create(&Fixture::new().call(&bed, noon()), empty).await.unwrap_err();
    let OperationError::Invalid(Invalid(faults)) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["scopes", "addresses"], "{error}");
    assert_eq!(bed.store.count().await.unwrap(), (0, 1));
}
