//! A request as authorization sees it. Whatever cannot be read, or could be read in two ways, is refused.

use std::net::IpAddr;
use std::time::Instant;

use http::header::HOST;
use http::{HeaderMap, Method, Version};
use ipnet::IpNet;
use jiff::Timestamp;

use super::{forwarded_headers, headers, limits};
use crate::auth::{Network, Presented, Rejection, RequestedVersion, RouteRequest, Target};
use crate::proxy::Policy;

pub(in crate::proxy) const CONNECT: Rejection =
    Rejection::RequestAmbiguous("CONNECT is not supported: an API is not a tunnel.");
/// For a target that RFC 3986 does not allow: clients that escape it and clients that do not get one answer.
pub(in crate::proxy) const ILLEGAL_TARGET: Rejection = Rejection::RequestAmbiguous(
    "The request target has a character that must be percent-encoded: a space, a double quote, <, >, ` or one outside \
     ASCII.",
);

/// True for a byte that a URI may contain (RFC 3986, 2), and for those that many clients leave unescaped and servers
/// agree on: `{}|\^[]`.
pub(in crate::proxy) fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`')
}

/// A request, whichever proxy forwards it.
#[derive(Clone, Copy)]
pub(in crate::proxy) struct AuthRequest<'r> {
    pub(in crate::proxy) method: &'r Method,
    /// As it came, with its query.
    pub(in crate::proxy) target: &'r [u8],
    pub(in crate::proxy) headers: &'r HeaderMap,
    /// The protocol that the headers came by.
    pub(in crate::proxy) protocol: Version,
    /// The target had a character that it must not have, and `target` has it escaped.
    pub(in crate::proxy) has_illegal_target: bool,
    pub(in crate::proxy) origin: ClientOrigin,
    /// There is no room for its head.
    pub(in crate::proxy) is_overload: bool,
    /// Whether it asks for an upgrade; the content of a tunnel is not checked.
    pub(in crate::proxy) is_tunnel: bool,
    /// When all that the decision needs was read.
    pub(in crate::proxy) received_at: Timestamp,
    /// When the head was read; decision time is measured from here.
    pub(in crate::proxy) started: Instant,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::proxy) struct ClientOrigin {
    /// `None` where a trusted proxy does not name a valid address.
    pub(in crate::proxy) client: Option<IpAddr>,
    /// Where failed attempts are counted; `None` for a trusted proxy, which must not be throttled for all clients
    /// behind it.
    pub(in crate::proxy) network: Option<Network>,
}

/// A request, parsed under one policy.
pub(in crate::proxy) struct ParsedRequest<'r> {
    request: AuthRequest<'r>,
    target: Target<'r>,
    version: RequestedVersion<'r>,
    now: Timestamp,
}

impl ClientOrigin {
    /// From the peer of the connection, or from what `trusted` proxies say about it.
    pub(in crate::proxy) fn of_peer(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpNet]) -> Self {
        Self::new(peer.and_then(|peer| forwarded_headers::client_address(headers, peer, trusted)), trusted)
    }

    /// From X-Forwarded-For alone: the proxy that sends it is never the client itself.
    pub(in crate::proxy) fn of_forwarded(headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        Self::new(forwarded_headers::forwarded_address(headers, trusted), trusted)
    }

    fn new(client: Option<IpAddr>, trusted: &[IpNet]) -> Self {
        let untrusted = client.filter(|client| !forwarded_headers::is_trusted(*client, trusted));
        Self { client, network: untrusted.map(Network::of) }
    }
}

impl<'r> AuthRequest<'r> {
    /// # Errors
    /// A request over the limits, and one that the API could read differently.
    pub(in crate::proxy) fn read(&self, policy: &Policy, now: Timestamp) -> Result<ParsedRequest<'r>, Rejection> {
        if self.is_overload {
            return Err(Rejection::Overloaded);
        }
        limits::check_head(self.target, self.headers, &policy.limits)?;
        if self.method == Method::CONNECT {
            return Err(CONNECT);
        }
        if self.has_illegal_target || !self.target.iter().all(|byte| is_uri_byte(*byte)) {
            return Err(ILLEGAL_TARGET);
        }
        let target = Target::parse(self.target, policy.rules.path_rules())?;
        self.refuse_ambiguous_headers(policy.rules.depend_on_methods())?;
        let version = RequestedVersion::read(&policy.rules.versions, target, self.headers)?;
        Ok(ParsedRequest { request: *self, target, version, now })
    }

    fn refuse_ambiguous_headers(&self, rules_by_method: bool) -> Result<(), Rejection> {
        let mut hosts = self.headers.get_all(HOST).iter();
        let has_host = hosts.next().is_some();
        if hosts.next().is_some() || (!has_host && self.protocol == Version::HTTP_11) {
            return Err(Rejection::RequestAmbiguous("An HTTP/1.1 request needs exactly one Host header."));
        }
        if !headers::has_one_length(self.headers) {
            return Err(Rejection::RequestAmbiguous("Content-Length must occur once and consist of digits."));
        }
        // A parser of HTTP/1.1 refuses such a name itself.
        if self.protocol != Version::HTTP_11 && !headers::has_valid_names(self.headers) {
            return Err(Rejection::RequestAmbiguous(
                "A header name contains a character that HTTP/1.1 does not allow.",
            ));
        }
        if !headers::is_chunked_once(self.headers) {
            return Err(Rejection::RequestAmbiguous("Transfer-Encoding must name chunked once."));
        }
        if rules_by_method && headers::has_second_method(self.headers) {
            return Err(Rejection::RequestAmbiguous("A header overrides the method of the request."));
        }
        Ok(())
    }
}

impl<'r> ParsedRequest<'r> {
    /// What rules match on.
    pub(in crate::proxy) fn route(&self) -> RouteRequest<'r> {
        RouteRequest {
            method: self.request.method,
            path: self.version.path,
            version: self.version.version,
            address: self.request.origin.client,
            now: self.now,
        }
    }

    /// # Errors
    /// As [`Presented::read`].
    pub(in crate::proxy) fn presented(&self, policy: &Policy) -> Result<Option<Presented<'r>>, Rejection> {
        Presented::read(&policy.rules.accept, self.request.headers, self.target.query)
    }
}
