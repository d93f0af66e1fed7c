//! What the API works with.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::pace::Pace;
use crate::clock::Clock;
use crate::control::operations::Terms;
use crate::credential::{ScopeCatalog, TokenFormat, VersionCatalog};
use crate::source::formats::Catalogs;
use crate::source::{FileSet, Loaded};
use crate::store::Store;

/// What `type` begins with when nothing else is configured, as at the gate.
const DOCUMENTATION: &str = "https://claviger.invalid/README.md";

/// Where people and scripts handle credentials. Cheap to clone.
#[derive(Clone)]
pub struct Desk(pub(super) Arc<Inside>);

/// What a desk consists of.
pub(super) struct Inside {
    /// With connections of its own: no gate ever waits for them.
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) in_force: Arc<ArcSwap<InForce>>,
    pub(super) pace: Pace,
}

/// What the settings say, until they are read again.
pub struct InForce {
    /// Versions of the API.
    pub versions: VersionCatalog,
    /// Scopes.
    pub scopes: ScopeCatalog,
    /// What new tokens look like.
    pub format: TokenFormat,
    /// Where browsers find the desk, where that is told.
    pub public_url: Option<String>,
    /// Where the codes of refusals are explained.
    pub error_docs: String,
    /// The credentials of the file: they are shown, and changed nowhere but there.
    pub file: Arc<FileSet>,
}

impl Desk {
    /// On this database.
    pub fn new(store: Store, clock: Clock, in_force: Arc<ArcSwap<InForce>>) -> Self {
        Self(Arc::new(Inside { store, clock, in_force, pace: Pace::default() }))
    }
}

impl InForce {
    /// As was read.
    pub fn new(loaded: &Loaded) -> Self {
        let settings = &loaded.settings;
        Self {
            versions: settings.versions.clone(),
            scopes: settings.scopes.clone(),
            format: settings.token_format.clone(),
            public_url: settings.public_url.clone(),
            error_docs: settings.error_docs.clone().unwrap_or_else(|| DOCUMENTATION.to_owned()),
            file: loaded.set.clone(),
        }
    }

    /// For operations.
    pub fn terms(&self) -> Terms<'_> {
        Terms { catalogs: Catalogs { versions: &self.versions, scopes: &self.scopes }, format: &self.format }
    }
}

impl Default for InForce {
    fn default() -> Self {
        Self {
            versions: VersionCatalog::default(),
            scopes: ScopeCatalog::default(),
            format: TokenFormat::default(),
            public_url: None,
            error_docs: DOCUMENTATION.to_owned(),
            file: Arc::default(),
        }
    }
}
