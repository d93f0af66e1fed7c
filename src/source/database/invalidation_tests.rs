use std::sync::Arc as StdArc;

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

/// The database of the model: the state of the credential, and the number of the last change.
type Row = shuttle::sync::Mutex<(bool, i64)>;

/// One look-up as the directory does it: read, stamp, remember. Between any two steps others may run.
fn fill(row: &Row, registry: &shuttle::sync::Mutex<Registry>, cache: &shuttle::sync::Mutex<Option<(Stamps, bool)>>) {
    let (enabled, read_at) = *row.lock().unwrap();
    let stamps = registry.lock().unwrap().stamp(BILLING, read_at);
    if let Some(stamps) = stamps {
        *cache.lock().unwrap() = Some((stamps, enabled));
    }
}

/// Whatever the order of two fills, a revocation and the feed that tells of it: once the feed has told, no cache
/// answers with the credential as it was.
#[test]
fn no_order_of_fills_and_changes_brings_a_revoked_credential_back() {
    use shuttle::sync::Mutex;
    let model = || {
        let row = StdArc::new(Mutex::new((true, 0)));
        let registry = StdArc::new(Mutex::new(Registry::new(0)));
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
                    // From here on the revocation is in force, while fills may still be under way.
                    for _ in 0..3 {
                        let answers =
                            cache.lock().unwrap().as_ref().is_some_and(|(stamps, on)| stamps.are_valid() && *on);
                        assert!(!answers, "a revoked credential is answered from memory");
                    }
                }
                last == 1
            })
        };
        fills.into_iter().for_each(|fill| fill.join().unwrap());
        revoker.join().unwrap();
        if feed.join().unwrap() {
            let answers = cache.lock().unwrap().as_ref().is_some_and(|(stamps, on)| stamps.are_valid() && *on);
            assert!(!answers, "a revoked credential came back");
        }
    };
    shuttle::check_random(model, 5000);
    shuttle::check_pct(model, 5000, 3);
}
