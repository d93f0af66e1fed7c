use super::*;

const BILLING: Depends = Depends { credential: "billing", account: "acme", owner: Some("ann") };

fn change(number: i64, kind: ChangeKind, target: &str) -> Changes {
    Changes::Some(vec![Change { number, kind, target: target.into() }])
}

#[test]
fn a_change_to_the_credential_its_account_or_its_owner_ends_it() {
    for (kind, target, ends) in [
        (ChangeKind::Credential, "billing", true),
        (ChangeKind::Secret, "billing", true),
        (ChangeKind::Account, "acme", true),
        (ChangeKind::User, "ann", true),
        (ChangeKind::Credential, "acme", false),
        (ChangeKind::Account, "other", false),
        (ChangeKind::User, "bob", false),
    ] {
        let mut registry = Registry::new(7);
        let stamps = registry.stamp(BILLING, 7).unwrap();
        assert!(stamps.are_valid());
        registry.apply(&change(8, kind, target));
        assert_eq!(!stamps.are_valid(), ends, "{kind:?} {target}");
        assert_eq!(registry.position(), 8);
    }
}

/// Load old, revoke, insert old.
#[test]
fn a_reading_that_was_overtaken_by_a_change_gets_no_stamp() {
    let mut registry = Registry::new(7);
    registry.apply(&change(8, ChangeKind::Account, "acme"));
    assert!(registry.stamp(BILLING, 7).is_none(), "read before the change, remembered after it");
    assert!(registry.stamp(Depends { account: "other", ..BILLING }, 7).is_some());
    let stamps = registry.stamp(BILLING, 8).unwrap();
    assert!(stamps.are_valid());
}

/// The reading may know of changes that the feed has yet to bring; they end it once more, which does no harm.
#[test]
fn a_reading_from_ahead_of_the_feed_is_stamped_and_ended_again() {
    let mut registry = Registry::new(7);
    let stamps = registry.stamp(BILLING, 9).unwrap();
    registry.apply(&change(8, ChangeKind::Credential, "billing"));
    assert!(!stamps.are_valid());
}

#[test]
fn after_a_gap_nothing_counts_that_was_read_before() {
    let mut registry = Registry::new(7);
    let stamps = registry.stamp(BILLING, 7).unwrap();
    registry.apply(&Changes::TooMany(900));
    assert!(!stamps.are_valid());
    assert!(registry.stamp(BILLING, 899).is_none());
    assert!(registry.stamp(BILLING, 900).is_some());
    assert_eq!((registry.position(), registry.last_secret()), (900, 900));
}

#[test]
fn a_reading_that_is_older_than_what_is_remembered_counts_as_overtaken() {
    let mut registry = Registry::new(0);
    for number in 1..=(REMEMBERED as i64 + 2) {
        registry.apply(&change(number, ChangeKind::Account, "other"));
    }
    assert!(registry.stamp(BILLING, 1).is_none());
    assert!(registry.stamp(BILLING, 2).is_some());
}

#[test]
fn stamps_of_what_is_forgotten_are_swept() {
    let mut registry = Registry::new(0);
    for number in 0..10 * SWEEP_AT_LEAST {
        let id = number.to_string();
        registry.stamp(Depends { credential: &id, account: "acme", owner: None }, 0).unwrap();
    }
    assert!(registry.stamps.len() <= SWEEP_AT_LEAST + 2, "{} stamps of nothing", registry.stamps.len());
}
