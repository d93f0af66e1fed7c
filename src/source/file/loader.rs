//! Reads settings and credentials as one consistent state.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::FileSet;
use super::fingerprints::Fingerprints;
use crate::auth::{Accept, AllowedOrigins, BasicPart, Rules, ThrottleRules};
use crate::config::{ConfigSource, Diagnostic, Diagnostics, Settings, raw, read_text};
use crate::formats::credentials_file;

/// How often files that change while they are read are read again.
const MAX_ATTEMPTS: usize = 5;

#[derive(Debug, Clone)]
pub struct Loader {
    source: ConfigSource,
}

/// A valid state of all files.
pub struct Loaded {
    pub settings: Settings,
    /// The settings that decide about requests.
    pub rules: Rules,
    pub set: Arc<FileSet>,
    /// Computed before the files are read, so that a change during or after the read is detected.
    pub(super) fingerprints: Fingerprints,
}

/// A state with faults.
pub(super) struct Unusable {
    pub(super) faults: Diagnostics,
    /// Of the files that were read, taken before; a correction of any of them differs.
    pub(super) fingerprints: Fingerprints,
}

impl Loader {
    pub fn new(source: ConfigSource) -> Self {
        Self { source }
    }

    /// # Errors
    /// Every fault of the settings; without any, every fault of the credentials.
    pub fn load(&self) -> Result<Loaded, Diagnostics> {
        self.attempt().map_err(|unusable| unusable.faults)
    }

    pub(super) fn attempt(&self) -> Result<Loaded, Unusable> {
        self.attempt_by(read_text)
    }

    /// Reads until no file changed between the first read and the last: otherwise old settings could be applied with
    /// new credentials. After the last attempt the files are used as they are.
    fn attempt_by(&self, read: impl Fn(&Path) -> Result<String, Diagnostic>) -> Result<Loaded, Unusable> {
        let mut attempts = 1..=MAX_ATTEMPTS;
        loop {
            attempts.next();
            let reading = self.read_once(&read);
            let (Ok(Loaded { fingerprints, .. }) | Err(Unusable { fingerprints, .. })) = &reading;
            if attempts.is_empty() || fingerprints.are_current() {
                return reading;
            }
        }
    }

    fn read_once(&self, read: impl Fn(&Path) -> Result<String, Diagnostic>) -> Result<Loaded, Unusable> {
        let mut fingerprints = Fingerprints::of(self.source.file.clone());
        let settings = match self.source.load() {
            Ok(settings) => settings,
            Err(faults) => return Err(Unusable { faults, fingerprints }),
        };
        fingerprints.add(self.files(&settings));
        match read_credentials(&settings, read) {
            Ok(set) => Ok(Loaded { rules: rules(&settings), set: Arc::new(set), settings, fingerprints }),
            Err(faults) => Err(Unusable { faults, fingerprints }),
        }
    }

    /// The files that these settings refer to.
    pub(super) fn files(&self, settings: &Settings) -> Vec<PathBuf> {
        let tls = settings.tls.iter().chain(&settings.admin_tls).chain(&settings.console_tls).flat_map(|tls| {
            [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()].into_iter().flatten().cloned()
        });
        let upstream = settings.upstream.iter().map(|upstream| &upstream.tls);
        let upstream = upstream.flat_map(|tls| [&tls.ca, &tls.certificate, &tls.key]).flatten().cloned();
        let own = self.source.file.iter().chain(&settings.credentials_file).cloned();
        own.chain(tls).chain(upstream).chain(settings.console_files()).collect()
    }
}

fn read_credentials(
    settings: &Settings,
    read: impl Fn(&Path) -> Result<String, Diagnostic>,
) -> Result<FileSet, Diagnostics> {
    let Some(path) = &settings.credentials_file else { return Ok(FileSet::default()) };
    let text = read(path).map_err(|fault| Diagnostics::from(fault).in_file(path))?;
    let reading = credentials_file::read(&text, &settings.versions, &settings.scopes);
    reading.map(|reading| reading.set.into()).map_err(|faults| faults.in_file(path))
}

fn rules(settings: &Settings) -> Rules {
    let accept = &settings.accept;
    let key = accept.api_key.as_ref();
    Rules {
        accept: Accept {
            bearer: accept.bearer,
            basic: accept.basic,
            api_key_header: key.and_then(|key| key.header.as_ref()).map(|header| header.0.0.clone()),
            api_key_query: key.and_then(|key| key.query.as_deref()).map(Into::into),
            schemes: accept.schemes.iter().map(|scheme| scheme.0.0.as_str().into()).collect(),
            bare_token: accept.bare_token,
            basic_token: accept.basic_token.map(|part| match part {
                raw::BasicToken::Username => BasicPart::Username,
                raw::BasicToken::Password => BasicPart::Password,
            }),
            websocket_protocol: accept.websocket_protocol.as_ref().map(|name| name.0.0.as_str().into()),
        },
        token_format: settings.token_format.clone(),
        versions: settings.versions.clone(),
        scopes: settings.scopes.clone(),
        public: settings.public.clone(),
        upgrades: settings.upgrades.clone(),
        path_exceptions: settings.path_exceptions.clone(),
        origins: settings
            .cors
            .as_ref()
            .map(|cors| AllowedOrigins::new(cors.origins.iter().map(|origin| origin.0.0.clone()).collect())),
    }
}

/// `None` where failed attempts are not limited.
pub fn throttle_rules(settings: &Settings) -> Option<ThrottleRules> {
    let throttle = &settings.throttle;
    throttle.enabled.then(|| ThrottleRules {
        free_per_pair: throttle.free_per_pair.get(),
        free_per_address: throttle.free_per_address.get(),
        first_delay: throttle.first_delay.duration(),
        longest_delay: throttle.longest_delay.duration(),
        window: throttle.window.duration(),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::credential::TokenDigest;

    struct Files {
        folder: tempfile::TempDir,
        loader: Loader,
    }

    impl Files {
        fn new() -> Self {
            let folder = tempfile::TempDir::new().unwrap();
            let source = ConfigSource { file: Some(folder.path().join("claviger.yaml")), overrides: Vec::new() };
            let files = Self { folder, loader: Loader::new(source) };
            files.put(1);
            files
        }

        /// Settings and credentials that carry the number of their state.
        fn put(&self, number: usize) {
            let upstream = format!("http://127.0.0.1:{number}");
            let settings = format!("{{proxy: {{upstream: '{upstream}'}}, credentials: {{file: c.yaml}}}}");
            let token = TokenDigest::of(b"token");
            let credentials = format!("credentials: [{{id: of-{number}, account: a, token: '{token}'}}]");
            std::fs::write(self.folder.path().join("claviger.yaml"), settings).unwrap();
            std::fs::write(self.folder.path().join("c.yaml"), credentials).unwrap();
        }
    }

    fn states(loaded: &Loaded) -> (String, String) {
        let id = loaded.set.iter().next().unwrap().id.to_string();
        (loaded.settings.upstream.as_ref().unwrap().url.to_string(), id)
    }

    #[test]
    fn files_that_change_while_they_are_read_are_read_again() {
        let files = Files::new();
        let is_first = Cell::new(true);
        let reading = files.loader.attempt_by(|path| {
            if is_first.take() {
                files.put(2);
            }
            read_text(path)
        });
        let loaded = reading.unwrap_or_else(|unusable| panic!("{}", unusable.faults));
        assert_eq!(states(&loaded), ("http://127.0.0.1:2".into(), "of-2".into()));
        assert!(loaded.fingerprints.are_current());
    }

    #[test]
    fn files_that_change_all_the_time_are_used_with_an_outdated_fingerprint() {
        let files = Files::new();
        let number = Cell::new(1);
        let reading = files.loader.attempt_by(|path| {
            number.set(number.get() + 1);
            files.put(number.get());
            read_text(path)
        });
        let loaded = reading.unwrap_or_else(|unusable| panic!("{}", unusable.faults));
        assert_eq!(number.get(), 1 + MAX_ATTEMPTS);
        assert!(!loaded.fingerprints.are_current());
    }
}
