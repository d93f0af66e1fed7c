//! Targets and heads that two parsers could read two ways. Whatever is let through arrives byte for
//! byte as it was decided, with our identity; the rest is refused, and never is one request two.

use super::odd::{Fate, Odd, authorized};

#[test]
fn targets_with_one_reading_are_forwarded_byte_for_byte() {
    let odd = Odd::start();
    let plain = [
        "/",
        "/x",
        "/x/",
        "/x?y=//../%2e%2e/%00;\\&&",
        "/x?",
        "/%C3%A4/%20",
        "/a:b@c,d=e!$&'()*+",
        "/...",
        "/a..b/..c",
        "/x?q=http://other/",
        "/EVENTS",
        "/events2",
    ];
    for target in plain {
        odd.expect_target(target.as_bytes(), Fate::Forwarded(target));
    }
}

#[test]
fn targets_with_two_readings_are_refused() {
    let odd = Odd::start();
    let targets: [&[u8]; 40] = [
        b"//",
        b"//x",
        b"/x//y",
        b"/x//",
        b"///events",
        b"/.",
        b"/..",
        b"/./x",
        b"/x/.",
        b"/x/..",
        b"/x/../events",
        b"/events/../x",
        b"/events/..",
        b"/..;/x",
        b"/events/..;x=1/x",
        b"/.;/x",
        b"/x;y=1",
        b"/events;/x",
        b"/%2e%2e/x",
        b"/events/%2E%2e/x",
        b"/.%2e/x",
        b"/x%2Fy",
        b"/x%5cy",
        b"/x\\y",
        b"/events\\..\\x",
        b"/%65vents",
        b"/x%3By",
        b"/x%00",
        b"/x%0d%0ay",
        b"/x%7f",
        b"/x%252e",
        b"/x%",
        b"/x%2",
        b"/x%zz",
        b"/x\x00y",
        b"/\xff\xfe",
        b"/events/\xc0\xae",
        b"http://a/x",
        b"foo:bar",
        b"*",
    ];
    for target in targets {
        odd.expect_target(target, Fate::Refused(400));
    }
    assert_eq!(odd.api.seen().len(), 0);
}

#[test]
fn other_forms_of_a_target_are_refused_too() {
    let odd = Odd::start();
    let targets: [&[u8]; 11] = [
        b"https://a/x",
        b"http://other/x",
        b"http://a",
        b"http://user:pw@a/x",
        b"x",
        b"?x",
        b"events",
        b"a:80",
        b"ftp://a/x",
        b"HTTP://a/x",
        b"//other/x",
    ];
    for target in targets {
        odd.expect_target(target, Fate::Refused(400));
    }
    odd.expect(&[b"OPTIONS * HTTP/1.1\r\nHost: a\r\n", &authorized()[..], b"\r\n"].concat(), Fate::Refused(400));
    assert_eq!(odd.api.seen().len(), 0);
}

/// pingora cuts a fragment off before any hook sees it: what is decided then has none, so what is
/// forwarded must have none either.
#[test]
fn a_fragment_is_never_forwarded() {
    let odd = Odd::start();
    for (target, cut) in [("/x#y", "/x"), ("/x#/../events", "/x"), ("/x?a=1#b", "/x?a=1"), ("/x#?api_key=1", "/x")] {
        odd.expect_target(target.as_bytes(), Fate::Either(cut));
    }
    odd.expect_target(b"#/x", Fate::Either("/"));
    assert!(odd.api.seen().iter().all(|seen| !seen.line().contains('#')));
}

/// Spaces and quotes are escaped by pingora before the decision; what is decided is what arrives.
#[test]
fn characters_that_no_target_may_hold_are_refused_or_forwarded_escaped() {
    let odd = Odd::start();
    odd.expect_target(b"/x\"y", Fate::Either("/x\"y"));
    odd.expect_target(b"/x<y>", Fate::Either("/x<y>"));
    odd.expect_target(b"/x y", Fate::Either("/x%20y"));
    odd.expect_target(b"/x\ty", Fate::Refused(400));
    odd.expect_target(b"/x HTTP/1.1 y", Fate::Either("/x%20HTTP/1.1%20y"));
}
