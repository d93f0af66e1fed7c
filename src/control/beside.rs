//! What only whoever sits at this machine may do: who has guessed and who is forgiven, and reading files again.

use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::http::header::{FORWARDED, HeaderMap, ORIGIN};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::api::Peer;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Lets nobody through from another machine, through a proxy, or from a page in a browser: those can be made to ask
/// by anybody, and people's scripts send neither header.
pub(super) async fn beside(request: Request, next: Next) -> Response {
    let is_here = matches!(
        request.extensions().get::<ConnectInfo<Peer>>(),
        Some(ConnectInfo(Peer(address))) if address.ip().to_canonical().is_loopback()
    );
    let headers = request.headers();
    if comes_from_a_page(headers) {
        return (StatusCode::FORBIDDEN, "a page in a browser may not ask for this\n").into_response();
    }
    if !is_here || [FORWARDED, FORWARDED_FOR].iter().any(|name| headers.contains_key(name)) {
        return (StatusCode::FORBIDDEN, "only from this machine, without a proxy\n").into_response();
    }
    next.run(request).await
}

fn comes_from_a_page(headers: &HeaderMap) -> bool {
    let is_elsewhere = |site: &HeaderValue| site != "same-origin" && site != "none";
    headers.get(SITE).is_some_and(is_elsewhere) || headers.contains_key(ORIGIN)
}
