//! Everything about a request that a reload can change, swapped as a whole.

use std::num::NonZeroU32;
use std::sync::Arc;

use ipnet::IpNet;

use super::ResolvedUpstream;
use super::cors::CorsHeaders;
use super::request::headers::HeaderNames;
use super::respond::Refusals;
use super::version_headers::VersionHeaders;
use crate::auth::{Directory, RateLimiters, Rules, ThrottleRules};
use crate::config::{Diagnostic, Diagnostics, Origin, Settings, raw};

/// What is in force for the requests that arrive now. A request keeps the policy that it began with.
pub struct Policy {
    pub(super) rules: Rules,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) rate_limiters: RateLimiters,
    /// `None` where failed attempts are not limited.
    pub(super) throttle: Option<ThrottleRules>,
    /// `None` where the process answers forward-auth only.
    pub(super) upstream: Option<ResolvedUpstream>,
    pub(super) identity_headers: HeaderNames,
    pub(super) refusals: Refusals,
    /// `None` where responses are for pages of the same origin only.
    pub(super) cors: Option<Arc<CorsHeaders>>,
    /// By the rank of the version.
    pub(super) version_headers: Vec<VersionHeaders>,
    /// Proxies whose X-Forwarded-For is believed.
    pub(super) trusted_proxies: Box<[IpNet]>,
    /// Proxies that may ask for forward-auth.
    pub(super) forward_auth_clients: Box<[IpNet]>,
    pub(super) timeouts: raw::Timeouts,
    pub(super) limits: raw::Limits,
    pub(super) max_connections: NonZeroU32,
    pub(super) max_connections_per_address: NonZeroU32,
    pub(super) forwarded: raw::Forwarded,
    pub(super) header_names: raw::HeaderNames,
    /// Leave the credential in the forwarded request.
    pub(super) forward_credential: bool,
}

impl Policy {
    /// From validated settings; `previous` is the policy that this one replaces.
    ///
    /// # Errors
    /// When the upstream's certificates cannot be read.
    pub fn new(
        settings: &Settings,
        rules: Rules,
        throttle: Option<ThrottleRules>,
        directory: Arc<dyn Directory>,
        rate_limiters: RateLimiters,
        previous: Option<&Self>,
    ) -> Result<Self, Diagnostics> {
        let previous = previous.and_then(|previous| previous.upstream.as_ref());
        let upstream = settings
            .upstream
            .as_ref()
            .map(|upstream| ResolvedUpstream::new(upstream, &settings.timeouts, previous))
            .transpose()?;
        let identity_headers = HeaderNames::new(&settings.identity, &rules).ok_or_else(|| {
            Diagnostic::new(Origin::WHOLE_FILE, "identity.prefix", "is not the beginning of a header")
        })?;
        let cors = settings.cors.as_ref().and_then(|cors| CorsHeaders::new(cors, &identity_headers)).map(Arc::new);
        Ok(Self {
            identity_headers,
            refusals: Refusals::new(&rules.accept, &settings.error_docs, cors.clone()),
            cors,
            version_headers: rules.versions.known.iter().map(VersionHeaders::new).collect(),
            trusted_proxies: settings.trusted_proxies.clone(),
            forward_auth_clients: settings
                .forward_auth
                .iter()
                .flat_map(|auth| &auth.trusted_proxies)
                .copied()
                .collect(),
            timeouts: settings.timeouts.clone(),
            limits: settings.limits.clone(),
            max_connections: settings.max_connections,
            max_connections_per_address: settings.max_connections_per_address,
            forwarded: settings.forwarded.clone(),
            header_names: settings.header_names,
            forward_credential: settings.identity.forward_credential,
            rules,
            directory,
            rate_limiters,
            throttle,
            upstream,
        })
    }

    /// True where pages of other origins may read refusals.
    pub(super) fn has_origins(&self) -> bool {
        self.rules.origins.is_some()
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// False where the process answers forward-auth only.
    pub fn forwards(&self) -> bool {
        self.upstream.is_some()
    }

    /// A reload continues to count from these.
    pub fn rate_limiters(&self) -> &RateLimiters {
        &self.rate_limiters
    }
}
