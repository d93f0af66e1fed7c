//! What every request to the control plane works with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ipnet::IpNet;
use tokio::sync::Notify;

use super::api_key::KeyAuthenticator;
use super::demo_sign_in::DemoSignInLinks;
use super::problem::Code;
use super::rate_limits::RateLimits;
use crate::auth::{Directory, HashPool, HashPoolSize, Rules, Throttle, ThrottleRules};
use crate::clock::Clock;
use crate::config::{Delivery, ERROR_DOCS, ERROR_PAGES, Settings, raw};
use crate::control::admin::Admin;
use crate::control::demo_mailbox::DemoMailbox;
use crate::control::installation_key::SharedKeys;
use crate::control::look::Look;
use crate::control::operations::{ProcessThrottle, SessionLimits, SignInContext, Terms, WebhookTerms};
use crate::credential::{ScopeCatalog, TokenFormat, VersionCatalog};
use crate::formats::Catalogs;
use crate::source::{FileSet, Loaded, throttle_rules};
use crate::store::Store;

/// Apart from the pool of the gate: neither waits for the other.
const SIGN_IN_HASH_POOL: HashPoolSize = HashPoolSize { threads: NonZeroUsize::MIN, queue: 16 };
/// The page that opens a set-up link.
const SETUP_PAGE: &str = "/setup";

/// Cheap to clone.
#[derive(Clone)]
pub struct ControlState(Arc<Components>);

/// What a [`ControlState`] shares.
pub struct Components {
    /// With connections of its own: the gate never waits for them.
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<ArcSwap<LiveSettings>>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) hashes: HashPool,
    pub(crate) throttles: Throttles,
    /// What the admin listener reports; `None` without a server, as at the command line.
    pub(crate) process: Option<Admin>,
    /// `None` but in `claviger demo`.
    pub(crate) demo_links: Option<DemoSignInLinks>,
    pub(crate) installation_keys: SharedKeys,
    /// Proves API keys, with which programs subscribe webhooks.
    pub(crate) api_keys: KeyAuthenticator,
    /// Wakes the webhook worker of this process.
    pub(crate) webhook_wake: Arc<Notify>,
    /// `None` but in `claviger demo`.
    pub(crate) mailbox: Option<Arc<DemoMailbox>>,
}

/// Apart from each other: guesses at one must not lock the other.
#[derive(Clone, Default)]
pub struct Throttles {
    /// Wrong passwords at sign-in.
    pub sign_in: Arc<Throttle>,
    /// Of the gate in this process; `None` where there is none.
    pub gate: Option<Arc<Throttle>>,
    /// Wrong API keys at the console's listener, where there is no gate.
    pub keys: Arc<Throttle>,
}

/// The settings that a reload replaces.
#[derive(Default)]
pub struct LiveSettings {
    pub versions: VersionCatalog,
    pub scopes: ScopeCatalog,
    pub format: TokenFormat,
    /// The address of the console in a browser.
    pub public_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` is read.
    pub proxies: Box<[IpNet]>,
    /// What `type` of a problem document begins with, instead of our own page.
    pub error_docs: Option<String>,
    /// `None` where the throttle is off.
    pub guessing: Option<ThrottleRules>,
    pub console: raw::Console,
    /// How secrets and notices reach people; nothing is sent where there is no console.
    pub delivery: Delivery,
    /// `None` where there are no webhooks.
    pub webhooks: Option<Arc<WebhookTerms>>,
    /// What the gate decides by; `None` without a server.
    pub rules: Option<Arc<Rules>>,
    /// How callers of the API present their credentials.
    pub accept: raw::Accept,
    /// Texts and brand of the console.
    pub look: Arc<Look>,
    /// The credentials of the file, which the console shows but cannot change.
    pub file: Arc<FileSet>,
}

impl ControlState {
    /// # Errors
    /// When a thread cannot be spawned.
    pub fn new(
        store: Store,
        clock: Clock,
        settings: Arc<ArcSwap<LiveSettings>>,
        throttles: Throttles,
    ) -> std::io::Result<Self> {
        Self::within((None, None), store, clock, settings, throttles)
    }

    /// The same in a server, whose status the console shows.
    ///
    /// # Errors
    /// When a thread cannot be spawned.
    pub fn within(
        (process, demo_links): (Option<Admin>, Option<DemoSignInLinks>),
        store: Store,
        clock: Clock,
        settings: Arc<ArcSwap<LiveSettings>>,
        throttles: Throttles,
    ) -> std::io::Result<Self> {
        let hashes = HashPool::start(SIGN_IN_HASH_POOL, drop)?;
        let gate = process.as_ref().and_then(|process| process.gate.as_ref()?.database.clone());
        let gate = gate.map(|gate| gate as Arc<dyn Directory>);
        let api_keys =
            KeyAuthenticator::new(store.clone(), clock.clone(), HashPool::start(SIGN_IN_HASH_POOL, drop)?, gate)?;
        let rate_limits = RateLimits::default();
        Ok(Self(Arc::new(Components {
            store,
            clock,
            settings,
            rate_limits,
            hashes,
            throttles,
            process,
            demo_links,
            installation_keys: SharedKeys::default(),
            api_keys,
            webhook_wake: Arc::default(),
            mailbox: None,
        })))
    }

    /// With the keys of an installation that delivers secrets. Call it before the state is shared.
    #[must_use]
    pub fn with_installation_keys(mut self, keys: impl Into<SharedKeys>) -> Self {
        if let Some(components) = Arc::get_mut(&mut self.0) {
            components.installation_keys = keys.into();
        }
        self
    }

    /// What wakes the webhook worker of this process.
    pub fn webhook_wake(&self) -> Arc<Notify> {
        self.webhook_wake.clone()
    }

    /// Of the gate in this process, as it is now; `None` where there is none.
    pub(crate) fn gate_throttle(&self) -> Option<ProcessThrottle<'_>> {
        let throttle = self.throttles.gate.as_deref()?;
        Some(ProcessThrottle { throttle, now: self.clock.steady() })
    }

    pub(crate) fn sign_in_throttle(&self) -> ProcessThrottle<'_> {
        ProcessThrottle { throttle: &self.throttles.sign_in, now: self.clock.steady() }
    }

    /// `address` is `None` for requests from within this process.
    pub(crate) fn sign_in_context<'s>(
        &'s self,
        settings: &LiveSettings,
        address: Option<IpAddr>,
        request_id: Option<&'s str>,
    ) -> SignInContext<'s> {
        let session = &settings.console.session;
        SignInContext {
            store: &self.store,
            clock: &self.clock,
            hashes: &self.hashes,
            throttle: &self.throttles.sign_in,
            rules: settings.guessing,
            limits: SessionLimits { idle: session.idle.duration(), absolute: session.most.duration() },
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            request_id,
        }
    }
}

impl ControlState {
    /// With the messages of a demo. Call it before the state is shared.
    #[must_use]
    pub fn with_mailbox(mut self, mailbox: Option<Arc<DemoMailbox>>) -> Self {
        if let Some(components) = Arc::get_mut(&mut self.0) {
            components.mailbox = mailbox;
        }
        self
    }
}

impl Deref for ControlState {
    type Target = Components;

    fn deref(&self) -> &Components {
        &self.0
    }
}

impl LiveSettings {
    pub fn new(loaded: &Loaded, look: Look) -> Self {
        let (file, rules) = (loaded.set.clone(), Some(Arc::new(loaded.rules.clone())));
        Self { file, rules, look: Arc::new(look), ..Self::of(&loaded.settings) }
    }

    /// Without a credentials file, and with the looks of the console as they are without settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            versions: settings.versions.clone(),
            scopes: settings.scopes.clone(),
            format: settings.token_format.clone(),
            // Without a console, nothing answers there.
            public_url: settings.public_url.clone().filter(|_| settings.console.is_some()),
            proxies: settings.console_proxies.clone(),
            error_docs: (settings.error_docs != ERROR_DOCS).then(|| settings.error_docs.clone()),
            guessing: throttle_rules(settings),
            console: settings.console.clone().unwrap_or_default(),
            delivery: settings.delivery.clone(),
            webhooks: WebhookTerms::of(settings),
            rules: None,
            accept: settings.accept.clone(),
            look: Arc::default(),
            file: Arc::default(),
        }
    }

    #[must_use]
    pub fn with_look(self, look: Look) -> Self {
        Self { look: Arc::new(look), ..self }
    }

    /// `type` of problem documents (RFC 9457, 3.1.1); relative where the own address is not configured.
    pub(crate) fn error_page(&self, code: Code) -> String {
        let word = code.as_str();
        match (&self.error_docs, &self.public_url) {
            (Some(prefix), _) => format!("{prefix}{word}"),
            (None, base) => format!("{}{ERROR_PAGES}/{word}", base.as_deref().unwrap_or_default()),
        }
    }

    /// URL that opens a set-up link in a browser; `None` where the own address is not configured.
    pub fn setup_url(&self, token: &str) -> Option<String> {
        self.public_url.as_deref().map(|base| setup_url_at(base, token))
    }

    pub fn terms(&self) -> Terms<'_> {
        Terms {
            catalogs: Catalogs { versions: &self.versions, scopes: &self.scopes },
            format: &self.format,
            delivery: &self.delivery,
            webhooks: self.webhooks.as_deref(),
        }
    }
}

/// URL of a console without a public one. A listener on all addresses answers at this machine.
pub fn local_url(is_tls: bool, listen: SocketAddr) -> String {
    let scheme = if is_tls { "https" } else { "http" };
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, listen.port()))
}

/// URL of a set-up link at a console whose address is `base`.
pub fn setup_url_at(base: &str, token: &str) -> String {
    format!("{base}{SETUP_PAGE}/{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_on_all_addresses_is_linked_at_this_machine() {
        let url = |is_tls, listen: &str| local_url(is_tls, listen.parse().unwrap());
        assert_eq!(url(false, "0.0.0.0:8083"), "http://127.0.0.1:8083");
        assert_eq!(url(true, "[::]:8083"), "https://[::1]:8083");
        assert_eq!(url(true, "192.0.2.1:8083"), "https://192.0.2.1:8083");
    }
}
