//! Reads everything that can be read again while the gate runs.

use std::path::PathBuf;
use std::sync::Arc;

use super::fingerprints::Fingerprints;
use super::{FileSet, credentials_file};
use crate::auth::{Accept, Rules};
use crate::config::{ConfigSource, Faults, Settings, read_text};

/// Reads settings and credentials.
#[derive(Debug, Clone)]
pub struct Loader {
    source: ConfigSource,
}

/// One consistent reading of all files.
pub struct Loaded {
    /// What operators say.
    pub settings: Settings,
    /// The part of it that decides.
    pub rules: Rules,
    /// Who may call.
    pub set: Arc<FileSet>,
    /// Of the files before they were read: whatever has changed since differs from it.
    pub(super) fingerprints: Fingerprints,
}

/// A reading of no use.
pub(super) struct Unusable {
    /// Why.
    pub(super) faults: Faults,
    /// Of the files that were tried, before they were read: mending one of them is what has to be noticed.
    pub(super) fingerprints: Fingerprints,
}

impl Loader {
    /// From these sources.
    pub fn new(source: ConfigSource) -> Self {
        Self { source }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// Every fault of the settings; if they have none, every fault of the credentials.
    pub fn load(&self) -> Result<Loaded, Faults> {
        self.attempt().map_err(|unusable| unusable.faults)
    }

    /// Reads everything, and tells of a failure too what was read.
    pub(super) fn attempt(&self) -> Result<Loaded, Unusable> {
        let own: Vec<PathBuf> = self.source.file.iter().cloned().collect();
        let (settings, fingerprints) = loop {
            let before = Fingerprints::of(own.clone());
            let settings = match self.source.load() {
                Ok(settings) => settings,
                Err(faults) => return Err(Unusable { faults, fingerprints: before }),
            };
            let mut all = before.clone();
            all.add(self.files(&settings));
            if before.are_current() {
                break (settings, all);
            }
        };
        match read_credentials(&settings) {
            Ok(set) => Ok(Loaded { rules: rules(&settings), set: Arc::new(set), settings, fingerprints }),
            Err(faults) => Err(Unusable { faults, fingerprints }),
        }
    }

    /// The files that matter under these settings.
    pub(super) fn files(&self, settings: &Settings) -> Vec<PathBuf> {
        let tls = settings.tls.iter().flat_map(|tls| {
            [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()].into_iter().flatten().cloned()
        });
        let upstream = &settings.upstream.tls;
        let upstream = [&upstream.ca, &upstream.certificate, &upstream.key].into_iter().flatten().cloned();
        let own = self.source.file.iter().cloned().chain([settings.credentials_file.clone()]);
        own.chain(tls).chain(upstream).collect()
    }
}

fn read_credentials(settings: &Settings) -> Result<FileSet, Faults> {
    let path = &settings.credentials_file;
    let text = read_text(path).map_err(|fault| Faults::from(fault).in_file(path))?;
    credentials_file::read(&text, &settings.versions, &settings.scopes).map_err(|faults| faults.in_file(path))
}

/// What is decided per request, from the settings.
fn rules(settings: &Settings) -> Rules {
    let key = settings.accept.api_key.as_ref();
    Rules {
        accept: Accept {
            bearer: settings.accept.bearer,
            basic: settings.accept.basic,
            api_key_header: key.and_then(|key| key.header.as_ref()).map(|header| header.0.0.clone()),
            api_key_query: key.and_then(|key| key.query.as_deref()).map(Into::into),
        },
        token_format: settings.token_format.clone(),
        versions: settings.versions.clone(),
        scopes: settings.scopes.clone(),
        public: settings.public.clone(),
    }
}
