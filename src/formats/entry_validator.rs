//! Validates entries, for every format.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry_sink::{Clash, Sink, ValidEntry};
use super::positions::{Place, join};
use super::{Notes, Unusable};
use crate::config::raw;
use crate::config::{Diagnostic, Diagnostics, Document, Node, Origin, Value, decode};
use crate::credential::{
    Account, Credential, DigestError, Label, PasswordHash, PasswordHashError, ScopeCatalog, ScopeSet, StoredSecret,
    TokenDigest, VersionCatalog, is_username, normalized,
};

const MAX_FAULTS: usize = 100;
/// Of entries that are skipped.
const MAX_SKIPPED_FAULTS: usize = 10_000;
/// Sharing saves memory where an account has many credentials.
const MAX_SHARED_ACCOUNTS: usize = 10_000;
/// The keys of a credential.
const KEYS: [&str; 11] = [
    "id",
    "account",
    "name",
    "token",
    "username",
    "password",
    "enabled",
    "version",
    "scopes",
    "expires_at",
    "addresses",
];

/// Validates entries, collects their faults, and passes the valid ones on.
pub(super) struct EntryValidator<'c> {
    pub(super) versions: &'c VersionCatalog,
    scopes: &'c ScopeCatalog,
    pub(super) faults: Diagnostics,
    unusable: Unusable,
    skipped: Diagnostics,
    /// The number of faults before the present entry.
    start: usize,
    sink: &'c mut dyn Sink,
    /// Shared by the credentials of an account. Their access may be stated later in the file.
    accounts: HashMap<Label, Arc<Account>>,
    scope_sets: HashMap<Vec<Label>, Arc<ScopeSet>>,
}

impl<'c> EntryValidator<'c> {
    pub(super) fn new(
        versions: &'c VersionCatalog,
        scopes: &'c ScopeCatalog,
        unusable: Unusable,
        sink: &'c mut dyn Sink,
    ) -> Self {
        Self {
            versions,
            scopes,
            faults: Diagnostics::default(),
            unusable,
            skipped: Diagnostics::default(),
            start: 0,
            sink,
            accounts: HashMap::new(),
            scope_sets: HashMap::new(),
        }
    }

    /// Starts an entry: faults from here to [`EntryValidator::end`] are its own, and keep it out of the set.
    pub(super) fn begin(&mut self) {
        self.start = self.faults.0.len();
    }

    /// Ends an entry, which is skipped if it has faults and that was asked for.
    pub(super) fn end(&mut self) {
        if self.unusable == Unusable::Skip {
            let room = MAX_SKIPPED_FAULTS.saturating_sub(self.skipped.0.len());
            self.skipped.0.extend(self.faults.0.drain(self.start..).take(room));
        }
        self.start = self.faults.0.len();
    }

    /// A fault of the whole file, which is refused for it even where entries may be skipped.
    pub(super) fn refuse(&mut self, fault: Diagnostic) {
        self.faults.0.insert(self.start, fault);
        self.start += 1;
    }

    fn is_faulty(&self) -> bool {
        self.faults.0.len() > self.start
    }

    /// True when the limit of faults is reached, or no further entry is wanted.
    pub(super) fn are_over(&self) -> bool {
        self.faults.0.len() >= MAX_FAULTS || self.sink.is_closed()
    }

    pub(super) fn stated_access(&self, account: &Label) -> Option<bool> {
        self.sink.stated_access(account)
    }

    pub(super) fn state_access(&mut self, account: Label, has_access: bool) -> bool {
        self.sink.state_access(account, has_access)
    }

    pub(super) fn account(&mut self, path: &str, node: &mut Node) {
        let Some(written) = decode::<raw::Account>(node, path, &mut self.faults) else { return };
        if !self.sink.state_access(written.id.0, written.access) {
            self.report(node, path, "id", "is used twice");
        }
    }

    /// True when the credential is valid.
    pub(super) fn credential<D>(&mut self, path: &str, node: &mut Node, notes: Notes) -> bool
    where
        D: Document + Into<raw::Credential>,
    {
        let before = self.faults.0.len();
        let decoded = decode::<D>(node, path, &mut self.faults);
        let Some(written) = decoded.or_else(|| with_placeholders::<D>(node)).map(Into::into) else { return false };
        let faulty = faulty_keys(path, &self.faults.0[before..]);
        if written.rate_limit.as_ref().is_some_and(|rate| !rate.limit().is_countable()) {
            self.report(node, path, "rate_limit.burst", "would take more than a hundred years to refill");
        }
        let secret = self.secret(path, node, &written);
        let version = self.version(path, node, &written);
        let scopes = self.scopes(path, node, &written);
        self.missing(path, node, &written, &faulty);
        if written.name.as_deref().is_some_and(|name| name.chars().any(char::is_control)) {
            self.report(node, path, "name", "holds control characters");
        }
        let (Some(secret), false) = (secret, self.is_faulty()) else { return false };
        let credential = Credential {
            id: written.id.0,
            account: self.account_of(&written.account.0),
            name: written.name,
            secret,
            enabled: written.enabled,
            version,
            scopes,
            expires_at: written.expires_at.map(|moment| moment.0.value),
            addresses: written.addresses.iter().map(|range| range.0.0).collect(),
            rate_limit: written.rate_limit.as_ref().map(raw::RateLimit::limit),
            last_use: None,
        };
        let place = Place { origin: node.origin.clone(), index: index_of(path) };
        match self.sink.insert(ValidEntry { credential, place, notes }) {
            Ok(()) => true,
            Err(Clash { key, meaning, first }) => {
                let problem = format!("is also the {meaning} of the credential at {first}");
                self.faults.push(Diagnostic::new(node.origin.clone(), join(path, key), problem));
                false
            }
        }
    }

    fn account_of(&mut self, id: &Label) -> Arc<Account> {
        if let Some(known) = self.accounts.get(id) {
            return known.clone();
        }
        if self.accounts.len() >= MAX_SHARED_ACCOUNTS {
            self.accounts.clear();
        }
        let account = Arc::new(Account { id: id.clone(), access: true });
        self.accounts.insert(id.clone(), account.clone());
        account
    }

    fn secret(&mut self, path: &str, node: &Node, written: &raw::Credential) -> Option<StoredSecret> {
        match (&written.token, &written.username, &written.password) {
            (Some(token), None, None) => self.token(path, node, token),
            (None, Some(username), Some(password)) => self.pair(path, node, username, password),
            (None, _, _) => None,
            (Some(_), _, _) => {
                self.report(
                    node,
                    path,
                    "token",
                    "is set together with username or password; a credential has one or the other",
                );
                None
            }
        }
    }

    /// Reports missing keys, unless a removed or misspelt key may be the missing one.
    fn missing(&mut self, path: &str, node: &Node, written: &raw::Credential, faulty: &[String]) {
        if !faulty.iter().all(|key| KEYS.contains(&key.as_str())) {
            return;
        }
        let is_faulty = |keys: &[&str]| faulty.iter().any(|key| keys.contains(&key.as_str()));
        let of_secret = is_faulty(&["token", "username", "password"]);
        match (&written.token, &written.username, &written.password) {
            _ if of_secret => {}
            (None, Some(_), None) => {
                self.report_hint(
                    node,
                    path,
                    "password",
                    "is missing; username needs it",
                    "claviger password hash prints one",
                );
            }
            (None, None, Some(_)) => self.report(node, path, "username", "is missing; password needs it"),
            (None, None, None) => {
                let hint = "claviger token new creates a token, claviger password hash hashes a password";
                self.report_hint(node, path, "", "has neither token nor username and password", hint);
            }
            _ => {}
        }
        if written.version.is_none() && !self.versions.known.is_empty() && !is_faulty(&["version"]) {
            let known = names(self.versions.known.iter().map(|version| version.name.as_str()));
            self.report_hint(node, path, "version", "is missing", &format!("known: {known}"));
        }
    }

    fn token(&mut self, path: &str, node: &Node, text: &str) -> Option<StoredSecret> {
        let error = match text.parse::<TokenDigest>() {
            Ok(digest) => return Some(StoredSecret::Token(digest)),
            Err(error) => error,
        };
        let hint = match error {
            DigestError::Plain | DigestError::Malformed => "run claviger token digest and paste what it prints",
            DigestError::Empty => "an empty token never matches",
        };
        self.report_hint(node, path, "token", &error.to_string(), hint);
        None
    }

    fn pair(&mut self, path: &str, node: &Node, username: &str, password: &str) -> Option<StoredSecret> {
        let unfit = !is_username(username);
        if unfit {
            let problem = "must be 1 to 256 characters without colon or control characters (RFC 7617)";
            self.report(node, path, "username", problem);
        }
        match password.parse::<PasswordHash>() {
            Ok(hash) => (!unfit).then(|| StoredSecret::Password { username: normalized(username).into(), hash }),
            Err(error) => {
                let hint = match error {
                    PasswordHashError::TooCostly => "hash it again with claviger password hash",
                    PasswordHashError::Des => "choose a new password, and hash it with claviger password hash",
                    _ => "run claviger password hash and paste what it prints",
                };
                self.report_hint(node, path, "password", &error.to_string(), hint);
                None
            }
        }
    }

    fn version(&mut self, path: &str, node: &Node, written: &raw::Credential) -> Option<Label> {
        let known = &self.versions.known;
        let name = written.version.as_ref()?.0.as_str();
        match self.versions.rank(name) {
            // Shares the text of the catalog.
            Some(rank) => Some(known[rank].name.clone()),
            None => {
                let known = names(known.iter().map(|version| version.name.as_str()));
                self.report_hint(node, path, "version", "is not a configured version", &format!("known: {known}"));
                None
            }
        }
    }

    fn scopes(&mut self, path: &str, node: &Node, written: &raw::Credential) -> Option<Arc<ScopeSet>> {
        let names: Vec<Label> = written.scopes.as_ref()?.iter().map(|scope| scope.0.clone()).collect();
        for (index, name) in names.iter().enumerate() {
            let key = format!("scopes.{index}");
            if !self.scopes.contains(name.as_str()) {
                let hint = format!("known: {}", self::names(self.scopes.names()));
                self.report_hint(node, path, &key, "is not a configured scope", &hint);
            } else if names[..index].contains(name) {
                self.report(node, path, &key, "is used twice");
            }
        }
        let shared = self.scope_sets.entry(names.clone()).or_insert_with(|| Arc::new(ScopeSet::new(names)));
        Some(shared.clone())
    }

    /// The faults of skipped entries.
    ///
    /// # Errors
    /// Every fault.
    pub(super) fn finish(self) -> Result<Diagnostics, Diagnostics> {
        let Self { mut faults, mut skipped, .. } = self;
        if faults.0.len() >= MAX_FAULTS {
            faults.push(Diagnostic::new(Origin::WHOLE_FILE, "", "has more faults than these"));
        }
        if skipped.0.len() >= MAX_SKIPPED_FAULTS {
            skipped.push(Diagnostic::new(Origin::WHOLE_FILE, "", "has more faults than these"));
        }
        faults.into_result(|| skipped)
    }

    fn report(&mut self, node: &Node, path: &str, key: &str, problem: &str) {
        self.report_hint(node, path, key, problem, "");
    }

    fn report_hint(&mut self, node: &Node, path: &str, key: &str, problem: &str, hint: &str) {
        let keys: Vec<&str> = key.split('.').filter(|key| !key.is_empty()).collect();
        let mut whole = path.to_owned();
        for key in &keys {
            match key.parse::<usize>() {
                Ok(index) => whole.push_str(&format!("[{index}]")),
                Err(_) => whole = join(&whole, key),
            }
        }
        let fault = Diagnostic::new(node.origin_of(&keys), whole, problem);
        self.faults.push(if hint.is_empty() { fault } else { fault.hint(hint) });
    }
}

/// The index in a path such as `credentials[7]`.
fn index_of(path: &str) -> Option<usize> {
    path.strip_suffix(']')?.rsplit_once('[')?.1.parse().ok()
}

/// Decodes an entry without id or account under a placeholder, to find its other faults.
fn with_placeholders<D: Document>(node: &mut Node) -> Option<D> {
    if !matches!(node.value, Value::Map(_)) {
        return None;
    }
    for key in ["id", "account"] {
        if node.entry(key).is_none() {
            node.set(&[key], Node::new(Value::Text("nameless".into()), node.origin.clone()));
        }
    }
    decode(node, "", &mut Diagnostics::default())
}

/// The keys of the entry at `path` that have a fault; empty for the entry itself.
fn faulty_keys(path: &str, faults: &[Diagnostic]) -> Vec<String> {
    let key = |fault: &Diagnostic| {
        let within = fault.path.strip_prefix(path).unwrap_or_default().trim_start_matches('.');
        within.split(['.', '[']).next().unwrap_or_default().to_owned()
    };
    faults.iter().map(key).collect()
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let joined = names.collect::<Vec<_>>().join(", ");
    if joined.is_empty() { "none is configured".into() } else { joined }
}
