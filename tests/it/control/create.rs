//! Creating a credential.

use claviger::control::operations::{
    CreateError, NewCredential, NewSecret, PasswordUnfit, PlainSecret, SecretError, create,
};
use claviger::credential::{HashMemory, PlainPassword, StoredSecret};
use jiff::ToSpan as _;

use super::{Known, made, pair_for, token_for, verbs, works};
use crate::store::beds::{Bed, label, noon, on_each};

on_each!(
    a_new_token_works_and_is_shown_once,
    a_new_password_verifies_and_is_kept_as_argon2id,
    what_cannot_be_created_is_refused_and_leaves_nothing,
    two_who_create_the_same_id_at_once_do_not_overwrite_each_other,
);

async fn a_new_token_works_and_is_shown_once(bed: Bed) {
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

async fn a_new_password_verifies_and_is_kept_as_argon2id(bed: Bed) {
    bed.account("acme").await;
    let created = made(&bed, noon(), pair_for("acme", "acme")).await;
    let PlainSecret::Password(password) = &created.secret else { panic!("no password") };
    let StoredSecret::Password { hash, .. } = &created.record.secret else { panic!("no hash") };
    assert_eq!((hash.scheme(), password.reveal().len()), ("argon2id", 24));
    assert!(hash.verify(password.reveal(), &mut HashMemory::default()));
    let found = bed.store.find_username("acme").await.unwrap().found.unwrap();
    assert_eq!(found.credential.password_hash(), Some(hash));
    let audit = bed.store.audit_of("credential", created.record.id.as_str(), 1).await.unwrap();
    assert!(!audit[0].after.as_deref().unwrap().contains("$argon2"), "{audit:?}");
}

async fn what_cannot_be_created_is_refused_and_leaves_nothing(bed: Bed) {
    bed.account("acme").await;
    let known = Known::new();
    let id = Some(label("taken"));
    made(&bed, noon(), NewCredential { id: id.clone(), ..pair_for("acme", "acme") }).await;
    let before = bed.store.last_change().await.unwrap();
    let refused = async |new| create(&known.call(&bed, noon()), new).await.unwrap_err();

    assert!(matches!(refused(token_for("nobody")).await, CreateError::UnknownAccount));
    let owner = Some(label("nobody"));
    assert!(matches!(refused(NewCredential { owner, ..token_for("acme") }).await, CreateError::UnknownOwner));
    assert!(matches!(refused(NewCredential { id, ..token_for("acme") }).await, CreateError::IdTaken));
    assert!(matches!(refused(pair_for("acme", "acme")).await, CreateError::UsernameTaken));
    let colon = refused(pair_for("acme", "a:b")).await;
    assert!(matches!(colon, CreateError::Secret(SecretError::Username)), "{colon:?}");
    let version = Some(label("3"));
    assert!(matches!(refused(NewCredential { version, ..token_for("acme") }).await, CreateError::UnknownVersion(_)));
    let scopes = Some(vec![label("none")]);
    assert!(matches!(refused(NewCredential { scopes, ..token_for("acme") }).await, CreateError::UnknownScope(_)));
    let expires_at = Some(noon());
    assert!(matches!(refused(NewCredential { expires_at, ..token_for("acme") }).await, CreateError::Expired));
    let contact_mobile = Some("07700 900961".into());
    let mobile = refused(NewCredential { contact_mobile, ..token_for("acme") }).await;
    assert!(matches!(mobile, CreateError::Unfit { field: "contact_mobile", .. }), "{mobile:?}");
    for (password, unfit) in [("hunter2", PasswordUnfit::TooShort), ("with\u{7}bell", PasswordUnfit::Control)] {
        let chosen = Some(PlainPassword::new(password.as_bytes()));
        let secret = NewSecret::Password { username: "new".into(), chosen };
        let error = refused(NewCredential { secret, ..token_for("acme") }).await;
        assert!(matches!(error, CreateError::Secret(SecretError::Password(found)) if found == unfit), "{error:?}");
        assert!(!error.to_string().contains(password));
    }
    assert_eq!(bed.store.last_change().await.unwrap(), before);
    assert_eq!(bed.store.count().await.unwrap(), (1, 1));
    assert_eq!(verbs(&bed, "taken").await, ["create"]);
}

async fn two_who_create_the_same_id_at_once_do_not_overwrite_each_other(bed: Bed) {
    bed.account("acme").await;
    for turn in 0..5 {
        let one = async || {
            let new = NewCredential { id: Some(label(&format!("race-{turn}"))), ..token_for("acme") };
            create(&Known::new().call(&bed, noon() + 1.hours()), new).await
        };
        let (first, second) = tokio::join!(one(), one());
        let won = [&first, &second].into_iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{first:?} {second:?}");
        assert!([first, second].into_iter().any(|outcome| matches!(outcome, Err(CreateError::IdTaken))));
    }
}
