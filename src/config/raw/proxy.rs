//! Where requests arrive and where they are forwarded.

use std::net::{IpAddr, Ipv6Addr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net};
#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::limits::MAX_THREADS;
use super::{Forwarded, HeaderNames, Route};
use crate::config::values::{
    AddressRange, CheckPath, HumanDuration, ListenAddress, OneOrMany, Parsed, UpstreamUrl, WebAddress,
};

/// The gate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// Address and port, or a list of them. A change needs a restart.
    pub listen: OneOrMany<Parsed<ListenAddress>>,
    /// The API behind: http://host:port, https://host:port or unix:/path/to/socket.
    pub upstream: Option<Parsed<UpstreamUrl>>,
    /// The protocol to the API behind. auto: HTTP/2 where TLS negotiates it, otherwise HTTP/1.1.
    pub upstream_protocol: UpstreamProtocol,
    /// How the certificate of an https upstream is verified.
    pub upstream_tls: UpstreamTls,
    /// When an address of the API behind is skipped, and when it is used again.
    pub upstream_health: UpstreamHealth,
    /// TLS at the listeners. Certificates are read again when their files change; switching TLS on or off needs a
    /// restart.
    pub tls: Option<Tls>,
    /// Proxies in front whose X-Forwarded-For is trusted. None by default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
    /// The headers that say where a request came from. One that is not sent is removed from every request, that of a
    /// trusted proxy too. The gate only: with forward_auth, the proxy that asks sets them.
    pub forwarded: Forwarded,
    /// How names of headers are spelled in requests to the API over HTTP/1.1. as_sent: as the caller sent them, and those of
    /// the gate as X-Claviger-Account. lowercase: in lower case, which takes less CPU, except Accept-Ranges, Age,
    /// Cache-Control, Connection, Content-Encoding, Content-Length, Content-Type, Date, Host, Server, Set-Cookie and
    /// Transfer-Encoding. From or to HTTP/2 all are in lower case.
    pub header_names: HeaderNames,
    /// Routes where a WebSocket may be opened, which need a credential unless `public` covers them too. None by
    /// default; elsewhere an upgrade is refused with 403.
    pub upgrades: Vec<Route>,
    /// Worker threads, at most 1024; the number of cores by default. A change needs a restart.
    #[cfg_attr(test, schemars(range(max = MAX_THREADS)))]
    pub threads: Option<NonZeroUsize>,
    /// The page that explains the codes of refusals to callers; the `type` of problem documents is this page and `#CODE`.
    /// By default /errors/CODE of console.public_url, where that is set.
    pub error_docs: Option<Parsed<WebAddress>>,
    /// Timeouts of requests and connections.
    pub timeouts: Timeouts,
}

/// The protocol to the API behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum UpstreamProtocol {
    /// HTTP/2 where TLS negotiates it, otherwise HTTP/1.1.
    #[default]
    Auto,
    /// Always HTTP/1.1.
    Http1,
    /// Always HTTP/2, without TLS by prior knowledge. gRPC needs it.
    Http2,
}

/// How the certificate of an https upstream is verified. Verification cannot be switched off.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamTls {
    /// The name that the certificate must carry; the host of the URL by default.
    pub server_name: Option<String>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// The client certificate (PEM) to present.
    pub certificate: Option<PathBuf>,
    /// The key (PEM) of the client certificate.
    pub key: Option<PathBuf>,
}

/// When an address of the API behind is skipped, and when it is used again. While all addresses fail, all are used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamHealth {
    /// Failures to connect to an address, without a success in between, after which it is skipped.
    pub max_fails: NonZeroU32,
    /// How long an address is skipped before the gate connects to it again, beside the requests and once at a time. The
    /// pause doubles with each failure, up to 32 times its length.
    pub pause: Parsed<HumanDuration>,
    /// The path of GET requests that check each address, such as /healthz. An address that answers with another status
    /// than 2xx or 3xx, or not in time, is skipped; one that passes is used again. None by default.
    pub path: Option<Parsed<CheckPath>>,
    /// Between two checks of `path` at an address, and the longest time of one; at least 1s.
    pub every: Parsed<HumanDuration>,
}

/// TLS at the listeners.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain (PEM).
    pub certificate: PathBuf,
    /// Key of the certificate (PEM).
    pub key: PathBuf,
    /// Requires a client certificate that one of these authorities (PEM) signed.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// Timeouts of requests and connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// For the whole head of a request. A change needs a restart.
    pub request_head: Parsed<HumanDuration>,
    /// For the next piece of a request body, and for the next write to the caller.
    pub client: Parsed<HumanDuration>,
    /// For an idle connection of a caller. A change needs a restart.
    pub keep_alive: Parsed<HumanDuration>,
    /// For connecting to the API behind, TLS included.
    pub upstream_connect: Parsed<HumanDuration>,
    /// For the next piece of a response of the API behind.
    pub upstream_read: Parsed<HumanDuration>,
    /// For the next write to the API behind.
    pub upstream_write: Parsed<HumanDuration>,
    /// For an idle connection to the API behind; shorter than its own keep-alive.
    pub upstream_keep_alive: Parsed<HumanDuration>,
    /// For silence on an upgraded connection (WebSocket).
    pub upgraded: Parsed<HumanDuration>,
    /// How long the listeners stay open after SIGTERM, while responses ask callers to reconnect. Ends early when no
    /// connection is open. A change needs a restart.
    pub lame_duck: Parsed<HumanDuration>,
    /// How long requests in flight may take after SIGTERM. A change needs a restart.
    pub shutdown: Parsed<HumanDuration>,
}

/// Forward-auth: a proxy in front of the API (nginx, Traefik, Caddy, Envoy) asks at /auth, or over gRPC (Envoy), before
/// it forwards a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ForwardAuth {
    /// Address and port, or a list of them. A change needs a restart.
    pub listen: OneOrMany<Parsed<ListenAddress>>,
    /// The proxies that may ask, and whose statements about the request and its caller are trusted. This machine by
    /// default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            listen: OneOrMany(vec![Parsed(ListenAddress(([127, 0, 0, 1], 8080).into()))]),
            upstream: None,
            upstream_protocol: UpstreamProtocol::Auto,
            upstream_tls: UpstreamTls::default(),
            upstream_health: UpstreamHealth::default(),
            tls: None,
            trusted_proxies: Vec::new(),
            forwarded: Forwarded::default(),
            header_names: HeaderNames::default(),
            upgrades: Vec::new(),
            threads: None,
            error_docs: None,
            timeouts: Timeouts::default(),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = |seconds| Parsed(HumanDuration::seconds(seconds));
        Self {
            request_head: seconds(10),
            client: seconds(60),
            keep_alive: seconds(75),
            upstream_connect: seconds(3),
            upstream_read: seconds(60),
            upstream_write: seconds(60),
            upstream_keep_alive: seconds(50),
            upgraded: seconds(3600),
            lame_duck: seconds(1),
            shutdown: seconds(30),
        }
    }
}

impl Default for UpstreamHealth {
    fn default() -> Self {
        Self {
            max_fails: NonZeroU32::MIN,
            pause: Parsed(HumanDuration::seconds(1)),
            path: None,
            every: Parsed(HumanDuration::seconds(10)),
        }
    }
}

impl Default for ForwardAuth {
    fn default() -> Self {
        let listen = Parsed(ListenAddress(([127, 0, 0, 1], 8082).into()));
        Self { listen: OneOrMany(vec![listen]), trusted_proxies: loopback() }
    }
}

/// The loopback ranges of IPv4 and IPv6.
pub(super) fn loopback() -> Vec<Parsed<AddressRange>> {
    let both = [Ipv4Net::new_assert([127, 0, 0, 0].into(), 8).into(), IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST))];
    both.map(|range| Parsed(AddressRange(range))).into()
}
