//! Reads everything that can be read again while the gate runs.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

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
    pub(super) fingerprint: [u8; 32],
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
        let own: Vec<PathBuf> = self.source.file.iter().cloned().collect();
        let (settings, fingerprint) = loop {
            let before = fingerprint(&own);
            let settings = self.source.load()?;
            let all = fingerprint(&self.files(&settings));
            if fingerprint(&own) == before {
                break (settings, all);
            }
        };
        let path = &settings.credentials_file;
        let text = read_text(path).map_err(|fault| Faults::from(fault).in_file(path))?;
        let set = credentials_file::read(&text, &settings.versions, &settings.scopes)
            .map_err(|faults| faults.in_file(path))?;
        Ok(Loaded { rules: rules(&settings), set: Arc::new(set), settings, fingerprint })
    }

    /// The files that matter, as far as they are known from the last good settings.
    pub fn files(&self, settings: &Settings) -> Vec<PathBuf> {
        let tls = settings.tls.iter().flat_map(|tls| {
            [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()].into_iter().flatten().cloned()
        });
        let upstream = &settings.upstream.tls;
        let upstream = [&upstream.ca, &upstream.certificate, &upstream.key].into_iter().flatten().cloned();
        let own = self.source.file.iter().cloned().chain([settings.credentials_file.clone()]);
        own.chain(tls).chain(upstream).collect()
    }
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

/// A digest of the contents of these files, to tell a touch from a change. What cannot be read counts too.
pub fn fingerprint(files: &[PathBuf]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for file in files {
        match std::fs::read(file) {
            Ok(bytes) => {
                digest.update((bytes.len() as u64).to_le_bytes());
                digest.update(&bytes);
            }
            Err(error) => digest.update(error.to_string()),
        }
    }
    digest.finalize().into()
}
