//! The two files as they are written. The JSON Schema comes from here, so every comment is read by
//! people in their editor.

mod body_limits;
mod console;
mod credentials;
mod database;
mod defaults;
mod forward_auth;
mod handover;
mod rate_limits;
mod texts;
mod timeouts;
mod tracing;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{
    AddressRange, DatabaseUrl, HeaderField, HeaderPrefix, ListenAddress, MethodName, OneOrMany, Parsed, UpstreamUrl,
    WebAddress,
};
use crate::credential::Label;

pub use self::body_limits::Limits;
pub use self::console::{Admin, AdminTls, Console, Roles, Session};
pub use self::rate_limits::{RateLimit, Throttle, Window};
pub use credentials::{Account, Credential, CredentialsFile};
pub use database::{Database, DatabaseCache};
pub use forward_auth::ForwardAuth;
pub use handover::Handover;
pub use texts::{Day, Moment, PathText, Prefix, Template};
pub use timeouts::Timeouts;
pub use tracing::Tracing;

/// Above these a gate does not start any more, or only just.
pub(super) const MOST_THREADS: u64 = 1024;
pub(super) const MOST_QUEUED: u64 = 100_000;
pub(super) const MOST_REMEMBERED: u64 = 10_000_000;
pub(super) const MOST_CONNECTIONS: u64 = 1000;
pub(super) const MOST_MEGABYTES: u64 = 65_536;
pub(super) const MOST_LOOKUPS: usize = 100_000;

/// Settings of Claviger.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// The gate: where requests arrive and where they go. Left out, beside a database, this is a desk alone.
    pub proxy: Option<Proxy>,
    /// Where proxies that stay in front of the API ask for the verdicts of the gate. Left out: nowhere.
    pub forward_auth: Option<ForwardAuth>,
    /// Metrics, health and reload, for operators, and the desk.
    pub admin: Admin,
    /// Where people and scripts handle credentials.
    pub console: Console,
    /// How a new process takes over from this one.
    pub handover: Handover,
    /// Where credentials come from: a file, a database, or both. What is in both is the file's.
    pub credentials: Credentials,
    /// How the database is used, where there is one.
    pub database: Database,
    /// Which kinds of credential a request may present.
    pub accept: Accept,
    /// What the API behind is told about the caller.
    pub identity: Identity,
    /// The versions of the API.
    pub versions: Versions,
    /// Rights by name: which methods on which paths a scope opens.
    pub scopes: BTreeMap<Parsed<Label>, Vec<Route>>,
    /// What needs no credential. Presented credentials are not looked at there.
    pub public: Vec<Route>,
    /// The tokens that `claviger token new` makes.
    pub tokens: Tokens,
    /// How much slow hashing goes on.
    pub passwords: Passwords,
    /// How much callers may ask for.
    pub limits: Limits,
    /// How often each credential may be used; one of its own in the credentials file replaces it. Left out:
    /// as often as it likes.
    pub rate_limit: Option<RateLimit>,
    /// How much guessing is tolerated.
    pub throttle: Throttle,
    /// What is written where.
    pub log: Log,
    /// Where requests are told of as parts of traces.
    pub tracing: Tracing,
}

/// The gate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proxy {
    /// Address and port, or a list of them. A change needs a restart.
    pub listen: OneOrMany<Parsed<ListenAddress>>,
    /// The API behind: http://host:port, https://host:port or unix:/path/to/socket.
    pub upstream: Option<Parsed<UpstreamUrl>>,
    /// How the API behind is spoken to. auto: HTTP/2 where TLS negotiates it, else HTTP/1.1.
    pub upstream_protocol: UpstreamProtocol,
    /// How the API behind is verified, for https.
    pub upstream_tls: UpstreamTls,
    /// TLS at the listeners. Certificates are read again when their files change; switching TLS on or off
    /// needs a restart.
    pub tls: Option<Tls>,
    /// Proxies in front whose X-Forwarded-For is believed. None by default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
    /// Where a WebSocket may be opened, with the right credential or where `public` says so; none by default.
    /// Elsewhere it is refused with 403.
    pub upgrades: Vec<Route>,
    /// Worker threads, at most 1024; the number of cores by default. A change needs a restart.
    #[schemars(range(max = MOST_THREADS))]
    pub threads: Option<NonZeroUsize>,
    /// Where your callers read what the codes of refusals mean; the `type` of problem documents.
    pub error_docs: Option<Parsed<WebAddress>>,
    /// How long things may take.
    pub timeouts: Timeouts,
}

/// The protocol towards the API behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamProtocol {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    #[default]
    Auto,
    /// Always HTTP/1.1.
    Http1,
    /// Always HTTP/2, without TLS by prior knowledge; gRPC needs it.
    Http2,
}

/// Verification of an https upstream. It cannot be switched off.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamTls {
    /// The name the certificate must carry; the host of the URL by default.
    pub server_name: Option<String>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// A certificate (PEM) to present to the API behind.
    pub certificate: Option<PathBuf>,
    /// The key (PEM) of that certificate.
    pub key: Option<PathBuf>,
}

/// TLS at the listeners.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
    /// Where set, callers must present a certificate that one of these (PEM) signed.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// Where credentials come from.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// A YAML file, relative to this one; read again when it changes.
    pub file: Option<PathBuf>,
    /// sqlite:FILE, relative to this one, or postgres://USER:PASSWORD@HOST/DATABASE. A change needs a restart.
    pub database: Option<Parsed<DatabaseUrl>>,
    /// A file that holds the address of the database, to keep its password out of this one.
    pub database_file: Option<PathBuf>,
}

/// Which kinds of credential a request may present.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// Authorization: Bearer.
    pub bearer: bool,
    /// API keys; null switches them off.
    pub api_key: Option<ApiKey>,
    /// Authorization: Basic.
    pub basic: bool,
}

/// Where API keys stand.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKey {
    /// The header; null switches it off.
    pub header: Option<Parsed<HeaderField>>,
    /// The query parameter. Off unless named; taken out before the request is forwarded.
    pub query: Option<String>,
}

/// What the API behind is told about the caller.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// What the identity headers begin with: X-, a name and a hyphen. Whatever a request brings under it is
    /// removed.
    pub prefix: Parsed<HeaderPrefix>,
    /// Also forward the credential itself, for an API that still checks it.
    pub forward_credential: bool,
}

/// The versions of the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Versions {
    /// Where a request names its version.
    pub read_from: ReadFrom,
    /// exact: a credential calls its own version only; up_to: older ones too.
    pub rule: VersionRule,
    /// use_pin: a request that names none is served at the credential's version; reject: it is refused.
    pub when_unstated: WhenUnstated,
    /// Every version, oldest first.
    pub known: Vec<Version>,
}

/// Where a request names its version.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadFrom {
    /// A template such as /v{version}/.
    pub path: Option<Parsed<Template>>,
    /// A header such as X-API-Version.
    pub header: Option<Parsed<HeaderField>>,
}

/// Which versions a pin allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionRule {
    /// Its own only.
    #[default]
    Exact,
    /// Older ones too.
    UpTo,
}

/// What becomes of a request that names no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnstated {
    /// Served at the credential's version.
    #[default]
    UsePin,
    /// Refused.
    Reject,
}

/// One version.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// As requests and credentials name it; in quotes.
    pub name: Parsed<Label>,
    /// Answers carry Deprecation (RFC 9745) with this date.
    #[serde(default)]
    pub deprecated_on: Option<Parsed<Day>>,
    /// Answers carry Sunset (RFC 8594) with this date.
    #[serde(default)]
    pub sunset_on: Option<Parsed<Day>>,
    /// From this date (UTC) on the answer is 410.
    #[serde(default)]
    pub retired_on: Option<Parsed<Day>>,
    /// Where people read about the move; sent as Link.
    #[serde(default)]
    pub link: Option<Parsed<WebAddress>>,
}

/// Methods on a path.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Left out: every method. GET includes HEAD.
    #[serde(default)]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /payments covers /payments/7, not /paymentsx.
    pub path: Parsed<PathText>,
}

/// The tokens that are made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// What they begin with.
    pub prefix: Parsed<Prefix>,
}

/// How much slow hashing goes on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Passwords {
    /// Verified at the same time, at most 1024; half the number of cores by default. A change needs a restart.
    #[schemars(range(max = MOST_THREADS))]
    pub threads: Option<NonZeroUsize>,
    /// Waiting at most, up to 100,000; more are refused with 503. A change needs a restart.
    #[schemars(range(max = MOST_QUEUED))]
    pub queue: NonZeroUsize,
    /// Verified pairs that are remembered, up to 10,000,000. A change needs a restart.
    #[schemars(range(max = MOST_REMEMBERED))]
    pub remembered: u64,
}

/// What is written where.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// One line a request on standard output. A change needs a restart.
    pub access: bool,
    /// auto: readable on a terminal, JSON otherwise. A change needs a restart.
    pub format: LogFormat,
    /// What is reported on standard error: error, warn, info, debug; or a filter like RUST_LOG's.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}
