use std::sync::Arc as StdArc;

use super::*;

const BILLING: DependencyIds = DependencyIds { credential: "billing", account: "acme", owner: Some("ann") };

/// Of the first history.
fn point(number: i64) -> FeedPoint {
    FeedPoint { history: 1, number }
}

fn position(number: i64) -> FeedPosition {
    FeedPosition { point: point(number), change: None }
}

fn change(number: i64, kind: ChangeKind, target: &str) -> Changes {
    Changes::Some(vec![Change { number, kind, target: target.into(), at: 0 }])
}

#[test]
fn a_change_of_the_credential_its_account_or_its_owner_invalidates_it() {
    for (kind, target, ends) in [
        (ChangeKind::Credential, "billing", true),
        (ChangeKind::Secret, "billing", true),
        (ChangeKind::Account, "acme", true),
        (ChangeKind::User, "ann", true),
        (ChangeKind::Credential, "acme", false),
        (ChangeKind::Account, "other", false),
        (ChangeKind::User, "bob", false),
    ] {
        let mut registry = Registry::new(position(7));
        let validity = registry.register(BILLING, point(7)).unwrap();
        assert!(validity.is_valid());
        registry.apply(&change(8, kind, target));
        assert_eq!(!validity.is_valid(), ends, "{kind:?} {target}");
        assert_eq!(registry.position().point.number, 8);
    }
}

/// Read, revoke, insert.
#[test]
fn a_read_from_before_a_change_is_not_cached_after_it() {
    let mut registry = Registry::new(position(7));
    registry.apply(&change(8, ChangeKind::Account, "acme"));
    assert!(registry.register(BILLING, point(7)).is_none(), "read before the change, cached after it");
    assert!(registry.register(DependencyIds { account: "other", ..BILLING }, point(7)).is_some());
    let validity = registry.register(BILLING, point(8)).unwrap();
    assert!(validity.is_valid());
}

/// The feed may lag behind the read; the change invalidates the entry once more, which is harmless.
#[test]
fn a_read_ahead_of_the_feed_is_cached_and_invalidated_again() {
    let mut registry = Registry::new(position(7));
    let validity = registry.register(BILLING, point(9)).unwrap();
    registry.apply(&change(8, ChangeKind::Credential, "billing"));
    assert!(!validity.is_valid());
}

#[test]
fn a_gap_in_the_feed_invalidates_everything_that_was_read_before() {
    let mut registry = Registry::new(position(7));
    let validity = registry.register(BILLING, point(7)).unwrap();
    registry.apply(&Changes::TooMany(position(900)));
    assert!(!validity.is_valid());
    assert!(registry.register(BILLING, point(899)).is_none());
    assert!(registry.register(BILLING, point(900)).is_some());
    assert_eq!((registry.position().point.number, registry.last_secret()), (900, 900));
}

/// A standby that was promoted without the last changes uses their numbers again.
#[test]
fn a_read_of_another_history_is_not_cached() {
    let mut registry = Registry::new(position(7));
    let promoted = FeedPoint { history: 2, number: 6 };
    assert!(registry.register(BILLING, promoted).is_none(), "the feed has not seen the promotion");
    registry.apply(&Changes::TooMany(FeedPosition { point: promoted, change: None }));
    assert!(registry.register(BILLING, point(7)).is_none(), "read from the former primary");
    assert!(registry.register(BILLING, promoted).is_some());
}

#[test]
fn a_read_from_before_all_recent_changes_is_not_cached() {
    let mut registry = Registry::new(position(0));
    for number in 1..=(MAX_RECENT as i64 + 2) {
        registry.apply(&change(number, ChangeKind::Account, "other"));
    }
    assert!(registry.register(BILLING, point(1)).is_none());
    assert!(registry.register(BILLING, point(2)).is_some());
}

#[test]
fn unused_validities_are_removed() {
    let mut registry = Registry::new(position(0));
    for number in 0..10 * MIN_SWEEP {
        let id = number.to_string();
        registry.register(DependencyIds { credential: &id, account: "acme", owner: None }, point(0)).unwrap();
    }
    assert!(registry.validities.len() <= MIN_SWEEP + 2, "{} unused validities", registry.validities.len());
}

/// The database of the model: the state of the credential, and the number of the last change.
type Row = shuttle::sync::Mutex<(bool, i64)>;

/// A lookup as the directory does it: read, register, cache. Other threads may run between any two steps.
fn fill(
    row: &Row,
    registry: &shuttle::sync::Mutex<Registry>,
    cache: &shuttle::sync::Mutex<Option<(Dependencies, bool)>>,
) {
    let (enabled, read_at) = *row.lock().unwrap();
    let validity = registry.lock().unwrap().register(BILLING, point(read_at));
    if let Some(validity) = validity {
        *cache.lock().unwrap() = Some((validity, enabled));
    }
}

/// In every order of two lookups, a revocation and the feed: once the feed has applied the revocation, the cache does
/// not return the old credential.
#[test]
fn no_order_of_lookups_and_changes_returns_a_revoked_credential() {
    use shuttle::sync::Mutex;
    let model = || {
        let row = StdArc::new(Mutex::new((true, 0)));
        let registry = StdArc::new(Mutex::new(Registry::new(position(0))));
        let cache = StdArc::new(Mutex::new(None));
        let fills: Vec<_> = (0..2)
            .map(|_| {
                let (row, registry, cache) = (row.clone(), registry.clone(), cache.clone());
                shuttle::thread::spawn(move || fill(&row, &registry, &cache))
            })
            .collect();
        let revoker = {
            let row = row.clone();
            shuttle::thread::spawn(move || *row.lock().unwrap() = (false, 1))
        };
        let feed = {
            let (row, registry, cache) = (row.clone(), registry.clone(), cache.clone());
            shuttle::thread::spawn(move || {
                let (_, last) = *row.lock().unwrap();
                if last == 1 {
                    registry.lock().unwrap().apply(&change(1, ChangeKind::Credential, "billing"));
                    // From here on the revocation is in force, while lookups may still run.
                    for _ in 0..3 {
                        let answers =
                            cache.lock().unwrap().as_ref().is_some_and(|(validity, on)| validity.is_valid() && *on);
                        assert!(!answers, "the cache returns a revoked credential");
                    }
                }
                last == 1
            })
        };
        fills.into_iter().for_each(|fill| fill.join().unwrap());
        revoker.join().unwrap();
        if feed.join().unwrap() {
            let answers = cache.lock().unwrap().as_ref().is_some_and(|(validity, on)| validity.is_valid() && *on);
            assert!(!answers, "the cache returns a revoked credential");
        }
    };
    shuttle::check_random(model, 5000);
    shuttle::check_pct(model, 5000, 3);
}
