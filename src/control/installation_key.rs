//! Opens the installation key; a server makes it where that cannot lose anything.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Diagnostic, Diagnostics, Origin, Settings};
use crate::credential::{INSTALLATION_KEY_BYTES, InstallationKey, InstallationKeys};
use crate::store::{Store, StoreError};

const KEY: &str = "installation_key_file";
const OLD_KEYS: &str = "old_installation_key_files";
const NEW_KEY: &str = "make one for the whole fleet: head -c 32 /dev/urandom > FILE";

/// Drafts of this age were left by processes that died.
const STALE_DRAFT: Duration = Duration::from_secs(600);

/// The installation keys of this process: opened at its start, or by the reload that switches delivery or webhooks on. A
/// later change of their files needs a restart. Cheap to clone.
#[derive(Clone, Default)]
pub struct SharedKeys(Arc<OnceLock<Arc<InstallationKeys>>>);

impl SharedKeys {
    /// `None` where secrets were never delivered and webhooks never on.
    pub fn get(&self) -> Option<&InstallationKeys> {
        self.0.get().map(Arc::as_ref)
    }

    /// The first keys stay.
    pub fn open(&self, keys: InstallationKeys) {
        let _opened_before = self.0.set(Arc::new(keys));
    }
}

impl From<Option<Arc<InstallationKeys>>> for SharedKeys {
    fn from(keys: Option<Arc<InstallationKeys>>) -> Self {
        let shared = Self::default();
        if let Some(keys) = keys {
            let _opened_before = shared.0.set(keys);
        }
        shared
    }
}

/// Why the installation key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InstallationKeyFault {
    #[error(transparent)]
    Settings(#[from] Diagnostics),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the key and the old ones for a server. A missing key is made on SQLite, which no other machine shares, unless
/// rows name a key.
///
/// # Errors
/// When a file cannot be used, or rows name a key that is in none of them.
pub async fn open_installation_keys(
    settings: &Settings,
    store: &Store,
    now: Timestamp,
) -> Result<InstallationKeys, InstallationKeyFault> {
    open(settings, store, now, make).await
}

/// The same for a command, which makes no key: it may run as another user than the server, which then could not read it.
///
/// # Errors
/// Also when the key is missing.
pub async fn read_installation_keys(
    settings: &Settings,
    store: &Store,
    now: Timestamp,
) -> Result<InstallationKeys, InstallationKeyFault> {
    let missing = |file: &Path| {
        let hint = "claviger serve makes it when it starts";
        Err(fault(KEY, format!("{} is missing", file.display())).hint_of(hint))
    };
    open(settings, store, now, missing).await
}

/// `make` returns the key of an installation that has none yet.
async fn open(
    settings: &Settings,
    store: &Store,
    now: Timestamp,
    make: impl FnOnce(&Path) -> Result<InstallationKey, InstallationKeyFault>,
) -> Result<InstallationKeys, InstallationKeyFault> {
    // Without an answer of the database the key is used unchecked, but never made.
    let used = match store.installation_keys_in_use(now).await {
        Ok(used) => Some(used),
        Err(error) if error.is_transient() => None,
        Err(error) => return Err(error.into()),
    };
    let is_unused = used.as_ref().is_some_and(Vec::is_empty);
    let file = &settings.installation_key.current;
    let current = match read(file, KEY)? {
        Some(key) => key,
        None if store.is_embedded() && is_unused => make(file)?,
        None if store.is_embedded() => {
            let problem = format!("{} is missing, and the database was used with a key", file.display());
            let hint = "restore the file from a backup; codes that were sent and webhooks need it";
            return Err(fault(KEY, problem).hint_of(hint));
        }
        None => return Err(fault(KEY, format!("{} is missing", file.display())).hint_of(NEW_KEY)),
    };
    let mut old = Vec::new();
    for (index, file) in settings.installation_key.old.iter().enumerate() {
        let at = format!("{OLD_KEYS}[{index}]");
        let missing = || fault(&at, format!("{} is missing", file.display())).hint_of("restore it, or leave it out");
        old.push(read(file, &at)?.ok_or_else(missing)?);
    }
    let keys = InstallationKeys::new(current, old);
    let Some(used) = used else { return Ok(keys) };
    if let Some(unknown) = used.iter().find(|id| keys.with_id(id).is_none()) {
        let problem = format!("is not the key {unknown}, which the database was used with");
        let hint = "use the same file in every process; a former key goes into old_installation_key_files";
        return Err(fault(KEY, problem).hint_of(hint));
    }
    for key in keys.old().iter().filter(|key| !used.iter().any(|id| id == key.id())) {
        tracing::info!(
            key = key.id(),
            "nothing derives from this old installation key; its file is not needed any more"
        );
    }
    Ok(keys)
}

/// `None` when there is no such file.
fn read(file: &Path, path: &str) -> Result<Option<InstallationKey>, InstallationKeyFault> {
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(INSTALLATION_KEY_BYTES + 1));
    // One byte more than a key: a longer file is none, however long it is.
    let content = std::fs::File::open(file)
        .and_then(|opened| opened.take(INSTALLATION_KEY_BYTES as u64 + 1).read_to_end(&mut bytes));
    match content {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(path, format!("{} cannot be read: {error}", file.display())).into()),
        Ok(_) => {}
    }
    let key = InstallationKey::parse(&bytes);
    key.map(Some).map_err(|error| fault(path, format!("{} {error}", file.display())).hint_of(NEW_KEY))
}

/// Writes a new key under its name at once, so that another process reads the whole of it. Of two processes that start
/// together, one makes the key and the other reads it.
fn make(file: &Path) -> Result<InstallationKey, InstallationKeyFault> {
    let unwritable = |error: std::io::Error| {
        let hint = "make its folder writable for this user, or make the file: head -c 32 /dev/urandom > FILE";
        fault(KEY, format!("{} is missing and cannot be made: {error}", file.display())).hint_of(hint)
    };
    let key = InstallationKey::mint().map_err(|_| fault(KEY, "the system returned no random bytes".into()))?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    remove_stale_drafts(directory, file);
    // In a container every process may have the same id.
    let draft = draft(file, &format!("{:016x}", fastrand::u64(..)));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).and_then(|mut opened| {
        opened.write_all(key.reveal())?;
        opened.sync_all()?;
        std::fs::hard_link(&draft, file)?;
        // The name, too, must outlast a loss of power: rows will name this key.
        File::open(directory)?.sync_all()
    });
    // A draft that stays is harmless, and named as what it is.
    let _not_removed = std::fs::remove_file(&draft);
    match written {
        Ok(()) => {
            tracing::warn!(
                file = %file.display(),
                "made a new installation key; keep a copy apart from the copies of the database"
            );
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(file, KEY)?.ok_or_else(|| unwritable(error)),
        Err(error) => Err(unwritable(error)),
    }
}

/// `installation.key.SUFFIX.new` beside the key.
fn draft(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}.new"));
    file.with_file_name(name)
}

/// One that cannot be removed is in the way of nothing.
fn remove_stale_drafts(directory: &Path, file: &Path) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_stale = |entry: &std::fs::DirEntry| {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        let is_draft = found.strip_prefix(&*name).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".new"));
        let age = entry.metadata().and_then(|facts| facts.modified()).map(|modified| modified.elapsed());
        is_draft && age.is_ok_and(|age| age.is_ok_and(|age| age >= STALE_DRAFT))
    };
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten().filter(is_stale) {
        let _not_removed = std::fs::remove_file(entry.path());
    }
}

struct Fault(Diagnostic);

fn fault(path: &str, problem: String) -> Fault {
    Fault(Diagnostic::new(Origin::WHOLE_FILE, path, problem))
}

impl Fault {
    fn hint_of(self, hint: &str) -> InstallationKeyFault {
        InstallationKeyFault::Settings(self.0.hint(hint).into())
    }
}

impl From<Fault> for InstallationKeyFault {
    fn from(fault: Fault) -> Self {
        Self::Settings(fault.0.into())
    }
}
