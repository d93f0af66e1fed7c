//! The console listener, and what its pages look like.

use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control_plane_tls::ListenerTls;
use super::proxy::loopback;
use crate::config::values::{AddressRange, Colour, HumanDuration, LanguageTag, ListenAddress, Parsed, WebAddress};

/// The listener for people and scripts: the pages of the console, and the management API under /api/v1. Needs a
/// database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Address and port; loopback by default. Another address needs tls or behind_proxy. A change needs a restart.
    pub listen: Parsed<ListenAddress>,
    /// The address of this listener for browsers; links in messages begin with it.
    pub public_url: Option<Parsed<WebAddress>>,
    /// TLS at this listener. Certificates are read again when their files change; switching TLS on or off needs a
    /// restart.
    pub tls: Option<ListenerTls>,
    /// A proxy in front terminates TLS, and its X-Forwarded-For names the caller.
    pub behind_proxy: bool,
    /// Addresses of that proxy; X-Forwarded-For of other callers is ignored. This machine by default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
    /// False: this process serves neither pages nor the management API. A change needs a restart.
    pub enabled: bool,
    /// A page that explains how to use the API behind.
    pub docs_url: Option<Parsed<WebAddress>>,
    /// The address of the API for its callers; the examples beside a new secret begin with it.
    pub api_url: Option<Parsed<WebAddress>>,
    /// The names of roles that people see.
    pub roles: Roles,
    /// How long a user stays signed in.
    pub session: Session,
    /// The provider's name and looks on every page.
    pub brand: Brand,
    /// A folder with texts that replace ours: FOLDER/LANGUAGE/*.ftl (Fluent). Read again when a file changes.
    pub texts: Option<PathBuf>,
    /// Languages of pages. The browser's preference decides among them; the first is for all others.
    pub languages: Vec<Parsed<LanguageTag>>,
}

/// The provider's name and looks on every page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Brand {
    /// The provider's or the product's name.
    pub name: String,
    /// An image (SVG or PNG, at most 100 KiB) beside the name.
    pub logo: Option<PathBuf>,
    /// The colour of buttons and marks. It needs contrast with the page and with text on it (WCAG 2.2).
    pub colour: Option<Parsed<Colour>>,
    /// Who helps: an e-mail address, a web address or a sentence.
    pub support: Option<String>,
    /// The privacy policy.
    pub privacy_url: Option<Parsed<WebAddress>>,
    /// The legal notice.
    pub imprint_url: Option<Parsed<WebAddress>>,
}

/// The names of roles that people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// A user of the provider.
    pub staff: String,
    /// A user who is responsible for an account.
    pub owner: String,
    /// A user who manages the credentials of an account.
    pub implementer: String,
    /// A user with an own key.
    pub member: String,
}

/// How long a user stays signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Without a request.
    pub idle: Parsed<HumanDuration>,
    /// In any case.
    pub most: Parsed<HumanDuration>,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            listen: Parsed(ListenAddress(([127, 0, 0, 1], 8083).into())),
            public_url: None,
            tls: None,
            behind_proxy: false,
            trusted_proxies: loopback(),
            enabled: true,
            docs_url: None,
            api_url: None,
            roles: Roles::default(),
            session: Session::default(),
            brand: Brand::default(),
            texts: None,
            languages: vec![Parsed(LanguageTag("en".into()))],
        }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: "Claviger".into(), logo: None, colour: None, support: None, privacy_url: None, imprint_url: None }
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
