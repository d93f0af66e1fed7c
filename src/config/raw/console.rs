//! Where people and scripts handle credentials, as it is written.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forward_auth::this_machine;
use crate::config::values::{AddressRange, HumanDuration, ListenAddress, Parsed, WebAddress};

/// Metrics, health and reload, and the desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port; loopback by default. A change needs a restart.
    pub listen: Parsed<ListenAddress>,
    /// Where browsers find this listener; the only source of links that go out.
    pub public_url: Option<Parsed<WebAddress>>,
    /// TLS at this listener. Certificates are read again when their files change; switching TLS on or off needs a
    /// restart.
    pub tls: Option<AdminTls>,
    /// A proxy in front speaks TLS with people, and says in X-Forwarded-For who they are: the last address there is
    /// believed.
    pub behind_proxy: bool,
    /// Where that proxy is; of anybody else X-Forwarded-For is ignored. This machine by default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
}

/// TLS at the admin listener.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminTls {
    /// Certificate chain (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
}

/// Where people and scripts handle credentials: the API under /api/v1 of the admin listener. Only with a database.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Off: the admin listener has metrics, health and reload only. A change needs a restart.
    pub enabled: bool,
    /// Where people read how to use the API behind.
    pub docs_url: Option<Parsed<WebAddress>>,
    /// What roles are called where people see them.
    pub roles: Roles,
    /// How long somebody stays signed in.
    pub session: Session,
}

/// What roles are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// Of the provider.
    pub staff: String,
    /// Answers for an account.
    pub owner: String,
    /// Looks after the credentials of an account.
    pub implementer: String,
    /// Has a key of their own.
    pub member: String,
}

/// How long somebody stays signed in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Without doing anything.
    pub idle: Parsed<HumanDuration>,
    /// Whatever they do.
    pub most: Parsed<HumanDuration>,
}

impl Default for Admin {
    fn default() -> Self {
        let listen = Parsed(ListenAddress(([127, 0, 0, 1], 8081).into()));
        Self { listen, public_url: None, tls: None, behind_proxy: false, trusted_proxies: this_machine() }
    }
}

impl Default for Console {
    fn default() -> Self {
        Self { enabled: true, docs_url: None, roles: Roles::default(), session: Session::default() }
    }
}

impl Default for Roles {
    fn default() -> Self {
        let [staff, owner, implementer, member] = ["Staff", "Owner", "Implementer", "Member"].map(str::to_owned);
        Self { staff, owner, implementer, member }
    }
}

impl Default for Session {
    fn default() -> Self {
        let hours = |hours: u64| Parsed(HumanDuration::seconds(hours * 3600));
        Self { idle: hours(8), most: hours(24) }
    }
}
