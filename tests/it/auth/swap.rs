//! Settings are swapped during decisions, in every interleaving of the shared steps.
//!
//! Directory, rules and authenticator with its cache and hashing threads are the real ones. An atomic of shuttle models
//! the `ArcSwap` around them: a load and a store are one step each. The work of the hashing threads belongs to the step
//! of their request, since they share nothing.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method};
use shuttle::scheduler::DfsScheduler;
use shuttle::sync::atomic::AtomicUsize;

use super::decision::{LiveSettings, TestRequest, authenticator, decide, in_force, rules};

/// The hashes of `correct horse` and `x`.
const HASHES: [&str; 2] = ["{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", "{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI="];

fn request() -> TestRequest {
    let mut headers = HeaderMap::new();
    let pair = STANDARD.encode("anna:correct horse");
    headers.insert("authorization", HeaderValue::from_str(&format!("Basic {pair}")).unwrap());
    let now = "2026-07-01T00:00:00Z".parse().unwrap();
    TestRequest { method: Method::GET, target: "/payments", headers, address: [192, 0, 2, 1].into(), now }
}

fn state(entries: &[&str]) -> LiveSettings {
    let entries: String = entries.iter().map(|entry| format!("  - {{account: a, version: '2', {entry}}}\n")).collect();
    in_force(rules(), &format!("credentials:\n{entries}"))
}

fn anna(hash: &str, rest: &str) -> String {
    format!("id: one, username: anna, password: '{hash}'{rest}")
}

/// Two requests with the initially right pair, in every interleaving with one swap. No request that began after the
/// swap, or loaded the new settings, is admitted.
fn assert_refused_after_the_swap(after: LiveSettings) {
    let states = Arc::new([Arc::new(state(&[&anna(HASHES[0], "")])), Arc::new(after)]);
    let counts: Arc<[StdAtomicUsize; 2]> = Arc::default();
    let (counted, asked) = (counts.clone(), Arc::new(request()));
    // The default is too small for a decision.
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
                assert_eq!(is_admitted, latest.get() == 0, "the decision does not follow the settings loaded last");
                counted[usize::from(is_admitted)].fetch_add(1, Ordering::Relaxed);
            }
        };
        let requests = [0, 1].map(|_| shuttle::thread::spawn(request()));
        in_force.store(1, Ordering::SeqCst);
        // Begins after the swap, while the others may still fill the cache.
        request()();
        requests.into_iter().for_each(|request| request.join().unwrap());
        request()();
    });
    let [refused, admitted] = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    // The two later requests are always refused, the other two in some interleavings.
    let is_both = admitted > 10 && refused > 2 * interleavings + 10;
    assert!(is_both, "{interleavings} interleavings: {refused} requests refused, {admitted} admitted");
}

#[test]
fn a_deleted_credential_is_refused_from_the_swap_on() {
    // One user stays, so that the dummy hash of unknown names is a fast one.
    let other = format!("id: two, username: bert, password: '{}'", HASHES[1]);
    assert_refused_after_the_swap(state(&[&other]));
}

#[test]
fn a_disabled_credential_is_refused_from_the_swap_on() {
    assert_refused_after_the_swap(state(&[&anna(HASHES[0], ", enabled: false")]));
}

#[test]
fn an_old_password_is_refused_from_the_reset_on() {
    assert_refused_after_the_swap(state(&[&anna(HASHES[1], "")]));
}

#[test]
fn a_user_name_that_moved_is_verified_by_the_password_of_its_new_owner() {
    let other = format!("id: two, username: anna, password: '{}'", HASHES[1]);
    let renamed = format!("id: one, username: bert, password: '{}'", HASHES[0]);
    assert_refused_after_the_swap(state(&[&renamed, &other]));
}

#[test]
fn basic_pairs_are_refused_once_the_scheme_is_off() {
    let mut after = state(&[&anna(HASHES[0], "")]);
    after.rules.accept.basic = false;
    assert_refused_after_the_swap(after);
}
