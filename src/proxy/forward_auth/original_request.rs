//! The original request, as each kind of front proxy reports it.

use http::header::HeaderName;
use http::{HeaderMap, Method};
use pingora::http::RequestHeader;

use crate::auth::Rejection;

/// The path of queries: exactly this with the original request in headers (nginx, Traefik, Caddy), or this followed by
/// the original path (Envoy).
const PATH: &[u8] = b"/auth";

/// As nginx's documentation and the Kubernetes ingress set them.
const X_ORIGINAL: OriginalHeaders = OriginalHeaders {
    method: HeaderName::from_static("x-original-method"),
    uri: HeaderName::from_static("x-original-uri"),
    url: Some(HeaderName::from_static("x-original-url")),
};
/// As Traefik and Caddy set them.
const X_FORWARDED: OriginalHeaders = OriginalHeaders {
    method: HeaderName::from_static("x-forwarded-method"),
    uri: HeaderName::from_static("x-forwarded-uri"),
    url: None,
};

const MISSING: Rejection = Rejection::RequestAmbiguous(
    "The proxy must name the original request: method and target, once each, in X-Forwarded-Method and X-Forwarded-Uri \
     or in X-Original-Method and X-Original-URI, or the target after /auth.",
);
const CONTRADICTORY: Rejection = Rejection::RequestAmbiguous(
    "The headers that name the original request contradict each other: the proxy must overwrite those of its client.",
);

/// The headers of one kind of proxy.
struct OriginalHeaders {
    method: HeaderName,
    /// The target.
    uri: HeaderName,
    /// Scheme, host and target.
    url: Option<HeaderName>,
}

/// A query of a front proxy.
#[derive(Debug, Clone, Copy)]
pub(super) struct AuthQuery<'r> {
    request: &'r RequestHeader,
    /// The original target, where it is part of the path.
    in_path: Option<&'r [u8]>,
    pub(super) statuses: StatusCodes,
}

/// The statuses of a refusal that the proxy passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusCodes {
    /// Any.
    All,
    /// 401 and 403; nginx turns others into a 500.
    Strict,
}

/// The request that the proxy would forward.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OriginalRequest<'r> {
    pub(super) method: Method,
    pub(super) target: &'r [u8],
}

impl<'r> AuthQuery<'r> {
    /// `None` for a request to another path.
    pub(super) fn new(request: &'r RequestHeader) -> Option<Self> {
        let rest = request.raw_path().strip_prefix(PATH)?;
        let (in_path, query) = match rest.first() {
            None => (None, &[][..]),
            Some(b'?') => (None, &rest[1..]),
            Some(b'/') => (Some(rest), &[][..]),
            Some(_) => return None,
        };
        let is_strict = query.split(|byte| *byte == b'&').any(|pair| pair == b"codes=strict");
        Some(Self { request, in_path, statuses: if is_strict { StatusCodes::Strict } else { StatusCodes::All } })
    }

    /// # Errors
    /// When no header names it, or two disagree: what one kind of proxy overwrites, another passes on from its client.
    pub(super) fn original(&self) -> Result<OriginalRequest<'r>, Rejection> {
        let headers = &self.request.headers;
        let in_path = self.in_path.map(|target| OriginalRequest { method: self.request.method.clone(), target });
        let mut all = [in_path, X_FORWARDED.read(headers)?, X_ORIGINAL.read(headers)?].into_iter().flatten();
        let first = all.next().ok_or(MISSING)?;
        if all.all(|other| other == first) { Ok(first) } else { Err(CONTRADICTORY) }
    }
}

impl OriginalHeaders {
    /// `None` where neither method nor target is present.
    fn read<'r>(&self, headers: &'r HeaderMap) -> Result<Option<OriginalRequest<'r>>, Rejection> {
        let method = once(headers, &self.method)?;
        let uri = once(headers, &self.uri)?;
        let url = self.url.as_ref().map(|url| once(headers, url)).transpose()?.flatten().map(without_origin);
        if uri.zip(url).is_some_and(|(uri, url)| uri != url) {
            return Err(CONTRADICTORY);
        }
        match (method, uri.or(url)) {
            (None, None) => Ok(None),
            (Some(method), Some(target)) => {
                let method = Method::from_bytes(method).map_err(|_| MISSING)?;
                Ok(Some(OriginalRequest { method, target }))
            }
            _ => Err(MISSING),
        }
    }
}

fn once<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r [u8]>, Rejection> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(CONTRADICTORY) } else { Ok(first.map(http::HeaderValue::as_bytes)) }
}

/// The target of `https://host/target`; empty where that has no path, which is refused as a target later.
fn without_origin(url: &[u8]) -> &[u8] {
    let rest = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"));
    let Some(rest) = rest else { return url };
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    slash.map_or(&[], |slash| &rest[slash..])
}

#[cfg(test)]
#[path = "original_request_tests.rs"]
mod tests;
