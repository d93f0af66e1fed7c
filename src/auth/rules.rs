//! Whether a proven credential may make a request.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use ipnet::IpNet;
use jiff::Timestamp;

use super::{Accept, AllowedOrigins, NamedVersion, PathRules, Rejection};
use crate::credential::{
    Credential, PathException, PublicCredential, PublicRoute, RouteRule, ScopeCatalog, TokenFormat, Version,
    VersionCatalog, WhenUnstated,
};

/// The part of the settings that decisions depend on.
#[derive(Debug, Clone)]
pub struct Rules {
    pub accept: Accept,
    pub token_format: TokenFormat,
    pub versions: VersionCatalog,
    pub scopes: ScopeCatalog,
    pub public: Box<[PublicRoute]>,
    /// Routes on which a WebSocket may be opened.
    pub upgrades: Box<[RouteRule]>,
    /// No rule looks further into a path than these do.
    pub path_exceptions: Box<[PathException]>,
    /// `None` where preflights are requests as any other.
    pub origins: Option<AllowedOrigins>,
}

/// A request, reduced to what the rules depend on.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest<'a> {
    pub method: &'a Method,
    /// The path after the version; scopes and public routes match it.
    pub path: &'a str,
    pub version: NamedVersion,
    /// The client; `None` if unknown, which matches no address list.
    pub address: Option<IpAddr>,
    pub now: Timestamp,
}

/// A request that may pass.
#[derive(Debug, Clone)]
pub struct Admission {
    /// `None` on a public route.
    pub credential: Option<Arc<Credential>>,
    /// Rank of the version that serves the request.
    pub version: Option<usize>,
}

impl Admission {
    pub fn served<'v>(&self, versions: &'v VersionCatalog) -> Option<&'v Version> {
        versions.known.get(self.version?)
    }
}

/// One condition on a proven credential.
pub struct Check {
    /// As `claviger explain` prints it.
    pub name: &'static str,
    pub apply: fn(&Rules, &Credential, &RouteRequest) -> Result<(), Rejection>,
    /// Whether it concerns requests to the API alone.
    pub concerns_route: bool,
}

/// In the order in which they are applied. The first error decides.
pub const CHECKS: [Check; 6] = [
    Check { name: "enabled", apply: enabled, concerns_route: false },
    Check { name: "account", apply: account, concerns_route: false },
    Check { name: "expiry", apply: expiry, concerns_route: false },
    Check { name: "address", apply: address, concerns_route: false },
    Check { name: "version", apply: version, concerns_route: true },
    Check { name: "scopes", apply: scopes, concerns_route: true },
];

impl Rules {
    /// True when a rule depends on the path, so that no server behind may drop a part of it.
    pub fn depend_on_paths(&self) -> bool {
        let has_routes = !self.public.is_empty() || !self.upgrades.is_empty();
        self.versions.path.is_some() || !self.scopes.is_empty() || has_routes
    }

    /// Which paths a request may have.
    pub fn path_rules(&self) -> PathRules<'_> {
        PathRules {
            refuse_parameters: self.depend_on_paths(),
            version: self.versions.path.as_ref(),
            exceptions: &self.path_exceptions,
        }
    }

    /// True when a rule depends on the method, so that no header may override it.
    pub fn depend_on_methods(&self) -> bool {
        !self.scopes.is_empty() || self.public.iter().any(|route| !route.rule.methods.is_empty())
    }

    /// What becomes of a presented credential; `None` where one is required. Of several public routes, one with an
    /// optional credential decides: it refuses more.
    pub fn public_credential(&self, request: &RouteRequest) -> Option<PublicCredential> {
        let routes = self.public.iter().filter(|route| route.rule.covers(request.method, request.path));
        routes.map(|route| route.credential).max_by_key(|credential| *credential == PublicCredential::Optional)
    }

    /// Whether an admitted request may become a tunnel.
    ///
    /// # Errors
    /// [`Rejection::UpgradeNotAllowed`].
    pub fn permit_upgrade(&self, request: &RouteRequest) -> Result<(), Rejection> {
        let is_listed = self.upgrades.iter().any(|rule| rule.covers(request.method, request.path));
        if is_listed { Ok(()) } else { Err(Rejection::UpgradeNotAllowed) }
    }

    /// Decides about a request without a credential on a public route.
    ///
    /// # Errors
    /// The named version is unknown or retired.
    pub fn admit_public(&self, request: &RouteRequest) -> Result<Admission, Rejection> {
        let version = match request.version {
            NamedVersion::Unstated => None,
            NamedVersion::Unknown => return Err(Rejection::VersionUnknown),
            NamedVersion::Known(rank) => Some(rank),
        };
        self.refuse_retired(version, request)?;
        Ok(Admission { credential: None, version })
    }

    /// Decides about a request with a proven credential, anew for every request.
    ///
    /// # Errors
    /// That of the first of [`CHECKS`] that fails.
    pub fn admit(&self, credential: Arc<Credential>, request: &RouteRequest) -> Result<Admission, Rejection> {
        for check in &CHECKS {
            (check.apply)(self, &credential, request)?;
        }
        let version = self.served_version(&credential, request);
        Ok(Admission { credential: Some(credential), version })
    }

    /// The checks that hold wherever a credential is used, such as for its webhooks; method, path and version do not count.
    ///
    /// # Errors
    /// That of the first check that fails.
    pub fn check_standing(&self, credential: &Credential, request: &RouteRequest) -> Result<(), Rejection> {
        CHECKS
            .iter()
            .filter(|check| !check.concerns_route)
            .try_for_each(|check| (check.apply)(self, credential, request))
    }

    /// The version that serves a request: the named one, or the pin.
    fn served_version(&self, credential: &Credential, request: &RouteRequest) -> Option<usize> {
        match request.version {
            _ if self.versions.known.is_empty() => None,
            NamedVersion::Known(rank) => Some(rank),
            NamedVersion::Unknown => None,
            NamedVersion::Unstated => self.versions.rank(credential.version.as_ref()?.as_str()),
        }
    }

    fn refuse_retired(&self, version: Option<usize>, request: &RouteRequest) -> Result<(), Rejection> {
        match version.and_then(|rank| self.versions.known.get(rank)) {
            Some(version) if version.is_retired(request.now) => Err(Rejection::VersionRetired),
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

fn expiry(_: &Rules, credential: &Credential, request: &RouteRequest) -> Result<(), Rejection> {
    match credential.expires_at {
        Some(end) if request.now >= end => Err(Rejection::CredentialExpired),
        _ => Ok(()),
    }
}

fn address(_: &Rules, credential: &Credential, request: &RouteRequest) -> Result<(), Rejection> {
    // A dual-stack listener reports an IPv4 client as ::ffff:a.b.c.d.
    let address = request.address.map(|address| address.to_canonical());
    let contains = |net: &IpNet| address.is_some_and(|address| net.contains(&address));
    if credential.addresses.is_empty() || credential.addresses.iter().any(contains) {
        Ok(())
    } else {
        Err(Rejection::AddressNotAllowed)
    }
}

fn version(rules: &Rules, credential: &Credential, request: &RouteRequest) -> Result<(), Rejection> {
    let versions = &rules.versions;
    if versions.known.is_empty() {
        return Ok(());
    }
    match request.version {
        NamedVersion::Unknown => return Err(Rejection::VersionUnknown),
        NamedVersion::Unstated if versions.when_unstated == WhenUnstated::Reject => {
            return Err(Rejection::VersionUnstated);
        }
        NamedVersion::Known(_) | NamedVersion::Unstated => {}
    }
    let served = rules.served_version(credential, request).ok_or(Rejection::VersionNotAllowed)?;
    // Before the pin: callers of a retired version must learn that it is retired, whatever their pin.
    rules.refuse_retired(Some(served), request)?;
    if versions.allows(credential.version.as_ref(), served) { Ok(()) } else { Err(Rejection::VersionNotAllowed) }
}

fn scopes(rules: &Rules, credential: &Credential, request: &RouteRequest) -> Result<(), Rejection> {
    match &credential.scopes {
        Some(held) if !rules.scopes.permit(held, request.method, request.path) => {
            // A public route needs no scope.
            rules.public_credential(request).map(|_| ()).ok_or(Rejection::ScopeInsufficient)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
