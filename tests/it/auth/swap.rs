//! What is in force is swapped while requests are decided: every interleaving of the steps that they share.
//!
//! The directory, the rules, the authenticator with its cache and its hashing threads are the real ones. An
//! atomic of shuttle's stands for the `ArcSwap` around them: a load and a store are one step each, as there. What
//! the hashing threads do belongs to the step of their request, for they share nothing with others.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method};
use shuttle::scheduler::DfsScheduler;
use shuttle::sync::atomic::AtomicUsize;

use super::decision::{Asked, LiveSettings, authenticator, decide, in_force, rules};

/// Of `correct horse` and of `x`.
const HASHES: [&str; 2] = ["{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI="];

fn asked() -> Asked {
    let mut headers = HeaderMap::new();
    let pair = STANDARD.encode("anna:correct horse");
    headers.insert("authorization", HeaderValue::from_str(&format!("Basic {pair}")).unwrap());
    let now = "2026-07-01T00:00:00Z".parse().unwrap();
    Asked { method: Method::GET, target: "/payments", headers, address: [192, 0, 2, 1].into(), now }
}

fn state(entries: &[&str]) -> LiveSettings {
    let entries: String = entries.iter().map(|entry| format!("  - {{account: a, version: '2', {entry}}}\n")).collect();
    in_force(rules(), &format!("credentials:\n{entries}"))
}

fn anna(hash: &str, rest: &str) -> String {
    format!("id: one, username: anna, password: '{hash}'{rest}")
}

/// Two requests with the right pair of before, in every interleaving with one swap. None of them is admitted that
/// began after the swap, or looked at what is in force after it.
fn assert_gone_with_the_swap(after: LiveSettings) {
    let states = Arc::new([Arc::new(state(&[&anna(HASHES[0], "")])), Arc::new(after)]);
    let counts: Arc<[StdAtomicUsize; 2]> = Arc::default();
    let (counted, asked) = (counts.clone(), Arc::new(asked()));
    // Deep enough for what decides; the default is for toys.
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 20;
    let interleavings = shuttle::Runner::new(DfsScheduler::new(None, false), config).run(move || {
        let in_force = Arc::new(AtomicUsize::new(0));
        let authenticator = Arc::new(authenticator());
        let request = || {
            let (in_force, authenticator) = (in_force.clone(), authenticator.clone());
            let (states, asked, counted) = (states.clone(), asked.clone(), counted.clone());
            move || {
                let latest = Cell::new(0);
                let load = || {
                    latest.set(in_force.load(Ordering::SeqCst));
                    states[latest.get()].clone()
                };
                let is_admitted = decide(&authenticator, load, &asked).is_ok();
                assert_eq!(is_admitted, latest.get() == 0, "the verdict is not that of what was in force last");
                counted[usize::from(is_admitted)].fetch_add(1, Ordering::Relaxed);
            }
        };
        let requests = [0, 1].map(|_| shuttle::thread::spawn(request()));
        in_force.store(1, Ordering::SeqCst);
        // Begun after the swap, while the others may still be remembering what was right before it.
        request()();
        requests.into_iter().for_each(|request| request.join().unwrap());
        request()();
    });
    let [refused, admitted] = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    // The two that began later are always refused, the other two only in some of the interleavings.
    let is_both = admitted > 10 && refused > 2 * interleavings + 10;
    assert!(is_both, "{interleavings} interleavings: {refused} requests refused, {admitted} admitted");
}

#[test]
fn a_deleted_credential_is_refused_from_the_swap_on() {
    // Somebody is left, so that an unknown name costs a quick hash like theirs.
    let other = format!("id: two, username: bert, password: '{}'", HASHES[1]);
    assert_gone_with_the_swap(state(&[&other]));
}

#[test]
fn a_disabled_credential_is_refused_from_the_swap_on() {
    assert_gone_with_the_swap(state(&[&anna(HASHES[0], ", enabled: false")]));
}

#[test]
fn an_old_password_is_refused_from_the_reset_on() {
    assert_gone_with_the_swap(state(&[&anna(HASHES[1], "")]));
}

#[test]
fn a_user_name_that_somebody_else_has_now_is_proven_by_their_password_only() {
    let other = format!("id: two, username: anna, password: '{}'", HASHES[1]);
    let renamed = format!("id: one, username: bert, password: '{}'", HASHES[0]);
    assert_gone_with_the_swap(state(&[&renamed, &other]));
}

#[test]
fn pairs_are_refused_from_the_moment_they_are_not_accepted_any_more() {
    let mut after = state(&[&anna(HASHES[0], "")]);
    after.rules.accept.basic = false;
    assert_gone_with_the_swap(after);
}
