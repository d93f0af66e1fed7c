//! A caller that loses access keeps no other way in, and a caller with access gains none to other accounts.

use claviger::control::operations::{
    Caller, Duplicate, EditUser, Invalid, NewCredential, NewOperatorToken, NewSetupLink, OperationError,
    OperationRefusal, SetupLinkError, SignInError, UserConflict, caller_of_session, change_password, create,
    create_operator_token, create_setup_link, disable_user, duplicate, edit_user, show_setup_link, use_setup_link,
};
use claviger::store::Role;
use jiff::ToSpan as _;

use super::api::TestApi;
use super::people::{House, PASSWORD, plain};
use super::revoked::{script, session};
use super::{is_invalid, made, token_for};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_current_password_of_megabytes_is_never_hashed,
    file_credentials_are_hidden_from_an_account_without_access,
    a_token_creates_none_that_outlives_it,
    a_link_is_not_valid_when_its_author_is_disabled_or_demoted,
    a_link_whose_author_is_disabled_while_a_password_is_chosen_sets_none,
    a_link_is_not_valid_when_the_token_that_created_it_is_revoked_or_expired,
    a_newer_link_voids_the_older_ones,
    a_caller_cannot_take_an_id_of_another_account,
    an_account_keeps_its_last_owner_who_can_sign_in,
    two_owners_cannot_disable_each_other,
);

async fn a_current_password_of_megabytes_is_never_hashed(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    let own = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let before = house.hashed();
    let caller = caller_of_session(&house.at(&bed), own.ticket.reveal()).await.unwrap().unwrap();
    let call = house.fixture.by(&caller, &bed, noon());
    let long = "x".repeat(1025);
    let guess = async || {
        change_password(&call, &house.at(&bed), own.ticket.reveal(), plain(&long), plain("another password")).await
    };
    for _ in 0..3 {
        assert!(guess().await.is_err_and(|error| is_invalid(&error, "current")));
    }
    assert!(matches!(guess().await, Err(OperationError::Other(SignInError::TooMany { .. }))), "it counts as a guess");
    assert_eq!(house.hashed(), before);
}

async fn file_credentials_are_hidden_from_an_account_without_access(bed: TestDatabase) {
    let api = TestApi::new(bed).await.by(Role::Owner, Some("acme"));
    assert_eq!(api.get("/file-credentials").await.status, 200);
    api.bed.execute("UPDATE accounts SET granted = FALSE WHERE id = 'acme'").await;
    let reply = api.get("/file-credentials").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "access_not_granted"));
}

async fn a_token_creates_none_that_outlives_it(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let end = noon() + 1.hours();
    let (mortal, endless) = (script(&house, &bed, Some(end)).await.1, script(&house, &bed, None).await.1);
    let make = async |caller: &Caller, expires_at| {
        let (name, role, account) = ("heir".to_owned(), Role::Owner, Some(label("acme")));
        let call = house.fixture.as_known(caller, &bed, noon());
        create_operator_token(&call, NewOperatorToken { name, role, account, expires_at })
            .await
            .map(|made| made.fresh().unwrap())
    };
    assert_eq!(make(&mortal, None).await.unwrap().record.expires_at, Some(end));
    assert_eq!(make(&mortal, Some(end)).await.unwrap().record.expires_at, Some(end));
    let earlier = Some(end - 1.minutes());
    assert_eq!(make(&mortal, earlier).await.unwrap().record.expires_at, earlier);
    let later = make(&mortal, Some(end + 1.minutes())).await;
    let Err(OperationError::Invalid(Invalid(faults))) = later else { panic!("{later:?}") };
    assert_eq!(faults[0].field, "expires_at");
    assert_eq!(make(&endless, None).await.unwrap().record.expires_at, None);
}

async fn is_worthless(house: &House, bed: &TestDatabase, link: &NewSetupLink) -> bool {
    let link = link.ticket.reveal();
    let seen = show_setup_link(&bed.store, house.clock.now(), link).await.unwrap();
    let used = use_setup_link(&house.at(bed), link, plain("another password"), None).await;
    assert_eq!(seen.is_none(), matches!(used, Err(OperationError::Other(SetupLinkError::NotValid))), "{used:?}");
    seen.is_none()
}

async fn a_link_is_not_valid_when_its_author_is_disabled_or_demoted(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let (ann, owner) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    let bob = house.person(&bed, "bob@x.org", Role::Owner).await;
    let call = house.fixture.as_known(&owner, &bed, noon());
    let link = create_setup_link(&call, &bob.id).await.unwrap().fresh().unwrap();
    for change in ["enabled = FALSE", "role = 'implementer'", "account = 'globex'"] {
        bed.execute(&format!("UPDATE users SET {change} WHERE id = '{}'", ann.id)).await;
        assert!(is_worthless(&house, &bed, &link).await, "{change}");
        bed.execute("UPDATE users SET enabled = TRUE, role = 'owner', account = 'acme'").await;
    }
    assert!(!is_worthless(&house, &bed, &link).await);
    let link = create_setup_link(&call, &bob.id).await.unwrap().fresh().unwrap();
    bed.execute("UPDATE setup_links SET created_by = NULL").await;
    assert!(is_worthless(&house, &bed, &link).await, "its author is unknown");
    let link = create_setup_link(&house.fixture.call(&bed, noon()), &bob.id).await.unwrap().fresh().unwrap();
    assert!(!is_worthless(&house, &bed, &link).await, "the shell's");
}

async fn a_link_whose_author_is_disabled_while_a_password_is_chosen_sets_none(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let (ann, owner) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    let bob = house.person(&bed, "bob@x.org", Role::Owner).await;
    let link =
        create_setup_link(&house.fixture.as_known(&owner, &bed, noon()), &bob.id).await.unwrap().fresh().unwrap();
    let at = house.at(&bed);
    let (used, ()) = tokio::join!(
        use_setup_link(&at, link.ticket.reveal(), plain("another password"), None),
        house.meanwhile(async || {
            bed.execute(&format!("UPDATE users SET enabled = FALSE WHERE id = '{}'", ann.id)).await;
        }),
    );
    assert!(matches!(used, Err(OperationError::Other(SetupLinkError::NotValid))), "{used:?}");
    assert_eq!(bed.store.user(bob.id.as_str()).await.unwrap().unwrap(), bob);
}

async fn a_link_is_not_valid_when_the_token_that_created_it_is_revoked_or_expired(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let caller = script(&house, &bed, Some(noon() + 1.hours())).await.1;
    let bob = house.person(&bed, "bob@x.org", Role::Owner).await;
    let link =
        create_setup_link(&house.fixture.as_known(&caller, &bed, noon()), &bob.id).await.unwrap().fresh().unwrap();
    bed.execute("UPDATE operator_tokens SET enabled = FALSE").await;
    assert!(is_worthless(&house, &bed, &link).await);
    bed.execute("UPDATE operator_tokens SET enabled = TRUE").await;
    house.clock.set(noon() + 1.hours());
    assert!(is_worthless(&house, &bed, &link).await, "expired");
    house.clock.set(noon() + 59.minutes());
    assert!(!is_worthless(&house, &bed, &link).await);
}

async fn a_newer_link_voids_the_older_ones(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let bob = house.invited(&bed, "bob@x.org", Role::Owner).await;
    let newer = create_setup_link(&house.fixture.call(&bed, noon()), &ann.record.id).await.unwrap().fresh().unwrap();
    assert!(is_worthless(&house, &bed, &ann.link).await);
    assert!(!is_worthless(&house, &bed, &newer).await);
    assert!(!is_worthless(&house, &bed, &bob.link).await, "the link of another user");
}

async fn a_caller_cannot_take_an_id_of_another_account(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    made(&bed, noon(), NewCredential { id: Some(label("globex-1")), ..token_for("globex") }).await;
    let callers = [session(&house, &bed, "ann@x.org", Role::Owner).await.1, script(&house, &bed, None).await.1];
    for caller in &callers {
        let call = house.fixture.as_known(caller, &bed, noon());
        let own = made(&bed, noon(), token_for("acme")).await.record.id;
        for id in ["globex-1", "globex-2", "acme", "acmes-1", "billing"] {
            let outcome = create(&call, NewCredential { id: Some(label(id)), ..token_for("acme") }).await;
            let Err(OperationError::Invalid(Invalid(faults))) = outcome else { panic!("{outcome:?}") };
            assert_eq!((faults.len(), faults[0].field.as_ref()), (1, "id"));
            let how = Duplicate { id: Some(label(id)), ..Duplicate::default() };
            let outcome = duplicate(&call, own.as_str(), how).await;
            let Err(OperationError::Invalid(Invalid(faults))) = outcome else { panic!("{outcome:?}") };
            assert_eq!((faults.len(), faults[0].field.as_ref()), (1, "id"));
        }
        let id = label(&format!("acme-{}", caller.actor.kind.as_str()));
        assert!(create(&call, NewCredential { id: Some(id), ..token_for("acme") }).await.is_ok());
    }
    made(&bed, noon(), NewCredential { id: Some(label("billing")), ..token_for("acme") }).await;
}

async fn an_account_keeps_its_last_owner_who_can_sign_in(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let (ann, owner) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    house.invited(&bed, "cy@x.org", Role::Owner).await;
    let script = script(&house, &bed, None).await.1;
    let demote = EditUser { role: Some(Role::Member), ..EditUser::default() };
    for caller in [&owner, &script] {
        let call = house.fixture.as_known(caller, &bed, noon());
        let demoted = edit_user(&call, &ann.id, demote.clone()).await;
        assert!(matches!(demoted, Err(OperationError::Other(UserConflict::LastOwner))), "{demoted:?}");
    }
    let by_script = house.fixture.as_known(&script, &bed, noon());
    let disabled = disable_user(&by_script, &ann.id).await;
    assert!(matches!(disabled, Err(OperationError::Other(UserConflict::LastOwner))), "Cy cannot sign in: {disabled:?}");
    let bob = house.person(&bed, "bob@x.org", Role::Owner).await;
    disable_user(&by_script, &ann.id).await.unwrap();
    assert!(matches!(disable_user(&by_script, &bob.id).await, Err(OperationError::Other(UserConflict::LastOwner))));
    disable_user(&house.fixture.call(&bed, noon()), &bob.id).await.unwrap();
}

async fn two_owners_cannot_disable_each_other(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let (ann, one) = session(&house, &bed, "ann@x.org", Role::Owner).await;
    let (bob, other) = session(&house, &bed, "bob@x.org", Role::Owner).await;
    for _ in 0..5 {
        let (by_ann, by_bob) =
            (house.fixture.as_known(&one, &bed, noon()), house.fixture.as_known(&other, &bed, noon()));
        let (first, second) = tokio::join!(disable_user(&by_ann, &bob.id), disable_user(&by_bob, &ann.id));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let refused = [first, second].into_iter().find_map(Result::err).unwrap();
        assert!(matches!(refused, OperationError::Refused(OperationRefusal::Revoked)), "{refused:?}");
        bed.execute("UPDATE users SET enabled = TRUE").await;
    }
}
