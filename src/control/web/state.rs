//! What the API works with.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ipnet::IpNet;

use super::rate_limits::Pace;
use crate::auth::{HashPool, HashPoolSize, Throttle, ThrottleRules};
use crate::clock::Clock;
use crate::config::{ERROR_DOCS, Settings, raw};
use crate::control::operations::{SessionLimits, SignInContext, Terms};
use crate::credential::{ScopeCatalog, TokenFormat, VersionCatalog};
use crate::formats::Catalogs;
use crate::source::{FileSet, Loaded, throttle_rules};
use crate::store::Store;

/// Passwords of people who sign in, apart from those of the gate: neither waits for the other.
const HASHES: HashPoolSize = HashPoolSize { threads: NonZeroUsize::MIN, queue: 16 };

/// Where people and scripts handle credentials. Cheap to clone.
#[derive(Clone)]
pub struct ControlState(pub(in crate::control) Arc<Inside>);

/// What a desk consists of.
pub(in crate::control) struct Inside {
    /// With connections of its own: no gate ever waits for them.
    pub(in crate::control) store: Store,
    pub(in crate::control) clock: Clock,
    pub(in crate::control) in_force: Arc<ArcSwap<LiveSettings>>,
    pub(in crate::control) pace: Pace,
    pub(in crate::control) hashes: HashPool,
    pub(in crate::control) throttle: Throttle,
}

/// What the settings say, until they are read again.
pub struct LiveSettings {
    /// Versions of the API.
    pub versions: VersionCatalog,
    /// Scopes.
    pub scopes: ScopeCatalog,
    /// What new tokens look like.
    pub format: TokenFormat,
    /// Where browsers find the desk, where that is told.
    pub public_url: Option<String>,
    /// Whose word on who callers are is believed.
    pub proxies: Box<[IpNet]>,
    /// Where the codes of refusals are explained.
    pub error_docs: String,
    /// How much guessing is tolerated; `None` for any amount.
    pub guessing: Option<ThrottleRules>,
    /// What roles are called, where the API is explained, how long somebody stays signed in.
    pub console: raw::Console,
    /// The credentials of the file: they are shown, and changed nowhere but there.
    pub file: Arc<FileSet>,
}

impl ControlState {
    /// On this database.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(store: Store, clock: Clock, in_force: Arc<ArcSwap<LiveSettings>>) -> std::io::Result<Self> {
        let hashes = HashPool::start(HASHES, drop)?;
        let (pace, throttle) = (Pace::default(), Throttle::default());
        Ok(Self(Arc::new(Inside { store, clock, in_force, pace, hashes, throttle })))
    }
}

impl ControlState {
    /// Where somebody stands who comes from this address; within this process there is none.
    pub(in crate::control) fn doorstep<'d>(
        &'d self,
        in_force: &LiveSettings,
        address: Option<IpAddr>,
        request_id: Option<&'d str>,
    ) -> SignInContext<'d> {
        let session = &in_force.console.session;
        SignInContext {
            store: &self.0.store,
            clock: &self.0.clock,
            hashes: &self.0.hashes,
            throttle: &self.0.throttle,
            rules: in_force.guessing,
            limits: SessionLimits { idle: session.idle.duration(), absolute: session.most.duration() },
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            request_id,
        }
    }
}

impl LiveSettings {
    /// As was read.
    pub fn new(loaded: &Loaded) -> Self {
        Self { file: loaded.set.clone(), ..Self::of(&loaded.settings) }
    }

    /// Without a credentials file.
    pub fn of(settings: &Settings) -> Self {
        Self {
            versions: settings.versions.clone(),
            scopes: settings.scopes.clone(),
            format: settings.token_format.clone(),
            public_url: settings.public_url.clone(),
            proxies: settings.admin_proxies.clone(),
            error_docs: settings.error_docs.clone(),
            guessing: throttle_rules(settings),
            console: settings.console.clone().unwrap_or_default(),
            file: Arc::default(),
        }
    }

    /// For operations.
    pub fn terms(&self) -> Terms<'_> {
        Terms { catalogs: Catalogs { versions: &self.versions, scopes: &self.scopes }, format: &self.format }
    }
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            versions: VersionCatalog::default(),
            scopes: ScopeCatalog::default(),
            format: TokenFormat::default(),
            public_url: None,
            proxies: Box::default(),
            error_docs: ERROR_DOCS.to_owned(),
            guessing: None,
            console: raw::Console::default(),
            file: Arc::default(),
        }
    }
}
