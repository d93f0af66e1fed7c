//! Reads everything that can be read again while the gate runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fingerprints::Fingerprints;
use crate::auth::{Accept, Rules, ThrottleRules};
use crate::config::{ConfigSource, Diagnostic, Diagnostics, Settings, read_text};
use crate::formats::credentials_file;
use crate::source::FileSet;

/// Readings in a row that may turn out to be of files that changed meanwhile.
const MOST_ATTEMPTS: usize = 5;

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
    pub(in crate::source) fingerprints: Fingerprints,
}

/// A reading of no use.
pub(in crate::source) struct Unusable {
    /// Why.
    pub(in crate::source) faults: Diagnostics,
    /// Of the files that were tried, before they were read: mending one of them is what has to be noticed.
    pub(in crate::source) fingerprints: Fingerprints,
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
    pub fn load(&self) -> Result<Loaded, Diagnostics> {
        self.attempt().map_err(|unusable| unusable.faults)
    }

    /// Reads everything, and tells of a failure too what was read.
    pub(in crate::source) fn attempt(&self) -> Result<Loaded, Unusable> {
        self.attempt_by(read_text)
    }

    /// Until nothing has changed from before the first file to after the last: a swap between two of them
    /// would put old settings in force with new credentials. Files that never rest are used as they are.
    fn attempt_by(&self, read: impl Fn(&Path) -> Result<String, Diagnostic>) -> Result<Loaded, Unusable> {
        let mut attempts = 1..=MOST_ATTEMPTS;
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

    /// The files that matter under these settings.
    pub(in crate::source) fn files(&self, settings: &Settings) -> Vec<PathBuf> {
        let tls = settings.tls.iter().chain(&settings.admin_tls).flat_map(|tls| {
            [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()].into_iter().flatten().cloned()
        });
        let upstream = settings.upstream.iter().map(|upstream| &upstream.tls);
        let upstream = upstream.flat_map(|tls| [&tls.ca, &tls.certificate, &tls.key]).flatten().cloned();
        let own = self.source.file.iter().chain(&settings.credentials_file).cloned();
        own.chain(tls).chain(upstream).collect()
    }
}

fn read_credentials(
    settings: &Settings,
    read: impl Fn(&Path) -> Result<String, Diagnostic>,
) -> Result<FileSet, Diagnostics> {
    let Some(path) = &settings.credentials_file else { return Ok(FileSet::default()) };
    let text = read(path).map_err(|fault| Diagnostics::from(fault).in_file(path))?;
    let reading = credentials_file::read(&text, &settings.versions, &settings.scopes);
    reading.map(|reading| reading.set).map_err(|faults| faults.in_file(path))
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
        upgrades: settings.upgrades.clone(),
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

        /// Settings and credentials that tell to which of several states they belong.
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
    fn settings_and_credentials_that_are_swapped_between_their_readings_are_both_new() {
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
    fn files_that_never_rest_are_read_all_the_same_and_known_to_be_out_of_date() {
        let files = Files::new();
        let number = Cell::new(1);
        let reading = files.loader.attempt_by(|path| {
            number.set(number.get() + 1);
            files.put(number.get());
            read_text(path)
        });
        let loaded = reading.unwrap_or_else(|unusable| panic!("{}", unusable.faults));
        assert_eq!(number.get(), 1 + MOST_ATTEMPTS);
        assert!(!loaded.fingerprints.are_current());
    }
}
