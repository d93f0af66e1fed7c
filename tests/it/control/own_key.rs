//! Users' own keys.

use claviger::control::operations::{
    Caller, CredentialConflict, NotFound, OperationContext, OperationError, OperationRefusal, PlainSecret, Reset,
    clear, disable, disable_own_key, duplicate, enable, enable_own_key, own_key, regenerate_own_key, reset,
};
use claviger::store::Role;
use jiff::ToSpan as _;

use super::{Fixture, shell, user, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

const REFUSED: &str = "the new secret of this own key would be refused: ";

on_each!(
    an_own_key_is_enabled_regenerated_and_disabled,
    a_disabled_key_gets_no_secret_that_is_refused,
    staff_reset_and_enable_an_own_key_in_one_step,
    an_expired_key_gets_no_secret_that_is_refused,
    a_key_without_access_or_version_gets_no_secret_that_is_refused,
    a_member_has_a_key_while_the_account_allows_it,
    only_users_of_an_account_with_access_have_keys,
    only_its_user_sees_the_secret_of_an_own_key,
    a_credential_with_the_id_of_an_own_key_is_not_one,
    of_parallel_enables_one_reveals_the_secret,
);

fn refusal(error: &OperationError<CredentialConflict>) -> &OperationRefusal {
    let OperationError::Refused(refusal) = error else { panic!("{error:?}") };
    refusal
}

/// Anna owns acme.
async fn anna(bed: &TestDatabase) -> Caller {
    bed.account("acme").await;
    bed.put_user("anna", Some("acme"), Role::Owner).await;
    user(Role::Owner, Some("acme"), "anna")
}

async fn an_own_key_is_enabled_regenerated_and_disabled(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    let call = |minutes: i64| -> OperationContext<'_> { fixture.by(&anna, &bed, noon() + minutes.minutes()) };
    assert_eq!(own_key(&call(0)).await.unwrap(), None);
    let none = OperationRefusal::NotFound(NotFound("own key"));
    assert_eq!(*refusal(&regenerate_own_key(&call(0)).await.unwrap_err()), none);
    assert_eq!(*refusal(&disable_own_key(&call(0)).await.unwrap_err()), none);

    let on = enable_own_key(&call(1)).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(first) = &on.secret else { panic!("no token") };
    assert_eq!((on.record.id.as_str(), on.record.owner.as_ref()), ("own-anna", Some(&label("anna"))));
    assert_eq!((on.record.version.as_ref(), on.record.account.as_str()), (Some(&label("2")), "acme"));
    assert_eq!(own_key(&call(1)).await.unwrap().unwrap(), on.record);
    assert!(works(&bed, first.reveal()).await);
    assert!(matches!(enable_own_key(&call(2)).await, Err(OperationError::Other(CredentialConflict::OwnKeyEnabled))));

    let anew = regenerate_own_key(&call(3)).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(second) = &anew.secret else { panic!("no token") };
    assert!(works(&bed, second.reveal()).await && !works(&bed, first.reveal()).await);

    let off = disable_own_key(&call(4)).await.unwrap();
    assert!(off.secret.is_cleared() && !works(&bed, second.reveal()).await);
    assert_eq!(disable_own_key(&call(5)).await.unwrap(), off);
    let again = enable_own_key(&call(6)).await.unwrap().fresh().unwrap();
    assert_eq!((again.record.id.as_str(), again.record.revision), ("own-anna", 4));
    let all = ["switch_on_own_key", "switch_off_own_key", "regenerate_own_key", "switch_on_own_key"];
    assert_eq!(verbs(&bed, "own-anna").await, all);
    assert_eq!(bed.store.count().await.unwrap().0, 1);

    // C13: an owner clears a key, and its user regenerates it.
    clear(&fixture.call(&bed, noon() + 7.minutes()), "own-anna").await.unwrap();
    assert!(regenerate_own_key(&call(8)).await.unwrap().fresh().is_some());
}

async fn a_disabled_key_gets_no_secret_that_is_refused(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    let call = |minutes: i64| -> OperationContext<'_> { fixture.by(&anna, &bed, noon() + minutes.minutes()) };
    let first = enable_own_key(&call(0)).await.unwrap().fresh().unwrap();
    let by_staff = fixture.call(&bed, noon() + 1.minutes());
    let disabled = disable(&by_staff, "own-anna", Some("left".into())).await.unwrap();
    clear(&by_staff, "own-anna").await.unwrap();
    for error in [enable_own_key(&call(2)).await.unwrap_err(), regenerate_own_key(&call(2)).await.unwrap_err()] {
        assert_eq!(error.to_string(), "your key is disabled (left); ask an owner of the account to enable it");
    }
    let kept = own_key(&call(3)).await.unwrap().unwrap();
    assert!(!kept.enabled && kept.secret.is_cleared(), "nothing has changed");
    enable(&by_staff, "own-anna").await.unwrap();
    assert!(regenerate_own_key(&call(4)).await.unwrap().fresh().unwrap().record.enabled);
    assert_eq!((first.record.id, disabled.enabled), (label("own-anna"), false));
}

async fn a_member_has_a_key_while_the_account_allows_it(bed: TestDatabase) {
    let (mut account, fixture) = (bed.account("acme").await, Fixture::new());
    bed.put_user("mia", Some("acme"), Role::Member).await;
    let mia = user(Role::Member, Some("acme"), "mia");
    let call = fixture.by(&mia, &bed, noon());
    assert_eq!(*refusal(&enable_own_key(&call).await.unwrap_err()), OperationRefusal::MembersNotAllowed);
    account.members_allowed = true;
    bed.put_account(&account).await;
    assert!(enable_own_key(&call).await.unwrap().fresh().is_some());
    account.members_allowed = false;
    bed.put_account(&account).await;
    for error in [
        own_key(&call).await.unwrap_err(),
        regenerate_own_key(&call).await.unwrap_err(),
        disable_own_key(&call).await.unwrap_err(),
    ] {
        assert_eq!(*refusal(&error), OperationRefusal::MembersNotAllowed);
    }
}

async fn only_users_of_an_account_with_access_have_keys(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    let token_of_anna = Caller { user: None, ..anna.clone() };
    let staff = user(Role::Staff, None, "sam");
    for stranger in [&shell(), &token_of_anna, &staff] {
        let error = enable_own_key(&fixture.by(stranger, &bed, noon())).await.unwrap_err();
        assert!(matches!(refusal(&error), OperationRefusal::Forbidden(_)), "{error:?}");
    }
    let mut account = bed.account("acme").await;
    account.granted = false;
    bed.put_account(&account).await;
    let error = enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap_err();
    assert_eq!(*refusal(&error), OperationRefusal::AccessNotGranted);
    assert_eq!(bed.store.count().await.unwrap().0, 0);
}

async fn only_its_user_sees_the_secret_of_an_own_key(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap();
    for caller in [&shell(), &user(Role::Implementer, Some("acme"), "ivo")] {
        let call = fixture.by(caller, &bed, noon());
        let error = reset(&call, "own-anna", Reset::default()).await.unwrap_err();
        assert!(matches!(error, OperationError::Other(CredentialConflict::OwnKeyReset)), "{error:?}");
        let error = duplicate(&call, "own-anna", Default::default()).await.unwrap_err();
        assert!(matches!(error, OperationError::Other(CredentialConflict::OwnKeyDuplicate)), "{error:?}");
    }
    assert_eq!(verbs(&bed, "own-anna").await, ["switch_on_own_key"]);
}

async fn a_credential_with_the_id_of_an_own_key_is_not_one(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    bed.put(&token("own-anna", "acme", "imported")).await;
    let call = fixture.by(&anna, &bed, noon());
    assert_eq!(own_key(&call).await.unwrap(), None);
    for error in [
        enable_own_key(&call).await.map(drop).unwrap_err(),
        regenerate_own_key(&call).await.map(drop).unwrap_err(),
        disable_own_key(&call).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, OperationError::Other(CredentialConflict::OwnKeyIdTaken(_))), "{error:?}");
    }
    assert!(works(&bed, "imported").await);
}

async fn of_parallel_enables_one_reveals_the_secret(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    let call = fixture.by(&anna, &bed, noon());
    let all = futures_util::future::join_all((0..20).map(|_| enable_own_key(&call))).await;
    let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{lost:?}");
    assert!(
        lost.iter().all(|outcome| matches!(outcome, Err(OperationError::Other(CredentialConflict::OwnKeyEnabled)))),
        "{lost:?}"
    );
    assert_eq!(verbs(&bed, "own-anna").await, ["switch_on_own_key"]);
}

async fn staff_reset_and_enable_an_own_key_in_one_step(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    let first = enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(first) = &first.secret else { panic!("no token") };
    let staff = user(Role::Staff, None, "sam");
    let call = fixture.by(&staff, &bed, noon() + 1.minutes());
    disable(&call, "own-anna", Some("left".into())).await.unwrap();
    let call = fixture.by(&staff, &bed, noon() + 2.minutes());
    let and_enable = || Reset { enable: true, ..Reset::default() };
    let conflict = async |call: &OperationContext<'_>, how| match reset(call, "own-anna", how).await {
        Err(OperationError::Other(conflict)) => conflict.to_string(),
        other => panic!("{other:?}"),
    };
    // Without enabling it, the secret would be refused.
    assert!(conflict(&call, Reset::default()).await.contains("staff can only reset and enable it in one step"));
    let owner = user(Role::Owner, Some("acme"), "olga");
    assert!(conflict(&fixture.by(&owner, &bed, noon()), and_enable()).await.contains("its user regenerates it"));

    let anew = reset(&call, "own-anna", and_enable()).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(second) = &anew.secret else { panic!("no token") };
    assert!(anew.record.enabled && anew.record.disabled_reason.is_none());
    assert_eq!(anew.record.owner, Some(label("anna")));
    assert!(works(&bed, second.reveal()).await && !works(&bed, first.reveal()).await);
    assert_eq!(verbs(&bed, "own-anna").await, ["reset_and_enable", "disable", "switch_on_own_key"]);

    bed.execute("UPDATE users SET enabled = FALSE WHERE id = 'anna'").await;
    assert_eq!(
        conflict(&call, and_enable()).await,
        "the new secret of this own key would be refused: its user is disabled"
    );
}

async fn a_key_without_access_or_version_gets_no_secret_that_is_refused(bed: TestDatabase) {
    let (anna, mut fixture) = (anna(&bed).await, Fixture::new());
    let staff = user(Role::Staff, None, "sam");
    let access = async |granted: &str, on: &str| {
        bed.execute(&format!("UPDATE accounts SET granted = {granted}, switched_on = {on}")).await;
    };
    access("TRUE", "FALSE").await;
    let off = format!("{REFUSED}the account has API access switched off");
    assert_eq!(enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap_err().to_string(), off);
    access("TRUE", "TRUE").await;
    enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap();
    let reset_by_staff = async |fixture: &Fixture| {
        let how = Reset { enable: true, ..Reset::default() };
        reset(&fixture.by(&staff, &bed, noon() + 1.minutes()), "own-anna", how).await.unwrap_err().to_string()
    };
    access("TRUE", "FALSE").await;
    assert_eq!(regenerate_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap_err().to_string(), off);
    assert_eq!(reset_by_staff(&fixture).await, off);
    access("FALSE", "TRUE").await;
    let ungranted = format!("{REFUSED}API access has not been granted to the account");
    assert_eq!(reset_by_staff(&fixture).await, ungranted);
    access("TRUE", "TRUE").await;
    let newest = fixture.versions.known.len() - 1;
    fixture.versions.known[newest].retired_on = Some("2026-11-21".parse().unwrap());
    let retired = format!("{REFUSED}its version is retired; upgrade it first");
    assert_eq!(regenerate_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap_err().to_string(), retired);
    assert_eq!(reset_by_staff(&fixture).await, retired);
}

async fn an_expired_key_gets_no_secret_that_is_refused(bed: TestDatabase) {
    let (anna, fixture) = (anna(&bed).await, Fixture::new());
    enable_own_key(&fixture.by(&anna, &bed, noon())).await.unwrap();
    bed.execute(&format!("UPDATE credentials SET expires_at = {}", (noon() + 1.hours()).as_millisecond())).await;
    let later = fixture.by(&anna, &bed, noon() + 2.hours());
    let error = regenerate_own_key(&later).await.unwrap_err();
    assert_eq!(error.to_string(), "your key expired at 2026-11-21T13:00:00Z; ask an owner of the account to extend it");
}
