//! Guards what is for this machine only: failed attempts, and reloading files.

use std::net::IpAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::control::Peer;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What command-line clients and browsers send by themselves. Any other header may be one that a proxy or a tunnel adds,
/// of which there is no complete list: the peer would then not be the client.
const CLIENT_HEADERS: [&str; 27] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "pragma",
    "priority",
    "range",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
];
/// Fetch metadata and client hints of browsers.
const BROWSER_PREFIX: &str = "sec-";

/// Requires a loopback peer, a `Host` that names this machine, and nothing that a proxy or a page sends. A page whose
/// name was rebound to 127.0.0.1 sends its own name in `Host`. nginx's `proxy_pass` without further settings sends no
/// header of its own, but HTTP/1.0.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    let is_loopback = matches!(
        request.extensions().get::<ConnectInfo<Peer>>(),
        Some(ConnectInfo(Peer(address))) if address.ip().to_canonical().is_loopback()
    );
    let headers = request.headers();
    let refusal = if comes_from_a_page(headers) {
        "a page in a browser may not request this\n"
    } else if !is_loopback || request.version() == Version::HTTP_10 || has_foreign_header(headers) {
        "only from this machine, without a proxy\n"
    } else if !names_this_machine(&request) {
        "only with a Host that names this machine: localhost, 127.0.0.1 or [::1]\n"
    } else {
        return next.run(request).await;
    };
    (StatusCode::FORBIDDEN, refusal).into_response()
}

fn comes_from_a_page(headers: &HeaderMap) -> bool {
    let is_elsewhere = |site: &HeaderValue| site != "same-origin" && site != "none";
    headers.get(SITE).is_some_and(is_elsewhere) || headers.contains_key(ORIGIN)
}

fn has_foreign_header(headers: &HeaderMap) -> bool {
    let is_of_client = |name: &str| CLIENT_HEADERS.contains(&name) || name.starts_with(BROWSER_PREFIX);
    !headers.keys().all(|name| is_of_client(name.as_str()))
}

/// Exactly one `Host`, and the same host in a target in absolute form.
fn names_this_machine(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let is_single = hosts.next().is_none();
    is_single
        && host.is_some_and(|host| is_this_machine(&host))
        && request.uri().authority().is_none_or(is_this_machine)
}

/// Literal addresses and `localhost`: no other name is certain to lead here.
fn is_this_machine(authority: &Authority) -> bool {
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_user_free = !authority.as_str().contains('@');
    is_user_free
        && (bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback()))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(peer: Option<&str>, host: &str, header: Option<(&str, &str)>) -> u16 {
        let mut request = Request::builder().uri("/").header("host", host);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(Peer(peer.parse().unwrap())));
        }
        let router = Router::new().route("/", get(async || "done")).layer(from_fn(loopback_only));
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn only_a_loopback_peer_is_allowed() {
        for loopback in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(status(Some(loopback), "localhost", None).await, 200, "{loopback}");
        }
        for remote in ["192.0.2.1:1", "10.0.0.1:1", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1", "0.0.0.0:1"] {
            assert_eq!(status(Some(remote), "localhost", None).await, 403, "{remote}");
        }
        assert_eq!(status(None, "localhost", None).await, 403);
    }

    #[tokio::test]
    async fn a_host_that_names_another_machine_is_refused() {
        for host in ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "127.1.2.3", "[::1]:8081", "[::1]"] {
            assert_eq!(status(Some("127.0.0.1:1"), host, None).await, 200, "{host}");
        }
        let hosts =
            ["evil.example", "evil.example:8081", "localhost.evil.example", "192.0.2.1", "", "evil.example@localhost"];
        for host in hosts {
            assert_eq!(status(Some("127.0.0.1:1"), host, None).await, 403, "{host}");
        }
        assert_eq!(status(Some("127.0.0.1:1"), "localhost", Some(("host", "localhost"))).await, 403, "two of them");
    }

    /// As nginx's `proxy_pass http://127.0.0.1:8081` sends it.
    #[tokio::test]
    async fn requests_of_a_bare_proxy_are_refused() {
        for (version, expected) in [(Version::HTTP_10, 403), (Version::HTTP_11, 200)] {
            let request = Request::builder().uri("/").version(version).header("host", "127.0.0.1:8081");
            let mut request = request.header("connection", "close").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ConnectInfo(Peer("127.0.0.1:1".parse().unwrap())));
            let router = Router::new().route("/", get(async || "done")).layer(from_fn(loopback_only));
            assert_eq!(router.oneshot(request).await.unwrap().status().as_u16(), expected, "{version:?}");
        }
    }

    #[tokio::test]
    async fn requests_through_a_proxy_or_from_a_page_are_refused() {
        let headers = [
            ("x-forwarded-for", "127.0.0.1"),
            ("X-Forwarded-For", ""),
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", "127.0.0.1"),
            ("x-client-ip", "127.0.0.1"),
            ("true-client-ip", "127.0.0.1"),
            ("cf-connecting-ip", "127.0.0.1"),
            ("x-envoy-external-address", "127.0.0.1"),
            ("via", "1.1 proxy"),
            ("forwarded", "for=127.0.0.1"),
            ("x_forwarded_for", "127.0.0.1"),
            ("x!real!ip", "127.0.0.1"),
            ("cdn-loop", "cloudflare"),
            ("x-original-forwarded-for", "127.0.0.1"),
            ("x-azure-clientip", "127.0.0.1"),
            ("fly-client-ip", "127.0.0.1"),
            ("x-request-id", "1"),
            ("x-of-a-proxy-to-come", "1"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ];
        for header in headers {
            assert_eq!(status(Some("127.0.0.1:1"), "localhost", Some(header)).await, 403, "{header:?}");
        }
        let of_clients =
            [("sec-fetch-site", "none"), ("sec-ch-ua", "x"), ("User-Agent", "curl/8.5"), ("te", "trailers")];
        for header in of_clients {
            assert_eq!(status(Some("127.0.0.1:1"), "localhost", Some(header)).await, 200, "{header:?}");
        }
    }
}
