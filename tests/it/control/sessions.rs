//! When sessions end.

use std::time::Duration;

use claviger::control::operations::{EditUser, SignedIn, caller_of_session, edit_user, sign_out};
use claviger::credential::PlainLinkToken;
use claviger::store::Role;
use jiff::{SignedDuration, ToSpan as _};

use super::people::{House, PASSWORD, verbs};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    an_idle_session_ends_after_eight_hours,
    a_session_ends_after_a_day_of_use,
    a_clock_that_jumps_back_ends_no_session_and_lengthens_none,
    an_ended_session_does_not_come_back_with_the_clock,
    the_use_of_a_session_is_written_once_a_minute,
    a_session_ends_with_sign_out,
    a_session_has_the_current_role,
    junk_is_not_a_session,
    ended_sessions_are_deleted,
);

async fn ann(house: &House, bed: &TestDatabase) -> SignedIn {
    bed.account("acme").await;
    house.person(bed, "ann@x.org", Role::Owner).await;
    house.sign_in(bed, "ann@x.org", PASSWORD).await.unwrap()
}

async fn is_known(house: &House, bed: &TestDatabase, session: &SignedIn) -> bool {
    caller_of_session(&house.at(bed), session.ticket.reveal()).await.unwrap().is_some()
}

async fn seen_at(bed: &TestDatabase) -> i64 {
    bed.ask("SELECT MAX(seen_at) FROM sessions").await
}

async fn an_idle_session_ends_after_eight_hours(bed: TestDatabase) {
    let house = House::new();
    let (used, unused) = (ann(&house, &bed).await, house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap());
    house.clock.set(noon() + 7.hours());
    assert!(is_known(&house, &bed, &used).await);
    house.clock.set(noon() + 8.hours());
    assert!(is_known(&house, &bed, &used).await);
    assert!(!is_known(&house, &bed, &unused).await);
}

async fn a_session_ends_after_a_day_of_use(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    assert_eq!(session.ends_at, noon() + 24.hours());
    for hours in 1..24 {
        house.clock.set(noon() + hours.hours());
        assert!(is_known(&house, &bed, &session).await, "after {hours} h");
    }
    house.clock.set(noon() + 24.hours());
    assert!(!is_known(&house, &bed, &session).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM sessions").await, 0);
}

async fn a_clock_that_jumps_back_ends_no_session_and_lengthens_none(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    let back = noon() - 1.hours();
    house.clock.set(back);
    assert!(is_known(&house, &bed, &session).await);
    for hours in 1..24 {
        house.clock.set(back + hours.hours());
        assert!(is_known(&house, &bed, &session).await, "after {hours} h");
    }
    house.clock.set(back + 24.hours());
    assert!(!is_known(&house, &bed, &session).await, "a day is a day");

    house.clock.set(noon());
    let idle = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    house.clock.set(back);
    assert!(is_known(&house, &bed, &idle).await);
    house.clock.set(back + 8.hours());
    assert!(!is_known(&house, &bed, &idle).await, "eight hours are eight hours");
}

async fn an_ended_session_does_not_come_back_with_the_clock(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    house.clock.set(noon() + 8.hours());
    assert!(!is_known(&house, &bed, &session).await);
    house.clock.set(noon() + 7.hours());
    assert!(!is_known(&house, &bed, &session).await);
}

async fn the_use_of_a_session_is_written_once_a_minute(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    let start = seen_at(&bed).await;
    for (seconds, written) in [(30, 0), (59, 0), (60, 60_000), (61, 60_000), (119, 60_000), (120, 120_000)] {
        house.clock.set(noon() + SignedDuration::from_secs(seconds));
        assert!(is_known(&house, &bed, &session).await);
        assert_eq!(seen_at(&bed).await - start, written, "after {seconds} s");
    }
}

async fn a_session_ends_with_sign_out(bed: TestDatabase) {
    let house = House::new();
    let (one, other) = (ann(&house, &bed).await, house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap());
    assert!(sign_out(&house.at(&bed), one.ticket.reveal()).await.unwrap());
    assert!(!is_known(&house, &bed, &one).await);
    assert!(is_known(&house, &bed, &other).await, "elsewhere they are still there");
    assert!(!sign_out(&house.at(&bed), one.ticket.reveal()).await.unwrap());
    let verbs = verbs(&bed, one.user.id.as_str()).await;
    assert_eq!(verbs.iter().filter(|verb| *verb == "sign_out").count(), 1);
}

async fn a_session_has_the_current_role(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    let edit = EditUser { role: Some(Role::Member), ..EditUser::default() };
    edit_user(&house.fixture.call(&bed, noon()), &session.user.id, edit).await.unwrap();
    let caller = caller_of_session(&house.at(&bed), session.ticket.reveal()).await.unwrap().unwrap();
    assert_eq!(caller.role, Role::Member);
    // As if a signing-in had been under way when they were switched off.
    bed.execute("UPDATE users SET enabled = FALSE").await;
    assert!(!is_known(&house, &bed, &session).await);
}

async fn junk_is_not_a_session(bed: TestDatabase) {
    let house = House::new();
    let session = ann(&house, &bed).await;
    let real = session.ticket.reveal();
    let other = PlainLinkToken::mint().unwrap();
    let long = "A".repeat(100_000);
    let junk = ["", "\0", "'", "ä", &real[1..], &format!("{real}="), &format!("{real} "), &long, other.reveal()];
    for junk in junk {
        assert!(caller_of_session(&house.at(&bed), junk).await.unwrap().is_none(), "{junk:.80}");
        assert!(!sign_out(&house.at(&bed), junk).await.unwrap(), "{junk:.80}");
    }
    assert!(is_known(&house, &bed, &session).await);
}

async fn ended_sessions_are_deleted(bed: TestDatabase) {
    let house = House::new();
    let idle = Duration::from_secs(8 * 3600);
    let session = ann(&house, &bed).await;
    house.clock.set(noon() + 4.hours());
    let other = house.sign_in(&bed, "ann@x.org", PASSWORD).await.unwrap();
    assert_eq!(bed.store.prune_sessions(noon() + 7.hours(), idle).await.unwrap(), 0);
    assert_eq!(bed.store.prune_sessions(noon() + 8.hours(), idle).await.unwrap(), 1);
    assert!(!is_known(&house, &bed, &session).await && is_known(&house, &bed, &other).await);
    assert_eq!(bed.store.prune_sessions(noon() + 28.hours(), idle * 100).await.unwrap(), 1);
}
