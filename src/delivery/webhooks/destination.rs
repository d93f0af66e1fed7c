//! Where a webhook may lead: checked when it is saved, and before each attempt.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::Url;

use super::address_rules::{is_allowed, is_public};
use super::host_name::{self, HostFault};
use super::name_lookup::{NameLookup, TooManyLookups};
use crate::config::Webhooks;

/// Characters of a URL, as it is typed and as it is stored.
const MAX_URL: usize = 2000;
/// Addresses of one name; DNS may return hundreds.
const MAX_ADDRESSES: usize = 16;

/// What an installation permits. Cheap to make.
#[derive(Debug, Clone)]
pub struct DestinationRules {
    allow_http: bool,
    ports: Box<[u16]>,
    allow: Box<[IpNet]>,
    /// In lower case.
    own_hosts: Vec<String>,
    /// A proxy resolves names and decides about addresses.
    is_proxied: bool,
    names: NameLookup,
}

/// A URL that the rules permit, but for the addresses of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    url: Url,
    host: String,
    port: u16,
}

/// Why a URL is refused: the rest of a sentence that begins with the name of its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationFault {
    #[error("must be 1 to 2,000 characters")]
    Length,
    #[error("must be at most 2,000 characters as it is sent: with a path, and %22 instead of \"")]
    StoredLength,
    #[error(
        "must be of ASCII letters, digits and signs, without spaces and backslashes; write other letters as %XX, and a \
         host as xn--…"
    )]
    Characters,
    #[error("must be https://…; an operator can allow http:// (webhooks.allow_http)")]
    Https,
    #[error("must be https://… or http://…")]
    Scheme,
    #[error("must have no fragment (#…)")]
    Fragment,
    #[error("must have no user name and password")]
    User,
    #[error("must name a host, such as hooks.example.org, and not an address")]
    Address,
    #[error("must not lead to this machine")]
    Localhost,
    #[error("must have the full name of a host, such as hooks.example.org")]
    Host,
    #[error("must not lead to {0}, which is this installation itself")]
    OwnHost(String),
    #[error("must have port {}, not {port}; an operator can allow others (webhooks.ports)", allowed.join(" or "))]
    Port { port: u16, allowed: Vec<String> },
    #[error("must be a web address, such as https://hooks.example.org/claviger")]
    Form,
}

/// Why a destination cannot be connected to: the rest of a sentence that begins with the name of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolveFault {
    #[error("resolves to {address}, which is not public; an operator can allow it (webhooks.allow)")]
    NotPublic { address: IpAddr },
    #[error("has a host that is not found")]
    NotFound,
    /// The lookups of other names hold everything up: this says nothing about the host.
    #[error("has a host that cannot be looked up now; try again")]
    Busy,
}

impl DestinationRules {
    /// `own_urls`: the addresses of this installation, such as that of the console; webhooks do not lead there.
    pub fn new<'u>(webhooks: &Webhooks, own_urls: impl IntoIterator<Item = &'u str>) -> Self {
        let host = |url: &str| Some(Url::parse(url).ok()?.host_str()?.trim_end_matches('.').to_ascii_lowercase());
        Self {
            allow_http: webhooks.allow_http,
            ports: webhooks.ports.clone(),
            allow: webhooks.allow.clone(),
            own_hosts: own_urls.into_iter().filter_map(host).collect(),
            is_proxied: webhooks.proxy.is_some(),
            names: NameLookup::system(),
        }
    }

    #[must_use]
    pub fn with_names(self, names: NameLookup) -> Self {
        Self { names, ..self }
    }

    /// Whether an answer from this address may be kept: one from a network that an operator opened could tell what is
    /// in there.
    pub(super) fn may_keep_answer_of(&self, address: Option<SocketAddr>) -> bool {
        address.is_some_and(|address| !self.is_proxied && !is_allowed(address.ip(), &self.allow))
    }
}

impl Destination {
    /// Parses a URL. Everything that a parser would silently correct is refused before it is parsed.
    ///
    /// # Errors
    /// When the rules do not permit it.
    pub fn parse(text: &str, rules: &DestinationRules) -> Result<Self, DestinationFault> {
        if !(1..=MAX_URL).contains(&text.chars().count()) {
            return Err(DestinationFault::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(DestinationFault::Characters);
        }
        let (rest, default_port) = without_scheme(text, rules.allow_http)?;
        if text.contains('#') {
            return Err(DestinationFault::Fragment);
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(DestinationFault::User);
        }
        let (host, port) = split_port(authority, default_port)?;
        let host = host.to_ascii_lowercase();
        host_name::check(&host).map_err(|fault| match fault {
            HostFault::Address => DestinationFault::Address,
            HostFault::Localhost => DestinationFault::Localhost,
            HostFault::SingleLabel | HostFault::Form => DestinationFault::Host,
        })?;
        if rules.own_hosts.contains(&host) {
            return Err(DestinationFault::OwnHost(host));
        }
        if !rules.ports.contains(&port) {
            let allowed = rules.ports.iter().map(ToString::to_string).collect();
            return Err(DestinationFault::Port { port, allowed });
        }
        let url = Url::parse(text).map_err(|_| DestinationFault::Form)?;
        let is_same = matches!(url.host(), Some(url::Host::Domain(parsed)) if parsed == host)
            && url.port_or_known_default() == Some(port)
            && url.username().is_empty()
            && url.password().is_none();
        // The parser must not see another host than the checks above.
        if !is_same {
            return Err(DestinationFault::Form);
        }
        // The parser adds a path and encodes signs; each attempt parses the result.
        if url.as_str().len() > MAX_URL {
            return Err(DestinationFault::StoredLength);
        }
        Ok(Self { url, host, port })
    }

    /// In lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The addresses that may be connected to, 1 to 16; none where a proxy resolves the name.
    ///
    /// # Errors
    /// When the name is not found in five seconds, one of its addresses may not be reached, or too many other names are being
    /// looked up.
    pub async fn resolve(&self, rules: &DestinationRules) -> Result<Vec<SocketAddr>, ResolveFault> {
        if rules.is_proxied {
            return Ok(Vec::new());
        }
        let found = rules.names.addresses(&self.host).await.map_err(|TooManyLookups| ResolveFault::Busy)?;
        if found.is_empty() {
            return Err(ResolveFault::NotFound);
        }
        let refused = found.iter().find(|address| !is_public(**address) && !is_allowed(**address, &rules.allow));
        if let Some(address) = refused {
            return Err(ResolveFault::NotPublic { address: address.to_canonical() });
        }
        Ok(found.into_iter().take(MAX_ADDRESSES).map(|address| SocketAddr::new(address, self.port)).collect())
    }
}

/// As it is stored and sent to.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

/// What is behind `://`, and the port of the scheme.
fn without_scheme(text: &str, allow_http: bool) -> Result<(&str, u16), DestinationFault> {
    let otherwise = if allow_http { DestinationFault::Scheme } else { DestinationFault::Https };
    let Some((scheme, rest)) = text.split_once("://") else { return Err(otherwise) };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((rest, 443)),
        "http" if allow_http => Ok((rest, 80)),
        _ => Err(otherwise),
    }
}

fn split_port(authority: &str, default: u16) -> Result<(&str, u16), DestinationFault> {
    // The colons of an IPv6 address come before its bracket; without brackets it has more than one.
    if authority.contains(['[', ']']) || authority.matches(':').count() > 1 {
        return Err(DestinationFault::Address);
    }
    let Some((host, port)) = authority.split_once(':') else { return Ok((authority, default)) };
    let is_number = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number).ok_or(DestinationFault::Form)?;
    Ok((host, port))
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
