//! What a verdict is about. Fails closed on everything that cannot be read, or could be read in two ways.

use std::net::IpAddr;

use http::header::HOST;
use http::{HeaderMap, Method, Version};
use ipnet::IpNet;
use jiff::Timestamp;

use super::{headers, limits};
use crate::auth::{Network, Presented, Rejection, RequestedVersion, RouteRequest, Target};
use crate::proxy::Policy;

/// A request that somebody wants to make, whoever will forward it.
#[derive(Clone, Copy)]
pub(in crate::proxy) struct AuthRequest<'r> {
    pub(in crate::proxy) method: &'r Method,
    /// As it came, with its query.
    pub(in crate::proxy) target: &'r [u8],
    pub(in crate::proxy) headers: &'r HeaderMap,
    /// The protocol that the headers came by.
    pub(in crate::proxy) protocol: Version,
    pub(in crate::proxy) whence: ClientOrigin,
    /// Whether it would become a tunnel, of which nothing is looked at any more.
    pub(in crate::proxy) is_tunnel: bool,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::proxy) struct ClientOrigin {
    /// Who is calling, network-wise; `None` where that cannot be told.
    pub(in crate::proxy) client: Option<IpAddr>,
    /// Where its guesses are counted. A proxy of our own must not be throttled for all callers behind it.
    pub(in crate::proxy) network: Option<Network>,
}

/// A question, read under one policy.
pub(in crate::proxy) struct ParsedRequest<'r> {
    question: AuthRequest<'r>,
    target: Target<'r>,
    stated: RequestedVersion<'r>,
    now: Timestamp,
}

impl ClientOrigin {
    /// From the other end of the connection, or what `trusted` proxies say in front of it.
    pub(in crate::proxy) fn of(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &[IpNet]) -> Self {
        Self::from(peer.and_then(|peer| headers::client_address(headers, peer, trusted)), trusted)
    }

    /// From where a proxy says: one that tells nothing is not taken for its caller.
    pub(in crate::proxy) fn told(headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        Self::from(headers::forwarded_address(headers, trusted), trusted)
    }

    fn from(client: Option<IpAddr>, trusted: &[IpNet]) -> Self {
        let stranger = client.filter(|client| !headers::is_trusted(*client, trusted));
        Self { client, network: stranger.map(Network::of) }
    }
}

impl<'r> AuthRequest<'r> {
    /// Reads it.
    ///
    /// # Errors
    /// What the API behind could read otherwise than we do, or is too much.
    pub(in crate::proxy) fn read(&self, policy: &Policy, now: Timestamp) -> Result<ParsedRequest<'r>, Rejection> {
        limits::look_at_head(self.target, self.headers, &policy.limits)?;
        if self.method == Method::CONNECT {
            return Err(Rejection::RequestAmbiguous("A tunnel (CONNECT) is no request to an API."));
        }
        let target = Target::parse(self.target, policy.rules.look_at_paths())?;
        self.refuse_two_readings(policy.rules.look_at_methods())?;
        let stated = RequestedVersion::read(&policy.rules.versions, target, self.headers)?;
        Ok(ParsedRequest { question: *self, target, stated, now })
    }

    fn refuse_two_readings(&self, rules_by_method: bool) -> Result<(), Rejection> {
        let mut hosts = self.headers.get_all(HOST).iter();
        let has_host = hosts.next().is_some();
        if hosts.next().is_some() || (!has_host && self.protocol == Version::HTTP_11) {
            return Err(Rejection::RequestAmbiguous("An HTTP/1.1 request must name its host once."));
        }
        if !headers::has_one_length(self.headers) {
            return Err(Rejection::RequestAmbiguous("The request must state the length of its body once, in digits."));
        }
        if rules_by_method && headers::has_second_method(self.headers) {
            return Err(Rejection::RequestAmbiguous("The request names a second method in a header."));
        }
        Ok(())
    }
}

impl<'r> ParsedRequest<'r> {
    /// What rules look at.
    pub(in crate::proxy) fn call(&self) -> RouteRequest<'r> {
        RouteRequest {
            method: self.question.method,
            path: self.stated.path,
            version: self.stated.version,
            address: self.question.whence.client,
            now: self.now,
        }
    }

    /// What it presents, if anything.
    ///
    /// # Errors
    /// As [`Presented::read`].
    pub(in crate::proxy) fn presented(&self, policy: &Policy) -> Result<Option<Presented<'r>>, Rejection> {
        Presented::read(&policy.rules.accept, self.question.headers, self.target.query)
    }
}
