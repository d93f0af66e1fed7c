//! Requests of pages of other origins (Fetch, 3.2).

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use super::Rejection;

/// The origins whose pages may read responses. Never decides about access: a client that is no browser sends any origin.
#[derive(Debug, Clone)]
pub struct AllowedOrigins(Box<[HeaderValue]>);

impl AllowedOrigins {
    /// Compared byte for byte.
    pub fn new(origins: Box<[HeaderValue]>) -> Self {
        Self(origins)
    }

    /// The origin of a request, where it is allowed; `None` for a request with several.
    pub fn find(&self, headers: &HeaderMap) -> Option<&HeaderValue> {
        let mut values = headers.get_all(ORIGIN).iter();
        let origin = values.next()?;
        if values.next().is_some() { None } else { self.matching(origin.as_bytes()) }
    }

    pub fn matching(&self, origin: &[u8]) -> Option<&HeaderValue> {
        self.0.iter().find(|allowed| allowed.as_bytes() == origin)
    }

    /// Decides about the preflight of a browser, which carries no credential; `None` for any other request.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Result<&HeaderValue, Rejection>> {
        let is_preflight = method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        is_preflight.then(|| self.find(headers).ok_or(Rejection::OriginNotAllowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> AllowedOrigins {
        AllowedOrigins::new(["https://app.example.org", "http://[::1]:3000"].map(HeaderValue::from_static).into())
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_an_exact_origin_is_allowed() {
        let origins = origins();
        let find = |origin| origins.find(&headers(&[("origin", origin)])).cloned();
        assert_eq!(find("https://app.example.org").unwrap(), "https://app.example.org");
        assert_eq!(find("http://[::1]:3000").unwrap(), "http://[::1]:3000");
        for other in [
            "null",
            "",
            "*",
            "http://app.example.org",
            "https://app.example.org:443",
            "https://app.example.org/",
            "https://app.example.org.evil.example",
            "https://evil.app.example.org",
            "https://APP.example.org",
            "https://app.example.org, https://app.example.org",
            "https://app.example.or",
        ] {
            assert_eq!(find(other), None, "{other}");
        }
        assert_eq!(origins.find(&HeaderMap::new()), None);
        let twice = headers(&[("origin", "https://app.example.org"), ("origin", "https://app.example.org")]);
        assert_eq!(origins.find(&twice), None);
    }

    #[test]
    fn a_preflight_has_a_method_an_origin_and_a_requested_method() {
        let origins = origins();
        let (origin, method) = (("origin", "https://app.example.org"), ("access-control-request-method", "GET"));
        let is_allowed =
            |method: Method, fields: &[_]| origins.preflight(&method, &headers(fields)).map(|verdict| verdict.is_ok());
        assert_eq!(is_allowed(Method::OPTIONS, &[origin, method]), Some(true));
        assert_eq!(is_allowed(Method::OPTIONS, &[("origin", "null"), method]), Some(false));
        assert_eq!(is_allowed(Method::OPTIONS, &[origin, origin, method]), Some(false));
        assert_eq!(is_allowed(Method::OPTIONS, &[origin]), None);
        assert_eq!(is_allowed(Method::OPTIONS, &[method]), None);
        assert_eq!(is_allowed(Method::GET, &[origin, method]), None);
    }
}
