use std::net::IpAddr;

use super::*;

const RULES: ThrottleRules = ThrottleRules {
    free_per_pair: 3,
    free_per_address: 6,
    first_delay: Duration::from_secs(1),
    longest_delay: Duration::from_secs(60),
    window: Duration::from_secs(3600),
};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(1_000_000 + seconds)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap())
}

fn here() -> Network {
    network("192.0.2.1")
}

/// One attempt: verified, or refused with the time to wait.
fn guess(throttle: &Throttle, from: Network, name: &str, is_right: bool, now: Duration) -> Result<(), Duration> {
    let guess = throttle.begin(&RULES, from, name, true, None, now)?;
    if is_right {
        throttle.right(&guess);
    } else {
        throttle.wrong(guess, now);
    }
    Ok(())
}

fn wrong(throttle: &Throttle, name: &str, now: Duration) -> Result<(), Duration> {
    guess(throttle, here(), name, false, now)
}

#[test]
fn each_wrong_attempt_doubles_the_delay_up_to_its_bound() {
    let throttle = Throttle::default();
    let mut now = at(0);
    let mut waits = Vec::new();
    for _ in 0..11 {
        assert_eq!(wrong(&throttle, "acme", now), Ok(()));
        let wait = wrong(&throttle, "acme", now).err().unwrap_or_default();
        // Refused attempts do not count: they do not prolong the delay.
        waits.push(wait);
        if !wait.is_zero() {
            assert_eq!(wrong(&throttle, "acme", now + wait - secs(1)), Err(secs(1)));
        }
        now += wait;
        if wait.is_zero() {
            throttle.clear(None);
            (0..waits.len()).for_each(|_| wrong(&throttle, "acme", now).unwrap());
        }
    }
    assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60].map(secs));
}

#[test]
fn other_users_and_other_networks_are_not_throttled() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(guess(&throttle, network("192.0.2.2"), "acme", true, at(0)), Ok(()));
    assert_eq!(throttle.check_pair(network("192.0.2.2"), "acme", at(0)), Ok(()));
    assert_eq!(guess(&throttle, here(), "other", true, at(0)), Ok(()));
}

#[test]
fn a_right_password_is_refused_during_the_delay_and_clears_the_pair_after_it() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(guess(&throttle, here(), "acme", true, at(0)), Err(secs(1)));
    // A cached verdict must not pass either: it would answer the guess.
    assert_eq!(throttle.check_pair(here(), "acme", at(0)), Err(secs(1)));
    assert_eq!(guess(&throttle, here(), "acme", true, at(1)), Ok(()));
    for _ in 0..3 {
        assert_eq!(wrong(&throttle, "acme", at(1)), Ok(()));
    }
    assert_eq!(wrong(&throttle, "acme", at(1)), Err(secs(1)));
}

#[test]
fn an_address_that_tries_many_users_is_throttled_despite_right_passwords() {
    let throttle = Throttle::default();
    for number in 0..6 {
        assert_eq!(wrong(&throttle, &format!("user-{number}"), at(0)), Ok(()));
        if number < 5 {
            assert_eq!(guess(&throttle, here(), "own", true, at(0)), Ok(()));
        }
    }
    assert_eq!(wrong(&throttle, "user-6", at(0)), Err(secs(1)));
    assert_eq!(guess(&throttle, here(), "own", true, at(1)), Ok(()));
    // A right password neither adds nor uses free attempts of the network.
    assert_eq!(wrong(&throttle, "user-7", at(1)), Ok(()));
    assert_eq!(wrong(&throttle, "user-8", at(1)), Err(secs(2)));
}

#[test]
fn attempts_from_a_blocked_address_count_for_their_user_name() {
    let throttle = Throttle::default();
    (0..6).for_each(|number| wrong(&throttle, &number.to_string(), at(0)).unwrap());
    for _ in 0..3 {
        assert_eq!(throttle.check_pair(here(), "acme", at(0)), Ok(()));
        assert_eq!(wrong(&throttle, "acme", at(0)), Err(secs(1)));
    }
    assert_eq!(throttle.check_pair(here(), "acme", at(0)), Err(secs(1)));
}

#[test]
fn one_of_many_concurrent_attempts_after_the_delay_is_verified() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    let first = throttle.begin(&RULES, here(), "acme", true, None, at(1)).unwrap();
    assert_eq!(throttle.begin(&RULES, here(), "acme", true, None, at(1)).err(), Some(secs(2)));
    // A full hash queue is not the fault of the caller.
    throttle.undecided(&first);
    let again = throttle.begin(&RULES, here(), "acme", true, None, at(1)).unwrap();
    throttle.wrong(again, at(1));
    assert_eq!(wrong(&throttle, "acme", at(1)), Err(secs(2)));
}

#[test]
fn wrong_tokens_do_not_block_passwords_nor_wrong_passwords_tokens() {
    let throttle = Throttle::default();
    for _ in 0..6 {
        assert_eq!(throttle.wrong_token(&RULES, here(), at(0)), Ok(()));
    }
    assert_eq!(throttle.wrong_token(&RULES, here(), at(0)), Err(secs(1)));
    assert_eq!(throttle.wrong_token(&RULES, network("192.0.2.2"), at(0)), Ok(()));
    assert_eq!(wrong(&throttle, "acme", at(0)), Ok(()));
    assert_eq!(throttle.wrong_token(&RULES, here(), at(1)), Ok(()));
    assert_eq!(throttle.wrong_token(&RULES, here(), at(1)), Err(secs(2)));
}

#[test]
fn unknown_user_names_are_throttled_alike_and_never_listed() {
    let throttle = Throttle::default();
    let waits = |name: &str, is_known: bool| {
        let mut now = at(0);
        let one = |_| match throttle.begin(&RULES, network("192.0.2.9"), name, is_known, None, now) {
            Ok(guess) => {
                throttle.wrong(guess, now);
                Duration::ZERO
            }
            Err(wait) => {
                now += wait;
                wait
            }
        };
        let waits: Vec<Duration> = (0..10).map(one).collect();
        let names: Vec<_> = throttle.list(at(0)).into_iter().filter_map(|entry| entry.name).collect();
        throttle.clear(None);
        (waits, names)
    };
    let (known, names) = waits("acme", true);
    assert_eq!(names, ["acme".into()]);
    assert_eq!(waits("planted-secret", false), (known, vec![]));
}

#[test]
fn a_bucket_expires_after_a_window_without_attempts() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(throttle.list(at(3599)).len(), 2);
    assert_eq!(throttle.list(at(3600)).len(), 0);
    for _ in 0..3 {
        assert_eq!(wrong(&throttle, "acme", at(3600)), Ok(()));
    }
    assert_eq!(wrong(&throttle, "acme", at(3600)), Err(secs(1)));
}

#[test]
fn clearing_removes_the_buckets_of_one_address_or_all() {
    let throttle = Throttle::default();
    let elsewhere = network("2001:db8::1");
    wrong(&throttle, "acme", at(0)).unwrap();
    throttle.wrong_token(&RULES, here(), at(0)).unwrap();
    guess(&throttle, elsewhere, "acme", false, at(0)).unwrap();
    assert_eq!(throttle.clear("2001:db8::7".parse().ok()), 2);
    let kinds: Vec<_> = throttle.list(at(0)).iter().map(|entry| entry.kind).collect();
    assert_eq!((kinds.len(), kinds.contains(&"tokens")), (3, true));
    assert_eq!((throttle.len(), throttle.is_empty()), (3, false));
    assert_eq!((throttle.clear(None), throttle.list(at(0)).len()), (3, 0));
    assert!(throttle.is_empty());
}

/// Millions of client addresses use bounded memory, and active ones stay throttled.
#[test]
fn the_number_of_buckets_is_bounded_and_the_latest_stay() {
    let throttle = Throttle::default();
    for number in 0..150_000_u32 {
        let from = Network::of(std::net::Ipv4Addr::from_bits(number).into());
        throttle.wrong_token(&RULES, from, at(0)).unwrap();
        if number % 10_000 == 0 {
            let _throttled = throttle.wrong_token(&RULES, here(), at(0));
        }
    }
    assert!(throttle.len() <= MAX_BUCKETS, "{}", throttle.len());
    assert!(throttle.wrong_token(&RULES, here(), at(0)).is_err());
}

/// Callers choose names at no cost.
#[test]
fn a_flood_of_names_from_one_address_evicts_no_other_network() {
    let throttle = Throttle::default();
    let there = network("198.51.100.1");
    (0..6).for_each(|number| guess(&throttle, there, &format!("user-{number}"), false, at(0)).unwrap());
    assert!(guess(&throttle, there, "another", false, at(0)).is_err());
    for number in 0..2 * MAX_BUCKETS {
        let _throttled_soon = wrong(&throttle, &format!("name-{number}"), at(0));
    }
    throttle.len();
    assert!(guess(&throttle, there, "another", false, at(0)).is_err());
}

#[test]
fn a_replaced_secret_restarts_the_count_of_its_pair_only() {
    let throttle = Throttle::default();
    let hash = |text: &str| -> PasswordHash { text.parse().unwrap() };
    let [old, new] = ["{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/"].map(hash);
    let begin = |stored| throttle.begin(&RULES, here(), "acme", true, stored, at(1));
    for _ in 0..3 {
        throttle.wrong(begin(Some(&old)).unwrap(), at(1));
    }
    assert_eq!(begin(Some(&old)).err(), Some(secs(1)));
    assert_eq!(begin(None).err(), Some(secs(1)), "an outage hides the hash");
    throttle.wrong(begin(Some(&new)).unwrap(), at(1));
    let wrong: Vec<_> = throttle.list(at(1)).iter().map(|entry| (entry.kind, entry.wrong_guesses)).collect();
    assert_eq!(wrong, [("passwords", 4), ("pair", 1)]);
}

#[test]
fn refusals_of_a_user_name_are_those_of_its_pairs_and_of_the_networks_it_was_used_from() {
    let throttle = Throttle::default();
    let now = at(1);
    let hash = PasswordHash::dummy();
    let other: PasswordHash = "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=".parse().unwrap();
    let refusals = |stored: &PasswordHash, used_from: &[&str]| {
        let used_from: Vec<IpAddr> = used_from.iter().map(|address| address.parse().unwrap()).collect();
        let all = throttle.refusals("acme", Some(stored), &used_from, now);
        all.into_iter().map(|entry| (entry.kind, entry.address.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(refusals(&hash, &["192.0.2.1"]), []);
    for _ in 0..RULES.free_per_pair {
        let attempt = throttle.begin(&RULES, here(), "acme", true, Some(&hash), now).unwrap();
        throttle.wrong(attempt, now);
    }
    assert_eq!(refusals(&hash, &[]), [("pair", "192.0.2.1".to_owned())]);
    assert_eq!(refusals(&other, &[]), [], "the secret that was guessed at is gone");
    for name in ["a", "b", "c"] {
        wrong(&throttle, name, now).unwrap();
    }
    let both = [("pair", "192.0.2.1".to_owned()), ("passwords", "192.0.2.1".to_owned())];
    let mut found = refusals(&hash, &["192.0.2.1", "192.0.2.1", "2001:db8::1"]);
    found.sort();
    assert_eq!(found, both);
    assert_eq!(throttle.refusals("globex", None, &[], now), []);
    assert_eq!(throttle.refusals("acme", Some(&hash), &[], now + RULES.first_delay), [], "the delay is over");

    let clear = |username: &str| throttle.clear_usernames(|name| name == username);
    assert_eq!((clear("globex"), clear("acme")), (0, 1));
    assert_eq!(refusals(&hash, &[]), []);
}
