//! What the readers of queries make of given bytes, for fuzzers: `fuzz/checks.rs`.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pingora::http::RequestHeader;

use super::envoy::EnvoyRequest;
use super::envoy_messages::CheckRequest;
use super::grpc;
use super::original_request::AuthQuery;

/// The original request, as a front proxy reports it.
#[derive(Debug, PartialEq, Eq)]
pub struct ReportedRequest {
    pub method: Method,
    pub target: Vec<u8>,
    /// Those of Envoy's message; none over HTTP, where they are those of the query.
    pub headers: HeaderMap,
}

impl ReportedRequest {
    /// Of a query over HTTP. `None` where the path is none of ours, or the request is refused.
    pub fn from_query(method: &Method, target: &[u8], headers: &[(HeaderName, HeaderValue)]) -> Option<Self> {
        let mut query = RequestHeader::build(method.clone(), target, None).ok()?;
        for (name, value) in headers {
            query.append_header(name.clone(), value.clone()).ok()?;
        }
        let original = AuthQuery::new(&query)?.original().ok()?;
        Some(Self { method: original.method, target: original.target.to_vec(), headers: HeaderMap::new() })
    }

    /// Of the body of Envoy's call over gRPC. `None` where it is refused.
    pub fn from_check(body: &[u8]) -> Option<Self> {
        let check: CheckRequest = grpc::message(body).ok()?;
        let EnvoyRequest { method, target, headers, .. } = EnvoyRequest::read(check)?;
        Some(Self { method, target, headers })
    }
}
