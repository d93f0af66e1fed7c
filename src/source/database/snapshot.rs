//! Snapshot of the cache: a gate that starts while the server is down reads it. Holds digests only.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cache::Entry;
use super::{DatabaseDirectory, DummyHashes};
use crate::credential::{Account, Credential, Label, Overlap, PasswordHash, RateLimit, ScopeSet, StoredSecret};
use crate::store::{Change, FeedPoint, FeedPosition, GateCredential};

/// Version of the file format.
const FORMAT: u32 = 1;
/// Tolerated clock skew.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) file: PathBuf,
    /// The address without the password; snapshots of another database are not used.
    pub(super) database: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum SnapshotError {
    #[error("there is no snapshot")]
    Missing,
    #[error("other users can read it; set its mode to 0600")]
    Exposed,
    #[error("it is of another database")]
    Foreign,
    #[error("it is older than database.max_stale")]
    Stale,
    #[error("its time is in the future")]
    FromTheFuture,
    #[error("it is damaged")]
    Damaged,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    database: String,
    /// The last change that the credentials reflect.
    position: i64,
    /// See [`FeedPosition`]. 0 in files of older versions: the first answer of a server then empties the cache.
    #[serde(default)]
    history: i64,
    #[serde(default)]
    change: Option<Change>,
    confirmed_at: Timestamp,
    credentials: usize,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    account: String,
    access: bool,
    owner: Option<String>,
    token: Option<String>,
    username: Option<String>,
    password: Option<String>,
    /// During an overlap.
    #[serde(default)]
    previous_password: Option<String>,
    ends_at: Option<Timestamp>,
    enabled: bool,
    version: Option<String>,
    scopes: Option<Vec<String>>,
    addresses: Vec<IpNet>,
    expires_at: Option<Timestamp>,
    rate_limit: Option<[std::num::NonZeroU32; 3]>,
}

impl DatabaseDirectory {
    /// Writes the valid entries of the cache. Atomic: a reader finds the old file or the new one.
    pub(super) fn write_snapshot(&self, snapshot: &Snapshot) -> std::io::Result<()> {
        // The position before the entries: a change in between is applied again after a restart.
        let Some(age) = self.age() else { return Ok(()) };
        let confirmed_at = self.clock.now() - age;
        let FeedPosition { point: FeedPoint { history, number: position }, change } = self.cache.position();
        let lines = self.cache.valid(&self.clock);
        let folder = snapshot.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Created with mode 0600.
        let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        let mut out = BufWriter::new(&file);
        let database = snapshot.database.clone();
        let credentials = lines.len();
        let head = Head { format: FORMAT, database, position, history, change, confirmed_at, credentials };
        serde_json::to_writer(&mut out, &head)?;
        for entry in lines {
            out.write_all(b"\n")?;
            serde_json::to_writer(&mut out, &Line::of(&entry))?;
        }
        out.write_all(b"\n")?;
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        file.persist(&snapshot.file).map_err(|error| error.error)?;
        Ok(())
    }

    /// Fills the cache from a snapshot. Returns the number of credentials.
    pub(super) fn read_snapshot(&self, snapshot: &Snapshot) -> Result<usize, SnapshotError> {
        let file = File::open(&snapshot.file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SnapshotError::Missing,
            _ => error.into(),
        })?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(SnapshotError::Exposed);
        }
        let mut lines = BufReader::new(file).lines();
        let head = lines.next().ok_or(SnapshotError::Damaged)??;
        let head: Head = serde_json::from_str(&head).map_err(|_| SnapshotError::Damaged)?;
        if head.format != FORMAT || head.database != snapshot.database {
            return Err(SnapshotError::Foreign);
        }
        let age = self.age_of(head.confirmed_at)?;
        let mut all = Vec::new();
        for line in lines {
            let line: Line = serde_json::from_str(&line?).map_err(|_| SnapshotError::Damaged)?;
            all.push(line.usable().ok_or(SnapshotError::Damaged)?);
        }
        if all.len() != head.credentials {
            return Err(SnapshotError::Damaged);
        }
        let point = FeedPoint { history: head.history, number: head.position };
        self.cache.begin_at(FeedPosition { point, change: head.change });
        let mut dummy_hashes = DummyHashes::default();
        all.iter().filter_map(|usable| usable.credential.password_hash()).for_each(|hash| dummy_hashes.add(hash));
        self.dummy_hashes.store(Arc::new(dummy_hashes));
        let count = all.len();
        for usable in all.into_iter().filter_map(|usable| usable.at(self.clock.now())) {
            // Cannot fail: no change was applied since.
            let _inserted = self.cache.insert(usable, point);
        }
        self.confirm_ago(age);
        Ok(count)
    }

    fn age_of(&self, confirmed_at: Timestamp) -> Result<Duration, SnapshotError> {
        let now = self.clock.now();
        if confirmed_at > now + MAX_CLOCK_SKEW {
            return Err(SnapshotError::FromTheFuture);
        }
        let age = Duration::try_from(now.duration_since(confirmed_at)).unwrap_or_default();
        if age > self.max_stale { Err(SnapshotError::Stale) } else { Ok(age) }
    }
}

impl Line {
    fn of(entry: &Entry) -> Self {
        let credential = &entry.credential;
        let text = |label: &Label| label.to_string();
        let (token, username, password, previous_password) = match &credential.secret {
            StoredSecret::Token(digest) => (Some(digest.to_string()), None, None, None),
            StoredSecret::Password { username, hash } => {
                let (current, previous) = match hash {
                    PasswordHash::Overlap(both) => (both.current(), Some(both.previous().as_str().to_owned())),
                    one => (one, None),
                };
                (None, Some(username.to_string()), Some(current.as_str().to_owned()), previous)
            }
        };
        Self {
            id: text(&credential.id),
            account: text(&credential.account.id),
            access: credential.account.access,
            owner: entry.owner.as_ref().map(text),
            token,
            username,
            password,
            previous_password,
            ends_at: entry.ends_at,
            enabled: credential.enabled,
            version: credential.version.as_ref().map(text),
            scopes: credential.scopes.as_ref().map(|scopes| scopes.names().map(str::to_owned).collect()),
            addresses: credential.addresses.to_vec(),
            expires_at: credential.expires_at,
            rate_limit: credential.rate_limit.map(|limit| [limit.requests, limit.seconds, limit.burst]),
        }
    }

    /// `None` for a line that [`Line::of`] does not write.
    fn usable(self) -> Option<GateCredential> {
        let secret = match (self.token, self.username, self.password) {
            (Some(digest), None, None) => StoredSecret::Token(digest.parse().ok()?),
            (None, Some(username), Some(hash)) => {
                let current = hash.parse::<PasswordHash>().ok()?;
                let hash = match self.previous_password {
                    None => current,
                    Some(previous) => PasswordHash::Overlap(Box::new(Overlap::new(current, previous.parse().ok()?))),
                };
                StoredSecret::Password { username: username.into(), hash }
            }
            _ => return None,
        };
        let scopes = match self.scopes {
            None => None,
            Some(names) => {
                let names: Option<Vec<Label>> = names.iter().map(|name| name.parse().ok()).collect();
                Some(Arc::new(ScopeSet::new(names?)))
            }
        };
        let owner = match self.owner {
            None => None,
            Some(owner) => Some(owner.parse().ok()?),
        };
        let version = match self.version {
            None => None,
            Some(version) => Some(version.parse().ok()?),
        };
        let rate_limit = self.rate_limit.map(|[requests, seconds, burst]| RateLimit { requests, seconds, burst });
        if rate_limit.is_some_and(|limit| !limit.is_countable()) {
            return None;
        }
        Some(GateCredential {
            credential: Credential {
                id: self.id.parse().ok()?,
                account: Arc::new(Account { id: self.account.parse().ok()?, access: self.access }),
                name: None,
                secret,
                enabled: self.enabled,
                version,
                scopes,
                expires_at: self.expires_at,
                addresses: self.addresses.into(),
                rate_limit,
                last_use: Some(Box::default()),
            },
            owner,
            ends_at: self.ends_at,
        })
    }
}
