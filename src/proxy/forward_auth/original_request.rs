//! The request that a proxy asks about, in the words of that proxy.

use http::header::HeaderName;
use http::{HeaderMap, Method};
use pingora::http::RequestHeader;

use crate::auth::Rejection;

/// Where to ask: exactly here with the request in headers (nginx, Traefik, Caddy), or here and the path of the
/// request behind it (Envoy).
const PATH: &[u8] = b"/auth";

/// nginx, as its documentation and the ingress of Kubernetes have it.
const X_ORIGINAL: Names = Names {
    method: HeaderName::from_static("x-original-method"),
    uri: HeaderName::from_static("x-original-uri"),
    url: Some(HeaderName::from_static("x-original-url")),
};
/// Traefik and Caddy.
const X_FORWARDED: Names = Names {
    method: HeaderName::from_static("x-forwarded-method"),
    uri: HeaderName::from_static("x-forwarded-uri"),
    url: None,
};

const NOT_TOLD: Rejection = Rejection::RequestAmbiguous(
    "The proxy must say which request it asks about: the method and the target, once each, in X-Forwarded-Method and \
     X-Forwarded-Uri or in X-Original-Method and X-Original-URI, or the target behind /auth.",
);
const TOLD_TWICE: Rejection = Rejection::RequestAmbiguous(
    "The headers that name the original request do not agree: the proxy must overwrite those that a caller brings.",
);

/// The headers of one kind of proxy.
struct Names {
    method: HeaderName,
    /// Holds the target.
    uri: HeaderName,
    /// Holds the target behind scheme and host.
    url: Option<HeaderName>,
}

/// Something that is asked where proxies ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'r> {
    request: &'r RequestHeader,
    /// The target, where it stands behind the path.
    behind: Option<&'r [u8]>,
    /// What the proxy makes of refusals.
    pub(super) statuses: Statuses,
}

/// Which statuses of a refusal a proxy understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statuses {
    /// Any.
    All,
    /// 401 and 403; nginx takes others for a fault of the one it has asked.
    Strict,
}

/// The request that is to be decided about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Original<'r> {
    pub(super) method: Method,
    pub(super) target: &'r [u8],
}

impl<'r> Asking<'r> {
    /// From its head; `None` where nobody is to ask.
    pub(super) fn of(request: &'r RequestHeader) -> Option<Self> {
        let rest = request.raw_path().strip_prefix(PATH)?;
        let (behind, query) = match rest.first() {
            None => (None, &[][..]),
            Some(b'?') => (None, &rest[1..]),
            Some(b'/') => (Some(rest), &[][..]),
            Some(_) => return None,
        };
        let is_strict = query.split(|byte| *byte == b'&').any(|pair| pair == b"codes=strict");
        Some(Self { request, behind, statuses: if is_strict { Statuses::Strict } else { Statuses::All } })
    }

    /// The request that it is about.
    ///
    /// # Errors
    /// When it is not told, or not in one way: what one proxy overwrites, another one passes on as its caller wrote it.
    pub(super) fn original(&self) -> Result<Original<'r>, Rejection> {
        let headers = &self.request.headers;
        let behind = self.behind.map(|target| Original { method: self.request.method.clone(), target });
        let mut tellings = [behind, X_FORWARDED.read(headers)?, X_ORIGINAL.read(headers)?].into_iter().flatten();
        let first = tellings.next().ok_or(NOT_TOLD)?;
        if tellings.all(|other| other == first) { Ok(first) } else { Err(TOLD_TWICE) }
    }
}

impl Names {
    /// Both or none of them.
    fn read<'r>(&self, headers: &'r HeaderMap) -> Result<Option<Original<'r>>, Rejection> {
        let method = once(headers, &self.method)?;
        let uri = once(headers, &self.uri)?;
        let url = self.url.as_ref().map(|url| once(headers, url)).transpose()?.flatten().map(without_origin);
        if uri.zip(url).is_some_and(|(uri, url)| uri != url) {
            return Err(TOLD_TWICE);
        }
        match (method, uri.or(url)) {
            (None, None) => Ok(None),
            (Some(method), Some(target)) => {
                let method = Method::from_bytes(method).map_err(|_| NOT_TOLD)?;
                Ok(Some(Original { method, target }))
            }
            _ => Err(NOT_TOLD),
        }
    }
}

fn once<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Result<Option<&'r [u8]>, Rejection> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(TOLD_TWICE) } else { Ok(first.map(http::HeaderValue::as_bytes)) }
}

/// The target of `https://host/target`; what has no path is refused as a target later.
fn without_origin(url: &[u8]) -> &[u8] {
    let rest = url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"));
    let Some(rest) = rest else { return url };
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    slash.map_or(&[], |slash| &rest[slash..])
}

#[cfg(test)]
#[path = "original_request_tests.rs"]
mod tests;
