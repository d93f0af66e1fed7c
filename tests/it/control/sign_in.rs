//! Signing in: right and wrong, known and unknown, and how often.

use std::time::Duration;

use claviger::control::operations::{
    OperationError, OperationRefusal, SignInError, caller_of_session, change_password, disable_user, enable_user,
    sign_in,
};
use claviger::store::{ActorKind, Role};

use super::people::{House, PASSWORD, found_in_texts, plain, user, verbs};
use super::{is_invalid, shell};
use crate::store::test_database::{TestDatabase, label, noon, on_each};
use crate::support::eventually_async;

on_each!(
    a_session_authenticates_its_user,
    unknown_disabled_and_wrong_look_the_same_and_cost_the_same,
    a_user_disabled_during_sign_in_gets_no_session,
    junk_is_a_wrong_password,
    the_audit_records_refused_sign_ins_of_existing_users,
    wrong_passwords_delay_their_own_network,
    the_right_password_clears_the_count_of_wrong_ones,
    a_user_changes_their_password_and_other_sessions_end,
    wrong_current_passwords_are_throttled_too,
    scripts_and_the_shell_have_no_password,
);

async fn a_session_authenticates_its_user(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "Ann@X.org", Role::Owner).await;
    house.clock.advance(Duration::from_secs(60));
    let one = house.sign_in(&bed, "ann@x.ORG", PASSWORD).await.unwrap();
    let other = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    assert_ne!(one.ticket.reveal(), other.ticket.reveal(), "a new session each time");
    for signed_in in [&one, &other] {
        let caller = caller_of_session(&house.at(&bed), signed_in.ticket.reveal()).await.unwrap().unwrap();
        assert_eq!(
            (caller.role, &caller.account, &caller.user),
            (Role::Owner, &Some(label("acme")), &Some(ann.id.clone()))
        );
        assert_eq!((caller.actor.kind, caller.actor.id.as_str()), (ActorKind::User, ann.id.as_str()));
        assert_eq!(caller.actor.address.as_deref(), Some("192.0.2.1"));
        assert_eq!(caller.actor.request_id.as_deref(), Some("r-1"));
        assert_eq!(found_in_texts(&bed, signed_in.ticket.reveal()).await, 0);
    }
    assert_eq!(verbs(&bed, ann.id.as_str()).await[..2], ["sign_in", "sign_in"]);
    assert_eq!(found_in_texts(&bed, PASSWORD).await, 0);
    assert!(!format!("{one:?}").contains(one.ticket.reveal()));
}

async fn unknown_disabled_and_wrong_look_the_same_and_cost_the_same(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    let off = house.person(&bed, "off@x.org", Role::Owner).await;
    disable_user(&house.fixture.call(&bed, noon()), &off.id).await.unwrap();
    house.invited(&bed, "invited@x.org", Role::Owner).await;
    let wrong = "wrong horse battery";
    let tries = [
        ("ann@x.org", wrong),
        ("stranger@x.org", PASSWORD),
        ("off@x.org", PASSWORD),
        ("off@x.org", wrong),
        ("invited@x.org", PASSWORD),
        ("invited@x.org", ""),
        ("no address", PASSWORD),
    ];
    for (email, password) in tries {
        let before = house.hashed();
        let refused = house.sign_in(&bed, email, password).await.unwrap_err();
        assert!(matches!(refused, OperationError::Other(SignInError::Wrong)), "{email}: {refused:?}");
        assert_eq!(refused.to_string(), "e-mail address or password is wrong");
        assert_eq!(house.hashed() - before, 1, "{email}");
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM sessions").await, 0);
}

/// Nor would they have one when they are switched on again.
async fn a_user_disabled_during_sign_in_gets_no_session(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Owner).await;
    let call = house.fixture.call(&bed, noon());
    let switch_off = async || drop(disable_user(&call, &ann.id).await.unwrap());
    let (_, refused) = tokio::join!(house.meanwhile(switch_off), house.sign_in(&bed, "ann@x.org", PASSWORD));
    assert!(matches!(refused, Err(OperationError::Other(SignInError::Wrong))), "{refused:?}");
    enable_user(&call, &ann.id).await.unwrap();
    assert_eq!(bed.ask("SELECT COUNT(*) FROM sessions").await, 0);
}

async fn junk_is_a_wrong_password(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    let long = "x".repeat(100_000);
    for (number, email) in ["", "\0", "ann@x.org\0", "' OR 1=1 --", "%", &long].into_iter().enumerate() {
        let at = house.from(&bed, std::net::Ipv4Addr::new(198, 51, 100, u8::try_from(number).unwrap()).into());
        for password in ["", "\0", PASSWORD, &long] {
            let refused = sign_in(&at, email, plain(password)).await;
            let is_refused = matches!(
                refused,
                Err(OperationError::Other(SignInError::Wrong) | OperationError::Other(SignInError::TooMany { .. }))
            );
            assert!(is_refused, "{email:.20} {password:.20}: {refused:?}");
        }
    }
}

async fn the_audit_records_refused_sign_ins_of_existing_users(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Owner).await;
    assert!(house.sign_in(&bed, "stranger@x.org", "wrong horse battery").await.is_err());
    assert!(house.sign_in(&bed, "ann@x.org", "wrong horse battery").await.is_err());
    // It is written beside the answer.
    let is_written = async || verbs(&bed, ann.id.as_str()).await.len() == 3;
    eventually_async("the refusal is in the audit log", is_written).await;
    let audit = bed.store.audit_of("user", ann.id.as_str(), 10).await.unwrap();
    let refused = audit.iter().find(|line| line.verb == "refuse_sign_in").unwrap();
    assert_eq!((refused.actor_kind.as_str(), refused.account.as_deref()), ("system", Some("acme")));
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'refuse_sign_in'").await, 1);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'refuse_sign_in' AND address = '192.0.2.1'").await, 1);
    assert_eq!(found_in_texts(&bed, "wrong horse").await, 0);
    assert_eq!(found_in_texts(&bed, "stranger@x.org").await, 0);
}

async fn wrong_passwords_delay_their_own_network(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    for guess in ["one guess", "another", "a third"] {
        let email = if guess == "another" { "ANN@x.org" } else { "ann@x.org" };
        assert!(matches!(house.sign_in(&bed, email, guess).await, Err(OperationError::Other(SignInError::Wrong))));
    }
    let hashed = house.hashed();
    let refused = house.sign_in(&bed, "Ann@x.org", PASSWORD).await;
    let Err(OperationError::Other(SignInError::TooMany { retry_after })) = refused else { panic!("{refused:?}") };
    assert_eq!((retry_after, house.hashed()), (Duration::from_secs(10), hashed), "it is not compared");
    let elsewhere = house.from(&bed, "198.51.100.1".parse().unwrap());
    assert!(sign_in(&elsewhere, "ann@x.org", plain(PASSWORD)).await.is_ok(), "other networks are not locked out");
    house.clock.advance(Duration::from_secs(10));
    assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_ok());

    // Unknown names count like others, until the whole network waits.
    let mut refused = 0;
    for number in 0..10 {
        match house.sign_in(&bed, &format!("stranger{number}@x.org"), "a guess").await {
            Err(OperationError::Other(SignInError::Wrong)) => {}
            Err(OperationError::Other(SignInError::TooMany { .. })) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 7, "three before, and three of these");
}

async fn the_right_password_clears_the_count_of_wrong_ones(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Owner).await;
    for _ in 0..2 {
        for _ in 0..2 {
            assert!(matches!(
                house.sign_in(&bed, "ann@x.org", "a guess").await,
                Err(OperationError::Other(SignInError::Wrong))
            ));
        }
        assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_ok());
    }
}

async fn a_user_changes_their_password_and_other_sessions_end(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Member).await;
    house.person(&bed, "bob@x.org", Role::Member).await;
    let bobs = house.sign_in(&bed, "bob@x.org", PASSWORD).await.unwrap();
    let own = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let other = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let (at, call) = (house.at(&bed), house.fixture.by(&own.caller, &bed, noon()));
    let session = own.ticket.reveal();
    let wrong = change_password(&call, &at, session, plain("wrong horse"), plain("another password")).await;
    assert!(is_invalid(wrong.as_ref().unwrap_err(), "current"), "{wrong:?}");
    let unfit = change_password(&call, &at, session, plain(PASSWORD), plain("short")).await;
    assert!(matches!(unfit, Err(OperationError::Invalid(_))), "{unfit:?}");
    let done = change_password(&call, &at, session, plain(PASSWORD), plain("another password")).await.unwrap();
    assert_eq!((&done.id, done.revision), (&ann.id, ann.revision + 1));
    let is_known = async |signed_in: &claviger::control::operations::SignedIn| {
        caller_of_session(&at, signed_in.ticket.reveal()).await.unwrap().is_some()
    };
    assert!(is_known(&own).await && !is_known(&other).await && is_known(&bobs).await);
    assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_err());
    assert!(house.sign_in(&bed, "ann@x.org", "another password").await.is_ok());
    assert!(verbs(&bed, ann.id.as_str()).await.contains(&"change_password".to_owned()));
    for secret in [PASSWORD, "another password", session] {
        assert_eq!(found_in_texts(&bed, secret).await, 0);
    }
}

async fn wrong_current_passwords_are_throttled_too(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    house.person(&bed, "ann@x.org", Role::Member).await;
    let own = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let (at, call) = (house.at(&bed), house.fixture.by(&own.caller, &bed, noon()));
    let guess =
        async || change_password(&call, &at, own.ticket.reveal(), plain("guess"), plain("another password")).await;
    for _ in 0..3 {
        assert!(guess().await.is_err_and(|error| is_invalid(&error, "current")));
    }
    assert!(matches!(guess().await, Err(OperationError::Other(SignInError::TooMany { .. }))));
}

async fn scripts_and_the_shell_have_no_password(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let unknown = user(Role::Owner);
    for caller in [&shell(), &unknown] {
        let call = house.fixture.as_known(caller, &bed, noon());
        let refused = change_password(&call, &house.at(&bed), "", plain(PASSWORD), plain("another password")).await;
        assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{refused:?}");
    }
}
