//! Setting headers of the request that is forwarded.
//!
//! pingora keeps the spelling of each name in a second map, unless the caller speaks HTTP/2 or `proxy.header_names` is
//! lowercase. A head without that map is changed as `http` keeps it: names are prepared once for all requests, and room is
//! made once for all headers.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use pingora::http::RequestHeader;
use pingora::{ErrorType, OrErr};

/// Room for the headers that the gate adds: five of identity, three of origin and a version.
const ADDED_HEADERS: usize = 9;

/// The name of a header that the gate sets.
pub(in crate::proxy) struct PreparedName {
    name: HeaderName,
    spelling: Bytes,
}

/// The head of the request that is forwarded.
pub(in crate::proxy) trait UpstreamHead {
    fn parts(&self) -> &Parts;
    fn remove(&mut self, name: &HeaderName);

    /// Replaces all values of a header.
    ///
    /// # Errors
    /// When there are too many headers.
    fn set(&mut self, name: &PreparedName, value: HeaderValue) -> pingora::Result<()>;
}

impl PreparedName {
    /// # Panics
    /// When `lower` is not a valid name in lower case.
    pub(in crate::proxy) const fn from_static(lower: &'static str, spelling: &'static str) -> Self {
        Self { name: HeaderName::from_static(lower), spelling: Bytes::from_static(spelling.as_bytes()) }
    }

    /// `None` where this is not a valid name.
    pub(in crate::proxy) fn new(spelling: Bytes) -> Option<Self> {
        HeaderName::from_bytes(&spelling).ok().map(|name| Self { name, spelling })
    }

    pub(in crate::proxy) fn name(&self) -> &HeaderName {
        &self.name
    }

    /// As it is written where names keep their spelling.
    pub(in crate::proxy) fn spelling(&self) -> &Bytes {
        &self.spelling
    }
}

impl From<HeaderName> for PreparedName {
    fn from(name: HeaderName) -> Self {
        let spelling = Bytes::from(name.as_str().as_bytes().to_vec().into_boxed_slice());
        Self { name, spelling }
    }
}

impl UpstreamHead for RequestHeader {
    fn parts(&self) -> &Parts {
        self
    }

    fn remove(&mut self, name: &HeaderName) {
        self.remove_header(name);
    }

    fn set(&mut self, name: &PreparedName, value: HeaderValue) -> pingora::Result<()> {
        self.insert_header(name.spelling.clone(), value)
    }
}

impl UpstreamHead for Parts {
    fn parts(&self) -> &Parts {
        self
    }

    fn remove(&mut self, name: &HeaderName) {
        self.headers.remove(name);
    }

    fn set(&mut self, name: &PreparedName, value: HeaderValue) -> pingora::Result<()> {
        let set = self.headers.try_insert(name.name.clone(), value);
        set.or_err(ErrorType::InvalidHTTPHeader, "too many headers").map(drop)
    }
}

/// Forgets how the names are spelled: they are written in lower case, but for a few that pingora capitalises.
pub(in crate::proxy) fn forget_spelling(request: &mut RequestHeader) -> pingora::Result<()> {
    change_parts(request, |_| Ok(()))
}

/// Changes a head whose spelling is forgotten, after making room. If `change` fails, the head is unusable.
///
/// # Errors
/// Those of `change`.
pub(in crate::proxy) fn change_with_room(
    request: &mut RequestHeader,
    change: impl FnOnce(&mut Parts) -> pingora::Result<()>,
) -> pingora::Result<()> {
    change_parts(request, |parts| {
        let room = parts.headers.try_reserve(ADDED_HEADERS);
        room.or_err(ErrorType::InvalidHTTPHeader, "too many headers")?;
        change(parts)
    })
}

/// What [`Parts`] do not hold is kept: the bytes of a target that is not a URI, and how an HTTP/2 request ends.
fn change_parts(
    request: &mut RequestHeader,
    change: impl FnOnce(&mut Parts) -> pingora::Result<()>,
) -> pingora::Result<()> {
    let is_uri = request.uri.path_and_query().is_some_and(|path| path.as_str().as_bytes() == request.raw_path());
    let target = (!is_uri).then(|| request.raw_path().to_vec());
    let sends_end = request.send_end_stream();
    let empty = RequestHeader::from(Request::new(()).into_parts().0);
    let mut parts = Parts::from(std::mem::replace(request, empty));
    change(&mut parts)?;
    *request = RequestHeader::from(parts);
    if let Some(target) = target.filter(|target| target != request.raw_path()) {
        request.set_raw_path(&target)?;
    }
    if let Some(sends_end) = sends_end {
        request.set_send_end_stream(sends_end);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: PreparedName = PreparedName::from_static("x-claviger-account", "X-Claviger-Account");

    fn request(target: &[u8]) -> RequestHeader {
        let mut request = RequestHeader::build("PUT", target, None).unwrap();
        for (name, value) in [("X-One", "1"), ("Accept", "a"), ("x-ONE", "2"), ("Host", "api")] {
            request.append_header(name, value).unwrap();
        }
        request
    }

    fn wire(request: &RequestHeader) -> String {
        let mut wire = Vec::new();
        request.header_to_h1_wire(&mut wire);
        String::from_utf8(wire).unwrap()
    }

    #[test]
    fn only_the_spelling_is_forgotten() {
        let mut request = request(b"/x?y");
        assert_eq!(wire(&request), "X-One: 1\r\nx-ONE: 2\r\nAccept: a\r\nHost: api\r\n");
        forget_spelling(&mut request).unwrap();
        assert_eq!(wire(&request), "x-one: 1\r\nx-one: 2\r\naccept: a\r\nHost: api\r\n");
        assert_eq!((request.method.as_str(), request.raw_path()), ("PUT", &b"/x?y"[..]));
    }

    #[test]
    fn target_that_is_not_a_uri_is_kept() {
        for target in ["/x", "/x?y=%20", "*", "?x", "http://host/x?y", "host:80", "/\u{e4}"] {
            let mut request = request(target.as_bytes());
            forget_spelling(&mut request).unwrap();
            assert_eq!(request.raw_path(), target.as_bytes());
        }
        let mut request = request(b"/\xff");
        forget_spelling(&mut request).unwrap();
        assert!(request.raw_path() == b"/\xff" && !request.raw_path_is_utf8());
    }

    #[test]
    fn authority_and_end_of_an_http2_request_are_kept() {
        let mut request = request(b"/");
        request.set_uri("http://api.example.org/x".parse().unwrap());
        request.set_version(http::Version::HTTP_2);
        request.set_send_end_stream(false);
        change_with_room(&mut request, |parts| parts.set(&ACCOUNT, HeaderValue::from_static("acme"))).unwrap();
        assert_eq!(request.uri.authority().unwrap(), "api.example.org");
        assert_eq!((request.version, request.send_end_stream()), (http::Version::HTTP_2, Some(false)));
        assert_eq!(request.headers["x-claviger-account"], "acme");
    }

    #[test]
    fn both_kinds_of_head_are_changed_alike() {
        fn change(head: &mut impl UpstreamHead) -> pingora::Result<()> {
            head.remove(&http::header::ACCEPT);
            head.set(&PreparedName::new(Bytes::from_static(b"X-One")).unwrap(), HeaderValue::from_static("3"))?;
            head.set(&ACCOUNT, HeaderValue::from_static("acme"))
        }
        let (mut spelled, mut lower) = (request(b"/"), request(b"/"));
        change(&mut spelled).unwrap();
        change_with_room(&mut lower, change).unwrap();
        assert_eq!(wire(&spelled), "X-One: 3\r\nHost: api\r\nX-Claviger-Account: acme\r\n");
        assert_eq!(wire(&lower), "x-one: 3\r\nHost: api\r\nx-claviger-account: acme\r\n");
    }
}
