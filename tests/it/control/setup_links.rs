//! Links with which people choose a password.

use std::time::Duration;

use claviger::control::operations::{
    Caller, FirstUser, NewSetupLink, OperationError, OperationRefusal, SetupLinkError, SetupLinkFor, caller_of_session,
    create_first_setup_link, create_setup_link, disable_user, enable_user, show_setup_link, use_setup_link,
};
use claviger::credential::PasswordHash;
use claviger::store::{ActorKind, Role, UserRecord};
use jiff::ToSpan as _;

use super::people::{House, PASSWORD, found_in_texts, plain, user, verbs};
use super::shell;
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_link_sets_a_password_once_and_does_not_sign_in,
    of_parallel_uses_of_a_link_one_succeeds,
    a_link_expires_after_three_days,
    a_refused_password_leaves_the_link_usable,
    a_new_link_ends_no_session_before_it_is_used,
    a_link_of_a_disabled_user_does_nothing,
    the_first_link_creates_the_first_of_the_staff,
    a_user_disabled_while_choosing_a_password_has_none,
    a_second_first_link_waits_for_the_first_user,
    of_two_first_links_in_parallel_one_creates_a_user,
    only_the_shell_creates_the_first_link,
    junk_is_no_link,
    expired_links_are_deleted,
);

fn first(email: &str) -> Option<FirstUser> {
    Some(FirstUser { email: email.into(), name: Some("Root".into()) })
}

async fn first_link(house: &House, bed: &TestDatabase) -> NewSetupLink {
    create_first_setup_link(&house.fixture.call(bed, noon())).await.unwrap()
}

async fn a_link_sets_a_password_once_and_does_not_sign_in(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let link = ann.link.ticket.reveal();
    let look = async || show_setup_link(&bed.store, house.clock.now(), link).await.unwrap();
    let email = "ann@x.org".to_owned();
    assert_eq!(look().await, Some(SetupLinkFor::User { email }));
    house.clock.advance(Duration::from_secs(60));
    let set = use_setup_link(&house.at(&bed), link, plain(PASSWORD), None).await.unwrap();
    assert_eq!(bed.store.user(set.id.as_str()).await.unwrap().unwrap(), set);
    assert_eq!((set.revision, set.role, set.password_hash.as_ref().unwrap().scheme()), (2, Role::Owner, "argon2id"));
    assert_eq!(bed.ask("SELECT COUNT(*) FROM sessions").await, 0);
    assert_eq!(look().await, None);
    let again = use_setup_link(&house.at(&bed), link, plain("another password"), None).await;
    assert!(matches!(again, Err(OperationError::Other(SetupLinkError::NotValid))), "{again:?}");
    house.clock.advance(Duration::from_secs(60));
    assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_ok());

    assert_eq!(verbs(&bed, set.id.as_str()).await, ["sign_in", "use_setup_link", "create_user"]);
    let audit = bed.store.audit_of("user", set.id.as_str(), 10).await.unwrap();
    assert_eq!((audit[1].actor_kind.as_str(), audit[1].actor.as_str()), ("link", set.id.as_str()));
    assert_eq!(found_in_texts(&bed, link).await, 0);
    assert_eq!(found_in_texts(&bed, PASSWORD).await, 0);
    let hash = set.password_hash.unwrap();
    assert_eq!(found_in_texts(&bed, hash.as_str()).await, 1, "in the users alone");
    let digest = ann.link.ticket.digest().to_string();
    assert_eq!(found_in_texts(&bed, digest.trim_start_matches("sha256:")).await, 0);
}

async fn of_parallel_uses_of_a_link_one_succeeds(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let at = house.at(&bed);
    let uses = (0..8).map(|number| {
        let link = ann.link.ticket.reveal();
        async move {
            let password = format!("password of {number}");
            (number, use_setup_link(&at, link, plain(&password), None).await)
        }
    });
    let outcomes = futures_util::future::join_all(uses).await;
    let won: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
    let [(winner, _)] = won[..] else { panic!("{outcomes:?}") };
    for (number, outcome) in &outcomes {
        let is_lost = matches!(outcome, Err(OperationError::Other(SetupLinkError::NotValid)));
        assert!(number == winner || is_lost, "{outcome:?}");
        let signed_in = house.sign_in(&bed, "ann@x.org", &format!("password of {number}")).await;
        assert_eq!(signed_in.is_ok(), number == winner, "{number}");
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'use_setup_link'").await, 1);
}

async fn a_link_expires_after_three_days(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let bob = house.invited(&bed, "bob@x.org", Role::Owner).await;
    house.clock.set(noon() + 72.hours() - 1.milliseconds());
    assert!(use_setup_link(&house.at(&bed), ann.link.ticket.reveal(), plain(PASSWORD), None).await.is_ok());
    house.clock.set(noon() + 72.hours());
    let over = use_setup_link(&house.at(&bed), bob.link.ticket.reveal(), plain(PASSWORD), None).await;
    assert!(matches!(over, Err(OperationError::Other(SetupLinkError::NotValid))), "{over:?}");
    assert_eq!(show_setup_link(&bed.store, house.clock.now(), bob.link.ticket.reveal()).await.unwrap(), None);
}

async fn a_refused_password_leaves_the_link_usable(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let link = ann.link.ticket.reveal();
    for unfit in ["", "hunter2", "with\u{7}bell", &"x".repeat(2000)] {
        let refused = use_setup_link(&house.at(&bed), link, plain(unfit), None).await;
        let Err(OperationError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(faults.0[0].field, "password");
        assert!(unfit.is_empty() || !faults.to_string().contains(unfit));
    }
    let refused = use_setup_link(&house.at(&bed), link, plain(PASSWORD), first("other@x.org")).await;
    assert!(matches!(refused, Err(OperationError::Invalid(_))), "it is known whose it is: {refused:?}");
    assert_eq!(house.hashed(), 0, "nothing was worth a slow hash");
    assert!(use_setup_link(&house.at(&bed), link, plain(PASSWORD), None).await.is_ok());
}

async fn a_new_link_ends_no_session_before_it_is_used(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.person(&bed, "ann@x.org", Role::Owner).await;
    let signed_in = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    let owner = user(Role::Owner);
    let call = house.fixture.by(&owner, &bed, noon() + 1.minutes());
    let one = create_setup_link(&call, &ann.id).await.unwrap().fresh().unwrap();
    let other = create_setup_link(&call, &ann.id).await.unwrap().fresh().unwrap();
    let is_signed_in = async || caller_of_session(&house.at(&bed), signed_in.ticket.reveal()).await.unwrap().is_some();
    assert!(is_signed_in().await && house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_ok());
    use_setup_link(&house.at(&bed), other.ticket.reveal(), plain("another password"), None).await.unwrap();
    assert!(!is_signed_in().await);
    assert!(house.sign_in(&bed, "ann@x.org", PASSWORD).await.is_err());
    assert!(house.sign_in(&bed, "ann@x.org", "another password").await.is_ok());
    let older = use_setup_link(&house.at(&bed), one.ticket.reveal(), plain(PASSWORD), None).await;
    assert!(matches!(older, Err(OperationError::Other(SetupLinkError::NotValid))), "{older:?}");
    assert_eq!(found_in_texts(&bed, one.ticket.reveal()).await, 0);
}

async fn a_link_of_a_disabled_user_does_nothing(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await.record;
    let call = house.fixture.call(&bed, noon());
    disable_user(&call, &ann.id).await.unwrap();
    let link = create_setup_link(&call, &ann.id).await.unwrap().fresh().unwrap();
    let refused = use_setup_link(&house.at(&bed), link.ticket.reveal(), plain(PASSWORD), None).await;
    assert!(matches!(refused, Err(OperationError::Other(SetupLinkError::NotValid))), "{refused:?}");
    assert_eq!(show_setup_link(&bed.store, noon(), link.ticket.reveal()).await.unwrap(), None);
    enable_user(&call, &ann.id).await.unwrap();
    assert!(use_setup_link(&house.at(&bed), link.ticket.reveal(), plain(PASSWORD), None).await.is_ok());
}

async fn the_first_link_creates_the_first_of_the_staff(bed: TestDatabase) {
    let house = House::new();
    let (link, spare) = (first_link(&house, &bed).await, first_link(&house, &bed).await);
    let look = async |link: &NewSetupLink| show_setup_link(&bed.store, noon(), link.ticket.reveal()).await.unwrap();
    assert_eq!(look(&link).await, Some(SetupLinkFor::First));
    let at = house.at(&bed);
    for (who, field) in [(None, "email"), (first("root"), "email")] {
        let refused = use_setup_link(&at, link.ticket.reveal(), plain(PASSWORD), who).await;
        let Err(OperationError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(faults.0[0].field, field);
    }
    let root = use_setup_link(&at, link.ticket.reveal(), plain(PASSWORD), first("root@x.org")).await.unwrap();
    assert_eq!(bed.store.user(root.id.as_str()).await.unwrap().unwrap(), root);
    assert_eq!((root.role, &root.account, root.name.as_deref()), (Role::Staff, &None, Some("Root")));
    assert_eq!(house.sign_in(&bed, "root@x.org", PASSWORD).await.unwrap().caller.role, Role::Staff);
    assert_eq!((look(&link).await, look(&spare).await), (None, None));
    for link in [&link, &spare] {
        let again = use_setup_link(&at, link.ticket.reveal(), plain(PASSWORD), first("other@x.org")).await;
        assert!(matches!(again, Err(OperationError::Other(SetupLinkError::NotValid))), "{again:?}");
    }
    let another = create_first_setup_link(&house.fixture.call(&bed, noon())).await;
    assert!(matches!(another, Err(OperationError::Other(SetupLinkError::AlreadySetUp))), "{another:?}");
    assert_eq!(found_in_texts(&bed, link.ticket.reveal()).await, 0);
    assert_eq!(found_in_texts(&bed, PASSWORD).await, 0);
}

async fn a_user_disabled_while_choosing_a_password_has_none(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let ann = house.invited(&bed, "ann@x.org", Role::Owner).await;
    let (call, at) = (house.fixture.call(&bed, noon()), house.at(&bed));
    let switch_off = async || drop(disable_user(&call, &ann.record.id).await.unwrap());
    let using = use_setup_link(&at, ann.link.ticket.reveal(), plain(PASSWORD), None);
    let (_, refused) = tokio::join!(house.meanwhile(switch_off), using);
    assert!(matches!(refused, Err(OperationError::Other(SetupLinkError::NotValid))), "{refused:?}");
    assert_eq!(bed.store.user(ann.record.id.as_str()).await.unwrap().unwrap().password_hash, None);
}

async fn a_second_first_link_waits_for_the_first_user(bed: TestDatabase) {
    let house = House::new();
    let link = first_link(&house, &bed).await;
    let mut one = bed.store.begin(noon()).await.unwrap();
    one.lock_first_links().await.unwrap();
    let store = bed.store.clone();
    let second = tokio::spawn(async move {
        let mut other = store.begin(noon()).await.unwrap();
        other.lock_first_links().await.unwrap();
        other.has_staff().await.unwrap()
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!second.is_finished());
    let root = UserRecord {
        id: label("usr_root"),
        account: None,
        email: "root@x.org".into(),
        name: None,
        role: Role::Staff,
        password_hash: Some(PasswordHash::dummy()),
        enabled: true,
        created_at: noon(),
        revision: 1,
    };
    one.add_user(&root).await.unwrap();
    assert!(one.take_setup_link(&link.ticket.digest()).await.unwrap());
    one.commit().await.unwrap();
    assert!(second.await.unwrap());
}

async fn of_two_first_links_in_parallel_one_creates_a_user(bed: TestDatabase) {
    let house = House::new();
    let links = [first_link(&house, &bed).await, first_link(&house, &bed).await, first_link(&house, &bed).await];
    let at = house.at(&bed);
    let uses = (0..6).map(|number| {
        let link = links[number % 3].ticket.reveal();
        async move { use_setup_link(&at, link, plain(PASSWORD), first(&format!("r{number}@x.org"))).await }
    });
    let outcomes = futures_util::future::join_all(uses).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let lost = |outcome: &&Result<_, _>| matches!(outcome, Err(OperationError::Other(SetupLinkError::NotValid)));
    assert_eq!(outcomes.iter().filter(lost).count(), 5, "{outcomes:?}");
    assert_eq!(bed.ask("SELECT COUNT(*) FROM users").await, 1);
}

async fn only_the_shell_creates_the_first_link(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    let mut others: Vec<Caller> = Role::ALL.into_iter().map(user).collect();
    others.push(Caller { account: Some(label("acme")), ..shell() });
    for kind in [ActorKind::Token, ActorKind::Link] {
        let mut other = user(Role::Staff);
        other.actor.kind = kind;
        others.push(other);
    }
    for caller in &others {
        let refused = create_first_setup_link(&house.fixture.by(caller, &bed, noon())).await;
        assert!(
            matches!(refused, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))),
            "{caller:?}: {refused:?}"
        );
    }
    // A user without a password does not count.
    house.invited(&bed, "invited@x.org", Role::Staff).await;
    let mut system = shell();
    system.actor.kind = ActorKind::System;
    assert!(create_first_setup_link(&house.fixture.by(&system, &bed, noon())).await.is_ok());
}

async fn junk_is_no_link(bed: TestDatabase) {
    let house = House::new();
    let link = first_link(&house, &bed).await;
    let real = link.ticket.reveal();
    let other = claviger::credential::PlainLinkToken::mint().unwrap();
    let long = "A".repeat(100_000);
    let junk = ["", "\0", "'", &real[1..], &format!("{real}A"), &format!(" {real}"), &long, other.reveal()];
    for junk in junk {
        let refused = use_setup_link(&house.at(&bed), junk, plain(PASSWORD), first("root@x.org")).await;
        assert!(matches!(refused, Err(OperationError::Other(SetupLinkError::NotValid))), "{junk:.80}: {refused:?}");
        assert_eq!(show_setup_link(&bed.store, noon(), junk).await.unwrap(), None);
    }
    assert_eq!(house.hashed(), 0);
}

async fn expired_links_are_deleted(bed: TestDatabase) {
    let house = House::new();
    let link = first_link(&house, &bed).await;
    assert_eq!(bed.store.prune_setup_links(noon() + 72.hours()).await.unwrap(), 0);
    assert!(show_setup_link(&bed.store, noon(), link.ticket.reveal()).await.unwrap().is_some());
    assert_eq!(bed.store.prune_setup_links(noon() + 73.hours()).await.unwrap(), 1);
}
