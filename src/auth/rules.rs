//! Whether a proven credential may make this call.

use std::sync::Arc;

use ipnet::IpNet;

use super::{Accept, NamedVersion, Rejection, RouteRequest};
use crate::credential::{Credential, RouteRule, ScopeCatalog, TokenFormat, Version, VersionCatalog, WhenUnstated};

/// Everything that is decided per request and does not depend on who is calling.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which credentials may be presented.
    pub accept: Accept,
    /// The shape of our own tokens.
    pub token_format: TokenFormat,
    /// The versions of the API.
    pub versions: VersionCatalog,
    /// What scopes open.
    pub scopes: ScopeCatalog,
    /// What needs no credential.
    pub public: Box<[RouteRule]>,
    /// Where a WebSocket may be opened.
    pub upgrades: Box<[RouteRule]>,
}

/// A request that may pass.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Who is calling; `None` on a public route.
    pub credential: Option<Arc<Credential>>,
    /// The version it is served at, by rank.
    pub version: Option<usize>,
}

impl Admission {
    /// The version it is served at.
    pub fn served<'v>(&self, versions: &'v VersionCatalog) -> Option<&'v Version> {
        versions.known.get(self.version?)
    }
}

/// One question that every proven credential has to answer.
pub struct Check {
    /// In a word, for people.
    pub name: &'static str,
    /// The question.
    pub apply: fn(&Rules, &Credential, &RouteRequest) -> Result<(), Rejection>,
}

/// All of them, in the order in which they are asked. The first `Err` decides.
pub const CHECKS: [Check; 6] = [
    Check { name: "enabled", apply: enabled },
    Check { name: "account", apply: account },
    Check { name: "expiry", apply: expiry },
    Check { name: "address", apply: address },
    Check { name: "version", apply: version },
    Check { name: "scopes", apply: scopes },
];

impl Rules {
    /// True when some rule looks at the path, so that no part of it may be dropped by a server behind.
    pub fn look_at_paths(&self) -> bool {
        let has_routes = !self.public.is_empty() || !self.upgrades.is_empty();
        self.versions.path.is_some() || !self.scopes.is_empty() || has_routes
    }

    /// True when some rule looks at the method, so that nothing else may change it behind us.
    pub fn look_at_methods(&self) -> bool {
        !self.scopes.is_empty() || self.public.iter().any(|rule| !rule.methods.is_empty())
    }

    /// True when the call needs no credential.
    pub fn is_public(&self, call: &RouteRequest) -> bool {
        self.public.iter().any(|rule| rule.covers(call.method, call.path))
    }

    /// Decides whether a call that may pass may also become a tunnel.
    ///
    /// # Errors
    /// Where no rule names its path.
    pub fn permit_upgrade(&self, call: &RouteRequest) -> Result<(), Rejection> {
        let is_named = self.upgrades.iter().any(|rule| rule.covers(call.method, call.path));
        if is_named { Ok(()) } else { Err(Rejection::UpgradeNotAllowed) }
    }

    /// Decides about a call on a public route.
    ///
    /// # Errors
    /// When it names a version that is unknown or retired.
    pub fn admit_anyone(&self, call: &RouteRequest) -> Result<Admission, Rejection> {
        let version = match call.version {
            NamedVersion::Unstated => None,
            NamedVersion::Unknown => return Err(Rejection::VersionUnknown),
            NamedVersion::Known(rank) => Some(rank),
        };
        self.refuse_retired(version, call)?;
        Ok(Admission { credential: None, version })
    }

    /// Decides about a call with a proven credential, anew for every request.
    ///
    /// # Errors
    /// The first of [`CHECKS`] that fails.
    pub fn admit(&self, credential: Arc<Credential>, call: &RouteRequest) -> Result<Admission, Rejection> {
        for check in &CHECKS {
            (check.apply)(self, &credential, call)?;
        }
        let version = self.served_version(&credential, call)?;
        Ok(Admission { credential: Some(credential), version })
    }

    /// The version that a call is served at: the one it names, or the pin.
    fn served_version(&self, credential: &Credential, call: &RouteRequest) -> Result<Option<usize>, Rejection> {
        if self.versions.known.is_empty() {
            return Ok(None);
        }
        let pin = credential.version.as_ref();
        match (call.version, self.versions.when_unstated) {
            (NamedVersion::Known(rank), _) if self.versions.allows(pin, rank) => Ok(Some(rank)),
            (NamedVersion::Known(_), _) => Err(Rejection::VersionNotAllowed),
            (NamedVersion::Unknown, _) => Err(Rejection::VersionUnknown),
            (NamedVersion::Unstated, WhenUnstated::Reject) => Err(Rejection::VersionUnstated),
            (NamedVersion::Unstated, WhenUnstated::UsePin) => {
                pin.and_then(|pin| self.versions.rank(pin.as_str())).map(Some).ok_or(Rejection::VersionNotAllowed)
            }
        }
    }

    fn refuse_retired(&self, version: Option<usize>, call: &RouteRequest) -> Result<(), Rejection> {
        let version = version.and_then(|rank| self.versions.known.get(rank));
        match version {
            Some(version) if version.is_retired(call.now) => Err(Rejection::VersionRetired),
            _ => Ok(()),
        }
    }
}

fn enabled(_: &Rules, credential: &Credential, _: &RouteRequest) -> Result<(), Rejection> {
    if credential.enabled { Ok(()) } else { Err(Rejection::CredentialDisabled) }
}

fn account(_: &Rules, credential: &Credential, _: &RouteRequest) -> Result<(), Rejection> {
    if credential.account.access { Ok(()) } else { Err(Rejection::AccessOff) }
}

fn expiry(_: &Rules, credential: &Credential, call: &RouteRequest) -> Result<(), Rejection> {
    match credential.expires_at {
        Some(end) if call.now >= end => Err(Rejection::CredentialExpired),
        _ => Ok(()),
    }
}

fn address(_: &Rules, credential: &Credential, call: &RouteRequest) -> Result<(), Rejection> {
    // A dual-stack listener shows an IPv4 caller as ::ffff:a.b.c.d.
    let address = call.address.map(|address| address.to_canonical());
    let within = |net: &IpNet| address.is_some_and(|address| net.contains(&address));
    if credential.addresses.is_empty() || credential.addresses.iter().any(within) {
        Ok(())
    } else {
        Err(Rejection::AddressNotAllowed)
    }
}

fn version(rules: &Rules, credential: &Credential, call: &RouteRequest) -> Result<(), Rejection> {
    rules.refuse_retired(rules.served_version(credential, call)?, call)
}

fn scopes(rules: &Rules, credential: &Credential, call: &RouteRequest) -> Result<(), Rejection> {
    match &credential.scopes {
        Some(held) if !rules.scopes.permit(held, call.method, call.path) => Err(Rejection::ScopeInsufficient),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
