//! The headers by which a browser lets pages of other origins read responses (Fetch, 3.2). Never
//! Access-Control-Allow-Credentials: a credential of this gate is no cookie.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora::http::ResponseHeader;
use uuid::Uuid;

use super::request::headers::HeaderNames;
use crate::config::raw;

/// What the gate sets on a response of the API beside the identity headers, and what a refusal has.
const EXPOSED: [&str; 9] = [
    "WWW-Authenticate",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
    "Link",
    "Grpc-Status",
    "Grpc-Message",
];

/// The values of one policy.
pub(super) struct CorsHeaders {
    methods: HeaderValue,
    headers: HeaderValue,
    /// In seconds.
    max_age: HeaderValue,
    exposed: HeaderValue,
    request_id: Bytes,
    replaces_answers: bool,
}

impl CorsHeaders {
    pub(super) fn new(written: &raw::Cors, names: &HeaderNames) -> Option<Self> {
        let list = |texts: Vec<&str>| HeaderValue::from_str(&texts.join(", ")).ok();
        let ours = [names.request_id(), names.code()];
        let ours = ours.iter().filter_map(|name| std::str::from_utf8(name).ok());
        let max_age: Duration = written.max_age.duration();
        Some(Self {
            methods: list(written.methods.iter().map(|method| method.0.0.as_str()).collect())?,
            headers: list(written.headers.iter().map(|header| header.0.0.as_str()).collect())?,
            max_age: HeaderValue::from(max_age.as_secs()),
            exposed: list(EXPOSED.into_iter().chain(ours).collect())?,
            request_id: names.request_id(),
            replaces_answers: written.answers,
        })
    }

    /// The response to a preflight of an allowed origin.
    pub(super) fn preflight(&self, origin: &HeaderValue) -> pingora::Result<ResponseHeader> {
        let mut head = ResponseHeader::build_no_case(StatusCode::NO_CONTENT, Some(5))?;
        head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone())?;
        head.insert_header(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone())?;
        head.insert_header(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone())?;
        head.insert_header(ACCESS_CONTROL_MAX_AGE, self.max_age.clone())?;
        head.insert_header(VARY, HeaderValue::from_static("Origin"))?;
        Ok(head)
    }

    /// Lets a page of `origin` read a refusal, its request id included; `None` for an origin that is not allowed.
    pub(super) fn set_on_refusal(
        &self,
        head: &mut ResponseHeader,
        origin: Option<&HeaderValue>,
        id: Uuid,
    ) -> pingora::Result<()> {
        add_vary(head)?;
        let Some(origin) = origin else { return Ok(()) };
        head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone())?;
        head.insert_header(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone())?;
        head.insert_header(self.request_id.clone(), id.to_string())?;
        Ok(())
    }

    /// Replaces the CORS headers of a response of the API, where the settings say so. Keeps the list of headers that
    /// the API exposes: only the API has all their names.
    pub(super) fn set_on_answer(&self, head: &mut ResponseHeader, origin: Option<&HeaderValue>) -> pingora::Result<()> {
        if !self.replaces_answers {
            return Ok(());
        }
        let is_replaced = |name: &&HeaderName| {
            name.as_str().starts_with("access-control-") && **name != ACCESS_CONTROL_EXPOSE_HEADERS
        };
        let replaced: Vec<HeaderName> = head.headers.keys().filter(is_replaced).cloned().collect();
        for name in &replaced {
            head.remove_header(name);
        }
        add_vary(head)?;
        match origin {
            Some(origin) => {
                head.insert_header(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone())?;
                head.append_header(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone()).map(drop)
            }
            None => {
                head.remove_header(&ACCESS_CONTROL_EXPOSE_HEADERS);
                Ok(())
            }
        }
    }
}

/// Tells caches that the response depends on Origin, also where this one names none (Fetch, 3.2.5).
fn add_vary(head: &mut ResponseHeader) -> pingora::Result<()> {
    let names = head.headers.get_all(VARY).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut names = names.map(<[u8]>::trim_ascii);
    if names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin")) {
        return Ok(());
    }
    head.append_header(VARY, HeaderValue::from_static("Origin")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vary(lines: &[&'static str]) -> Vec<String> {
        let mut head = ResponseHeader::build_no_case(200, None).unwrap();
        for line in lines {
            head.append_header(VARY, HeaderValue::from_static(line)).unwrap();
        }
        add_vary(&mut head).unwrap();
        head.headers.get_all(VARY).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn vary_names_origin_once() {
        assert_eq!(vary(&[]), ["Origin"]);
        assert_eq!(vary(&["Accept-Encoding", "X-Origin"]), ["Accept-Encoding", "X-Origin", "Origin"]);
        for lines in [&["origin"][..], &["Accept, ORIGIN"], &["*"], &["Accept", "Origin "]] {
            assert_eq!(vary(lines), lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>());
        }
    }
}
