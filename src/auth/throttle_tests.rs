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

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap())
}

fn here() -> Network {
    network("192.0.2.1")
}

/// One guess at a user, and what became of it: looked at, or how long to wait.
fn guess(throttle: &Throttle, from: Network, name: &str, is_right: bool, now: Duration) -> Result<(), u32> {
    let guess = throttle.begin(&RULES, from, name, true, now)?;
    if is_right {
        throttle.right(&guess);
    } else {
        throttle.wrong(guess, now);
    }
    Ok(())
}

fn wrong(throttle: &Throttle, name: &str, now: Duration) -> Result<(), u32> {
    guess(throttle, here(), name, false, now)
}

#[test]
fn the_wait_doubles_with_each_wrong_guess_up_to_its_bound() {
    let throttle = Throttle::default();
    let mut now = at(0);
    let mut waits = Vec::new();
    for _ in 0..11 {
        assert_eq!(wrong(&throttle, "acme", now), Ok(()));
        let wait = wrong(&throttle, "acme", now).err().unwrap_or_default();
        // Refused ones are not guesses: asking on does not make it longer.
        waits.push(wait);
        if wait > 0 {
            assert_eq!(wrong(&throttle, "acme", now + Duration::from_secs(u64::from(wait) - 1)), Err(1));
        }
        now += Duration::from_secs(wait.into());
        if wait == 0 {
            throttle.clear(None);
            (0..waits.len()).for_each(|_| wrong(&throttle, "acme", now).unwrap());
        }
    }
    assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn nobody_else_is_throttled_and_the_right_user_never_from_elsewhere() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(guess(&throttle, network("192.0.2.2"), "acme", true, at(0)), Ok(()));
    assert_eq!(throttle.known_pair(network("192.0.2.2"), "acme", at(0)), Ok(()));
    assert_eq!(guess(&throttle, here(), "other", true, at(0)), Ok(()));
}

#[test]
fn a_right_secret_within_the_wait_is_refused_and_after_it_begins_anew() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(guess(&throttle, here(), "acme", true, at(0)), Err(1));
    // Nor may it pass because it is remembered: that would be a look at the guess.
    assert_eq!(throttle.known_pair(here(), "acme", at(0)), Err(1));
    assert_eq!(guess(&throttle, here(), "acme", true, at(1)), Ok(()));
    for _ in 0..3 {
        assert_eq!(wrong(&throttle, "acme", at(1)), Ok(()));
    }
    assert_eq!(wrong(&throttle, "acme", at(1)), Err(1));
}

#[test]
fn an_address_that_tries_many_users_is_throttled_whatever_it_gets_right_between() {
    let throttle = Throttle::default();
    for number in 0..6 {
        assert_eq!(wrong(&throttle, &format!("user-{number}"), at(0)), Ok(()));
        if number < 5 {
            assert_eq!(guess(&throttle, here(), "own", true, at(0)), Ok(()));
        }
    }
    assert_eq!(wrong(&throttle, "user-6", at(0)), Err(1));
    assert_eq!(guess(&throttle, here(), "own", true, at(1)), Ok(()));
    // What is right gives the place no more guesses, and takes none.
    assert_eq!(wrong(&throttle, "user-7", at(1)), Ok(()));
    assert_eq!(wrong(&throttle, "user-8", at(1)), Err(2));
}

#[test]
fn guesses_that_an_address_may_not_make_count_for_the_user_they_are_at() {
    let throttle = Throttle::default();
    (0..6).for_each(|number| wrong(&throttle, &number.to_string(), at(0)).unwrap());
    for _ in 0..3 {
        assert_eq!(throttle.known_pair(here(), "acme", at(0)), Ok(()));
        assert_eq!(wrong(&throttle, "acme", at(0)), Err(1));
    }
    assert_eq!(throttle.known_pair(here(), "acme", at(0)), Err(1));
}

#[test]
fn of_many_guesses_at_the_end_of_a_wait_one_is_looked_at() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    let first = throttle.begin(&RULES, here(), "acme", true, at(1)).unwrap();
    assert_eq!(throttle.begin(&RULES, here(), "acme", true, at(1)).err(), Some(2));
    // A full queue is not the caller's fault.
    throttle.undecided(&first);
    let again = throttle.begin(&RULES, here(), "acme", true, at(1)).unwrap();
    throttle.wrong(again, at(1));
    assert_eq!(wrong(&throttle, "acme", at(1)), Err(2));
}

#[test]
fn wrong_tokens_keep_nobody_from_signing_in_and_passwords_no_token_out() {
    let throttle = Throttle::default();
    for _ in 0..6 {
        assert_eq!(throttle.wrong_token(&RULES, here(), at(0)), Ok(()));
    }
    assert_eq!(throttle.wrong_token(&RULES, here(), at(0)), Err(1));
    assert_eq!(throttle.wrong_token(&RULES, network("192.0.2.2"), at(0)), Ok(()));
    assert_eq!(wrong(&throttle, "acme", at(0)), Ok(()));
    assert_eq!(throttle.wrong_token(&RULES, here(), at(1)), Ok(()));
    assert_eq!(throttle.wrong_token(&RULES, here(), at(1)), Err(2));
}

#[test]
fn names_that_nobody_has_are_throttled_alike_and_shown_to_nobody() {
    let throttle = Throttle::default();
    let waits = |name: &str, is_known: bool| {
        let mut now = at(0);
        let one = |_| match throttle.begin(&RULES, network("192.0.2.9"), name, is_known, now) {
            Ok(guess) => {
                throttle.wrong(guess, now);
                0
            }
            Err(seconds) => {
                now += Duration::from_secs(seconds.into());
                seconds
            }
        };
        let waits: Vec<u32> = (0..10).map(one).collect();
        let names: Vec<_> = throttle.list(at(0)).into_iter().filter_map(|entry| entry.name).collect();
        throttle.clear(None);
        (waits, names)
    };
    let (known, names) = waits("acme", true);
    assert_eq!(names, ["acme".into()]);
    assert_eq!(waits("planted-secret", false), (known, vec![]));
}

#[test]
fn a_quiet_window_is_a_new_beginning() {
    let throttle = Throttle::default();
    while wrong(&throttle, "acme", at(0)).is_ok() {}
    assert_eq!(throttle.list(at(3599)).len(), 2);
    assert_eq!(throttle.list(at(3600)).len(), 0);
    for _ in 0..3 {
        assert_eq!(wrong(&throttle, "acme", at(3600)), Ok(()));
    }
    assert_eq!(wrong(&throttle, "acme", at(3600)), Err(1));
}

#[test]
fn clearing_forgets_one_address_or_all() {
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

/// Whoever has millions of addresses uses up no memory, and the ones that go on are still known.
#[test]
fn what_is_remembered_is_bounded_and_the_latest_stay() {
    let throttle = Throttle::default();
    for number in 0..150_000_u32 {
        let from = Network::of(std::net::Ipv4Addr::from_bits(number).into());
        throttle.wrong_token(&RULES, from, at(0)).unwrap();
        if number % 10_000 == 0 {
            let _throttled = throttle.wrong_token(&RULES, here(), at(0));
        }
    }
    assert!(throttle.len() <= MOST, "{}", throttle.len());
    assert!(throttle.wrong_token(&RULES, here(), at(0)).is_err());
}

/// Names cost whoever guesses nothing.
#[test]
fn a_flood_of_names_from_one_address_ends_nobody_elses_wait() {
    let throttle = Throttle::default();
    let there = network("198.51.100.1");
    (0..6).for_each(|number| guess(&throttle, there, &format!("user-{number}"), false, at(0)).unwrap());
    assert!(guess(&throttle, there, "another", false, at(0)).is_err());
    for number in 0..2 * MOST {
        let _throttled_soon = wrong(&throttle, &format!("name-{number}"), at(0));
    }
    throttle.len();
    assert!(guess(&throttle, there, "another", false, at(0)).is_err());
}
