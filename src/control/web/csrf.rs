//! Cross-site request forgery: any page can make a browser send a request with its cookies.

use std::net::IpAddr;

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, Uri};

use super::problem::{Code, Problem};

use crate::control::Sentence;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses every request with the `Origin` of another site, and every write that a browser marks as cross-site.
///
/// # Errors
/// When the request comes from another site.
pub(crate) fn reject_cross_site(method: &Method, headers: &HeaderMap, public_url: Option<&str>) -> Result<(), Problem> {
    let has_foreign_origin = headers.get_all(ORIGIN).iter().any(|origin| !is_own(origin, headers, public_url));
    let is_foreign_write = !method.is_safe() && is_marked_cross_site(headers);
    if has_foreign_origin || is_foreign_write { Err(cross_site()) } else { Ok(()) }
}

/// A browser sends a cookie by itself, so a write with one has to prove its origin as well. To be called after
/// [`reject_cross_site`], which has checked any `Origin`.
///
/// # Errors
/// For a write without proof.
pub(crate) fn require_same_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let is_proven = headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin") || headers.contains_key(ORIGIN);
    if method.is_safe() || is_proven { Ok(()) } else { Err(cross_site()) }
}

/// Refuses a GET that has effects, such as an export with its audit line, to a link on a page of another site.
///
/// # Errors
/// When a browser marks the request as cross-site.
pub(crate) fn reject_cross_site_link(headers: &HeaderMap) -> Result<(), Problem> {
    if is_marked_cross_site(headers) { Err(cross_site()) } else { Ok(()) }
}

fn is_marked_cross_site(headers: &HeaderMap) -> bool {
    headers.get_all(FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none")
}

fn cross_site() -> Problem {
    Problem::new(Code::CrossSite, Sentence::CrossSite)
}

fn is_own(origin: &HeaderValue, headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(scheme_and_authority) else { return false };
    let own = public_url.and_then(scheme_and_authority);
    if own.as_ref() == Some(&origin) {
        return true;
    }
    // A foreign name can be made to resolve to this address (DNS rebinding).
    if own.is_some() && !is_loopback(&origin.1) {
        return false;
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    // A proxy in front may have terminated TLS, so the scheme is not known here.
    hosts.next().is_none() && host.is_some_and(|host| host.eq_ignore_ascii_case(&origin.1))
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.parse::<Authority>().map(|authority| authority.host().to_owned()).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// In lower case.
fn scheme_and_authority(url: &str) -> Option<(String, String)> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?.as_str().to_ascii_lowercase());
    // Browsers leave the port of the scheme out of Origin.
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(default_port).map_or_else(|| authority.clone(), str::to_owned);
    Some((scheme, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn passes(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        reject_cross_site(method, &headers(pairs), Some("https://keys.example.org/console")).is_ok()
    }

    #[test]
    fn a_page_of_another_site_may_not_call() {
        for method in [Method::GET, Method::POST] {
            assert!(!passes(&method, &[("origin", "https://evil.example")]));
            assert!(!passes(&method, &[("origin", "null")]));
            assert!(!passes(&method, &[("origin", "https://keys.example.org.evil.example")]));
            assert!(!passes(&method, &[("origin", "http://keys.example.org")]), "another scheme");
            let own = headers(&[("origin", "https://keys.example.org")]);
            assert!(reject_cross_site(&method, &own, Some("https://keys.example.org:443")).is_ok(), "the default port");
            assert!(reject_cross_site(&method, &own, Some("https://keys.example.org:8443")).is_err());
            assert!(passes(&method, &[("origin", "https://keys.example.org")]));
            assert!(passes(&method, &[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8081")]));
            assert!(!passes(&method, &[("origin", "http://127.0.0.1:8082"), ("host", "127.0.0.1:8081")]));
            let rebound = [("origin", "http://evil.example"), ("host", "evil.example")];
            assert!(!passes(&method, &rebound), "DNS rebinding");
            let plain = [("origin", "http://keys.example.org"), ("host", "keys.example.org")];
            assert!(!passes(&method, &plain), "another scheme than that of public_url");
            assert!(reject_cross_site(&method, &headers(&plain), None).is_ok(), "without public_url");
            assert!(passes(&method, &[]));
        }
        for site in ["cross-site", "same-site", "x"] {
            assert!(!passes(&Method::POST, &[("sec-fetch-site", site)]));
            assert!(passes(&Method::GET, &[("sec-fetch-site", site)]), "a link on another page");
        }
    }

    #[test]
    fn a_write_with_a_cookie_proves_its_origin() {
        let passes = |pairs| require_same_origin(&Method::POST, &headers(pairs)).is_ok();
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("origin", "https://keys.example.org")]));
        assert!(!passes(&[("sec-fetch-site", "none")]));
        assert!(!passes(&[]));
        assert!(require_same_origin(&Method::GET, &headers(&[])).is_ok());
    }

    #[test]
    fn a_link_on_another_site_does_not_start_an_export() {
        for site in ["cross-site", "same-site", "x", ""] {
            assert!(reject_cross_site_link(&headers(&[("sec-fetch-site", site)])).is_err(), "{site}");
        }
        for pairs in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "same-origin")]] {
            assert!(reject_cross_site_link(&headers(pairs)).is_ok(), "{pairs:?}");
        }
    }
}
