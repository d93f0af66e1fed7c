//! Where a request comes from: a browser can be made to send one by any page.

use std::net::IpAddr;

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, Uri};

use crate::control::api::problem::{Code, Problem};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a page of somebody else's sends: everything with its `Origin`, and every write that a browser says
/// comes from another site.
///
/// # Errors
/// When it comes from elsewhere.
pub(in crate::control) fn check(method: &Method, headers: &HeaderMap, public_url: Option<&str>) -> Result<(), Problem> {
    let of_stranger = headers.get_all(ORIGIN).iter().any(|origin| !is_own(origin, headers, public_url));
    let sent_by_stranger =
        !method.is_safe() && headers.get_all(SITE).iter().any(|site| site != "same-origin" && site != "none");
    if of_stranger || sent_by_stranger { Err(elsewhere()) } else { Ok(()) }
}

/// What a browser sends by itself, such as a cookie, proves nothing: a write needs a word on where it comes from.
///
/// # Errors
/// Without one. It comes after [`check`], so that any `Origin` is our own.
pub(in crate::control) fn demand(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let is_told = headers.get(SITE).is_some_and(|site| site == "same-origin") || headers.contains_key(ORIGIN);
    if method.is_safe() || is_told { Ok(()) } else { Err(elsewhere()) }
}

fn elsewhere() -> Problem {
    let detail = "with a cookie, a change needs Sec-Fetch-Site: same-origin or an Origin of this site; pages of other sites may ask for nothing";
    Problem::new(Code::CrossSite, detail)
}

fn is_own(origin: &HeaderValue, headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(parts) else { return false };
    let own = public_url.and_then(parts);
    if own.as_ref() == Some(&origin) {
        return true;
    }
    // Whatever name leads here, somebody else's may be made to.
    if own.is_some() && !is_this_machine(&origin.1) {
        return false;
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    // A proxy in front may have taken TLS off, so the scheme is not known here.
    hosts.next().is_none() && host.is_some_and(|host| host.eq_ignore_ascii_case(&origin.1))
}

/// A name that leads nowhere else.
fn is_this_machine(authority: &str) -> bool {
    let host = authority.parse::<Authority>().map(|authority| authority.host().to_owned()).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Refuses a reading that writes, such as an export, to a link on somebody else's page.
///
/// # Errors
/// When a browser says that it comes from another site.
pub(in crate::control) fn demand_no_link(headers: &HeaderMap) -> Result<(), Problem> {
    let is_linked = headers.get_all(SITE).iter().any(|site| site != "same-origin" && site != "none");
    if is_linked { Err(elsewhere()) } else { Ok(()) }
}

/// Scheme and authority, in small letters.
fn parts(url: &str) -> Option<(String, String)> {
    let uri: Uri = url.parse().ok()?;
    Some((uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?.as_str().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn passes(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        check(method, &headers(pairs), Some("https://keys.example.org/desk")).is_ok()
    }

    #[test]
    fn a_page_of_another_site_may_ask_for_nothing() {
        for method in [Method::GET, Method::POST] {
            assert!(!passes(&method, &[("origin", "https://evil.example")]));
            assert!(!passes(&method, &[("origin", "null")]));
            assert!(!passes(&method, &[("origin", "https://keys.example.org.evil.example")]));
            assert!(!passes(&method, &[("origin", "http://keys.example.org")]), "another scheme");
            assert!(passes(&method, &[("origin", "https://keys.example.org")]));
            assert!(passes(&method, &[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8081")]));
            assert!(!passes(&method, &[("origin", "http://127.0.0.1:8082"), ("host", "127.0.0.1:8081")]));
            let rebound = [("origin", "http://evil.example"), ("host", "evil.example")];
            assert!(!passes(&method, &rebound), "a name of somebody else's that leads here");
            let plain = [("origin", "http://keys.example.org"), ("host", "keys.example.org")];
            assert!(!passes(&method, &plain), "another scheme than the one that people are told");
            assert!(check(&method, &headers(&plain), None).is_ok(), "nobody has said what it is called");
            assert!(passes(&method, &[]));
        }
        for site in ["cross-site", "same-site", "x"] {
            assert!(!passes(&Method::POST, &[("sec-fetch-site", site)]));
            assert!(passes(&Method::GET, &[("sec-fetch-site", site)]), "a link on another page");
        }
    }

    #[test]
    fn a_write_with_a_cookie_says_where_it_comes_from() {
        let demanded = |pairs| demand(&Method::POST, &headers(pairs)).is_ok();
        assert!(demanded(&[("sec-fetch-site", "same-origin")]));
        assert!(demanded(&[("origin", "https://keys.example.org")]));
        assert!(!demanded(&[("sec-fetch-site", "none")]));
        assert!(!demanded(&[]));
        assert!(demand(&Method::GET, &headers(&[])).is_ok());
    }

    #[test]
    fn what_writes_when_it_is_read_is_not_begun_by_a_link() {
        for site in ["cross-site", "same-site", "x", ""] {
            assert!(demand_no_link(&headers(&[("sec-fetch-site", site)])).is_err(), "{site}");
        }
        for pairs in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "same-origin")]] {
            assert!(demand_no_link(&headers(pairs)).is_ok(), "{pairs:?}");
        }
    }
}
