//! Credentials of the database that the settings refuse for their version or their scopes. Settings that begin to name
//! versions, or that drop a version or a scope, refuse credentials which worked before: operators learn it from
//! validation, start, reload and readiness, not from their clients.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::DatabaseDirectory;
use crate::credential::{ScopeCatalog, VersionCatalog};
use crate::store::{CatalogUse, Store, StoreError};

/// While credentials are refused, the check is repeated, so that the warning ends with its cause; and until the database
/// has answered it once.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);
const MAX_EXAMPLES: usize = 3;

/// Credentials that the settings refuse. As text, one line for each cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogMismatch {
    unversioned: Group,
    unknown_versions: Group,
    unknown_scopes: Group,
}

/// Credentials with one cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    count: u64,
    /// Unknown versions or scopes.
    names: BTreeSet<String>,
    examples: BTreeSet<String>,
}

/// The last check of a running gate, and the settings for the next one.
#[derive(Default)]
pub(super) struct CatalogCheck {
    catalogs: Mutex<Option<Arc<(VersionCatalog, ScopeCatalog)>>>,
    found: Mutex<CatalogMismatch>,
    /// The database has not answered the last check.
    is_due: AtomicBool,
}

impl CatalogCheck {
    fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Relaxed)
    }
}

impl CatalogMismatch {
    /// Compares a database with settings.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn find(
        store: &Store,
        versions: &VersionCatalog,
        scopes: &ScopeCatalog,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for group in store.catalog_use(now).await? {
            found.add(&group, versions, scopes);
        }
        Ok(found)
    }

    fn add(&mut self, group: &CatalogUse, versions: &VersionCatalog, scopes: &ScopeCatalog) {
        if !versions.known.is_empty() {
            match &group.version {
                None => self.unversioned.add(group, []),
                Some(version) if versions.rank(version).is_none() => {
                    self.unknown_versions.add(group, [version.as_str()]);
                }
                Some(_) => {}
            }
        }
        let held = group.scopes.iter().flatten().map(crate::credential::Label::as_str);
        let mut unknown = held.filter(|scope| !scopes.contains(scope)).peekable();
        if unknown.peek().is_some() {
            self.unknown_scopes.add(group, unknown);
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One line for each cause.
    pub fn lines(&self) -> Vec<String> {
        let causes = [
            (&self.unversioned, "no version, and versions.known makes the gate refuse", ""),
            (&self.unknown_versions, "a version that versions.known lacks, and the gate refuses", "versions"),
            (&self.unknown_scopes, "a scope that the settings lack, which permits nothing to", "scopes"),
        ];
        let line = |(group, cause, kind): (&Group, &str, &str)| (group.count > 0).then(|| group.line(cause, kind));
        let mut lines: Vec<String> = causes.into_iter().filter_map(line).collect();
        if self.unversioned.count > 0 {
            lines.push("pin them with claviger credential upgrade --unversioned --to VERSION".to_owned());
        }
        lines
    }
}

impl Group {
    fn add<'n>(&mut self, group: &CatalogUse, names: impl IntoIterator<Item = &'n str>) {
        self.count += group.count;
        self.names.extend(names.into_iter().map(str::to_owned));
        self.examples.extend(group.examples.iter().cloned());
    }

    fn line(&self, cause: &str, kind: &str) -> String {
        let some = |set: &BTreeSet<String>| {
            let more = if set.len() > MAX_EXAMPLES { ", …" } else { "" };
            set.iter().take(MAX_EXAMPLES).map(String::as_str).collect::<Vec<_>>().join(", ") + more
        };
        let (have, credentials) = if self.count == 1 { ("has", "credential") } else { ("have", "credentials") };
        let more =
            if self.count > self.examples.len() as u64 && self.examples.len() <= MAX_EXAMPLES { ", …" } else { "" };
        let names = if kind.is_empty() { String::new() } else { format!(" ({kind}: {})", some(&self.names)) };
        let it = if self.count == 1 { "it" } else { "them" };
        format!(
            "{} {credentials} of the database {have} {cause} {it}{names}: {}{more}",
            self.count,
            some(&self.examples)
        )
    }
}

impl fmt::Display for CatalogMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl DatabaseDirectory {
    /// Checks the database against these settings in the background, now, until it answers, and while credentials are
    /// refused. Each change of the result is logged.
    pub fn check_catalogs(self: &Arc<Self>, versions: &VersionCatalog, scopes: &ScopeCatalog) {
        let catalogs = Arc::new((versions.clone(), scopes.clone()));
        let is_first = {
            let mut current = self.catalog_check.catalogs.lock().unwrap_or_else(PoisonError::into_inner);
            current.replace(catalogs).is_none()
        };
        let directory = self.clone();
        self.runtime.spawn(async move {
            directory.recheck_catalogs().await;
        });
        if is_first {
            let directory = Arc::downgrade(self);
            self.runtime.spawn(async move {
                loop {
                    tokio::time::sleep(RECHECK_INTERVAL).await;
                    let Some(directory) = directory.upgrade() else { return };
                    if directory.catalog_check.is_due() || !directory.catalog_mismatch().is_empty() {
                        directory.recheck_catalogs().await;
                    }
                }
            });
        }
    }

    /// Checks again, in the background, what the database has not answered before an outage ended.
    pub(super) fn check_catalogs_after_outage(self: &Arc<Self>) {
        if self.catalog_check.is_due() {
            let directory = self.clone();
            self.runtime.spawn(async move {
                directory.recheck_catalogs().await;
            });
        }
    }

    /// The result of the last check.
    pub fn catalog_mismatch(&self) -> CatalogMismatch {
        self.catalog_check.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks again. Without an answer of the database the last result stays.
    pub async fn recheck_catalogs(&self) -> CatalogMismatch {
        let catalogs = self.catalog_check.catalogs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(catalogs) = catalogs else { return CatalogMismatch::default() };
        let (versions, scopes) = &*catalogs;
        let outcome = CatalogMismatch::find(&self.store, versions, scopes, self.clock.now()).await;
        self.catalog_check.is_due.store(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            Ok(found) => {
                let mut last = self.catalog_check.found.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != found {
                    found.lines().iter().for_each(|line| tracing::warn!("{line}"));
                    if found.is_empty() {
                        tracing::info!("the settings have every version and scope of the database");
                    }
                    last.clone_from(&found);
                }
                found
            }
            Err(error) => {
                tracing::debug!("versions and scopes of the database are not checked: {error}");
                self.catalog_mismatch()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Version;

    fn group(version: Option<&str>, scopes: Option<&str>, count: u64, examples: [&str; 2]) -> CatalogUse {
        CatalogUse {
            version: version.map(str::to_owned),
            scopes: scopes.map(|scopes| scopes.split(' ').map(|scope| scope.parse().unwrap()).collect()),
            count,
            examples: examples.map(str::to_owned),
        }
    }

    fn found(groups: &[CatalogUse], known: &[&str]) -> CatalogMismatch {
        let version = |name: &&str| Version {
            name: name.parse().unwrap(),
            deprecated_on: None,
            sunset_on: None,
            retired_on: None,
            link: None,
        };
        let versions = VersionCatalog { known: known.iter().map(version).collect(), ..VersionCatalog::default() };
        let scopes = ScopeCatalog::new(vec![("pay".parse().unwrap(), Box::default())]);
        let mut found = CatalogMismatch::default();
        groups.iter().for_each(|group| found.add(group, &versions, &scopes));
        found
    }

    #[test]
    fn the_lines_count_and_name_what_is_refused() {
        let groups = [
            group(None, None, 7, ["a", "k"]),
            group(Some("0"), Some("pay"), 1, ["m", "m"]),
            group(Some("1"), Some("old pay"), 2, ["n", "o"]),
        ];
        assert_eq!(
            found(&groups, &["1"]).lines(),
            [
                "7 credentials of the database have no version, and versions.known makes the gate refuse them: a, k, …",
                "1 credential of the database has a version that versions.known lacks, and the gate refuses it \
                 (versions: 0): m",
                "2 credentials of the database have a scope that the settings lack, which permits nothing to them \
                 (scopes: old): n, o",
                "pin them with claviger credential upgrade --unversioned --to VERSION",
            ]
        );
    }

    #[test]
    fn without_configured_versions_none_is_missing() {
        assert!(
            found(&[group(None, None, 7, ["a", "k"]), group(Some("0"), Some("pay"), 1, ["m", "m"])], &[]).is_empty()
        );
    }
}
