//! Both files as serde reads them. The JSON Schema is generated from these types, so their doc comments are what an
//! editor shows.

mod accept;
mod admin;
mod ambiguous_paths;
mod console;
mod control_plane_tls;
mod cors;
mod credentials;
mod credentials_file;
mod database;
mod delivery;
mod forwarded;
mod handover;
mod identity;
mod limits;
mod log;
mod proxy;
mod routes;
mod tracing;
mod verbatim;
mod versions;
mod webhooks;

use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::Parsed;
use crate::config::{Document, schema};
use crate::credential::Label;

pub use self::log::{Log, LogFormat};
pub use self::tracing::Tracing;
pub use accept::{Accept, ApiKey, BasicToken, Tokens};
pub use admin::Admin;
pub use ambiguous_paths::{PathException, Spelling};
pub use console::{Brand, Console, Roles, Session};
pub use control_plane_tls::ListenerTls;
pub use cors::Cors;
pub use credentials::Credentials;
pub use credentials_file::{Account, Credential, CredentialRow, CredentialsFile};
pub use database::{Database, DatabaseCache};
pub(super) use database::{MAX_CONNECTIONS, MAX_LOOKUPS, MAX_MEGABYTES};
pub use delivery::{Delivery, Mail, Reveal, Sms};
pub use forwarded::{Forwarded, ForwardedHost, HeaderNames};
pub use handover::Handover;
pub use identity::{Identity, IdentityHeader};
pub(super) use limits::{DEFAULT_HEAD_BYTES, DEFAULT_STREAMS, MAX_QUEUED, MAX_REMEMBERED, MAX_THREADS};
pub use limits::{Limits, Passwords, RateLimit, Throttle, Window};
pub use proxy::{ForwardAuth, Proxy, Timeouts, Tls, UpstreamHealth, UpstreamProtocol, UpstreamTls};
pub use routes::{PublicCredential, PublicRoute, Route};
pub use verbatim::{Day, Moment, PathText, Prefix, Template};
pub use versions::{ReadFrom, Version, VersionRule, Versions, WhenUnstated};
pub use webhooks::Webhooks;

/// Settings of Claviger.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// The gate: where requests arrive and where they are forwarded. Without this section, a process with a database
    /// serves the control plane only.
    pub proxy: Option<Proxy>,
    /// The listener where a proxy in front of the API asks for decisions. Off by default.
    pub forward_auth: Option<ForwardAuth>,
    /// The listener for machines: metrics, health and reload.
    pub admin: Admin,
    /// The listener for people and scripts: the pages of the console, and the management API under /api/v1. Needs a
    /// database.
    pub console: Console,
    /// A file with 32 random bytes, the same in every process of a fleet. Codes of delivery and secrets of webhooks
    /// are derived from it. With SQLite it is made where it is missing. A change needs a restart.
    pub installation_key_file: PathBuf,
    /// Previous installation keys, until nothing derives from them. A change needs a restart.
    pub old_installation_key_files: Vec<PathBuf>,
    /// How secrets and notices reach people.
    pub delivery: Delivery,
    /// Events that callers of the API receive at addresses of their own. Needs a database and console.public_url. Off
    /// by default.
    pub webhooks: Option<Webhooks>,
    /// How a new process takes over from this one.
    pub handover: Handover,
    /// Where credentials come from: a file, a database, or both. An id that is in both is the file's.
    pub credentials: Credentials,
    /// How the database is used.
    pub database: Database,
    /// The kinds of credential that a request may present.
    pub accept: Accept,
    /// What the API behind learns about the caller.
    pub identity: Identity,
    /// The versions of the API.
    pub versions: Versions,
    /// Scopes by name: the routes that each one allows.
    pub scopes: BTreeMap<Parsed<Label>, Vec<Route>>,
    /// Routes that need no credential.
    pub public: Vec<PublicRoute>,
    /// Pages of other origins that may call the API from a browser. None by default: the API answers for itself.
    pub cors: Option<Cors>,
    /// Paths below which the API needs spellings that servers may read in two ways, such as %2F. None by default.
    pub paths: Vec<PathException>,
    /// The tokens that Claviger creates.
    pub tokens: Tokens,
    /// How much slow hashing runs at once.
    pub passwords: Passwords,
    /// Limits of requests and connections.
    pub limits: Limits,
    /// How often each credential may be used. A rate_limit of the credential replaces it. Unlimited by default.
    pub rate_limit: Option<RateLimit>,
    /// Delays after wrong guesses.
    pub throttle: Throttle,
    /// What is logged.
    pub log: Log,
    /// Traces of requests.
    pub tracing: Tracing,
}

impl Default for File {
    fn default() -> Self {
        Self {
            proxy: Default::default(),
            forward_auth: Default::default(),
            admin: Default::default(),
            console: Default::default(),
            installation_key_file: "installation.key".into(),
            old_installation_key_files: Default::default(),
            delivery: Default::default(),
            webhooks: Default::default(),
            handover: Default::default(),
            credentials: Default::default(),
            database: Default::default(),
            accept: Default::default(),
            identity: Default::default(),
            versions: Default::default(),
            scopes: Default::default(),
            public: Default::default(),
            cors: Default::default(),
            paths: Default::default(),
            tokens: Default::default(),
            passwords: Default::default(),
            limits: Default::default(),
            rate_limit: Default::default(),
            throttle: Default::default(),
            log: Default::default(),
            tracing: Default::default(),
        }
    }
}

impl Document for File {
    const NULLABLE: &'static [&'static str] = &[
        "accept.api_key",
        "accept.api_key.header",
        "accept.api_key.query",
        "console.docs_url",
        "handover.socket",
        "log.file",
        "tracing.otlp",
        "webhooks.examples.*.**",
    ];
    const MAY_BE_EMPTY: &'static [&'static str] = &[
        "console.trusted_proxies",
        "forward_auth.trusted_proxies",
        "identity.headers",
        "proxy.trusted_proxies",
        "proxy.upgrades",
        "public",
        "scopes.*",
        "webhooks.allow",
        "webhooks.examples.*.**",
    ];

    fn key_paths() -> Vec<String> {
        schema::key_paths(false)
    }
}
