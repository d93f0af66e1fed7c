//! Routes for this machine only: the throttle, and reloads.

use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::http::header::{FORWARDED, HeaderMap, ORIGIN};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::control::Peer;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Refuses requests from another machine, through a proxy, or from a page in a browser: any page can make a browser
/// send them. Scripts send neither of the headers.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    let is_loopback = matches!(
        request.extensions().get::<ConnectInfo<Peer>>(),
        Some(ConnectInfo(Peer(address))) if address.ip().to_canonical().is_loopback()
    );
    let headers = request.headers();
    if is_from_page(headers) {
        return (StatusCode::FORBIDDEN, "pages in a browser may not call this\n").into_response();
    }
    if !is_loopback || [FORWARDED, FORWARDED_FOR].iter().any(|name| headers.contains_key(name)) {
        return (StatusCode::FORBIDDEN, "only for requests from this machine, without a proxy\n").into_response();
    }
    next.run(request).await
}

fn is_from_page(headers: &HeaderMap) -> bool {
    let is_cross_site = |site: &HeaderValue| site != "same-origin" && site != "none";
    headers.get(FETCH_SITE).is_some_and(is_cross_site) || headers.contains_key(ORIGIN)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(peer: Option<&str>, header: Option<(&str, &str)>) -> u16 {
        let mut request = Request::builder().uri("/");
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
    async fn other_machines_and_unknown_peers_are_refused() {
        for loopback in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(status(Some(loopback), None).await, 200, "{loopback}");
        }
        for elsewhere in ["192.0.2.1:1", "10.0.0.1:1", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1", "0.0.0.0:1"] {
            assert_eq!(status(Some(elsewhere), None).await, 403, "{elsewhere}");
        }
        assert_eq!(status(None, None).await, 403);
    }

    #[tokio::test]
    async fn requests_of_a_proxy_or_a_page_are_refused() {
        let headers = [
            ("x-forwarded-for", "127.0.0.1"),
            ("X-Forwarded-For", ""),
            ("forwarded", "for=127.0.0.1"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ];
        for header in headers {
            assert_eq!(status(Some("127.0.0.1:1"), Some(header)).await, 403, "{header:?}");
        }
        assert_eq!(status(Some("127.0.0.1:1"), Some(("sec-fetch-site", "none"))).await, 200);
    }
}
