//! A process that creates, resets and imports is killed at random moments; after each kill the database is checked.
//! A module of its own, because `benches/crash.rs` includes it and kills more often.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use claviger::clock::Clock;
use claviger::config::{DatabaseUrl, Delivery};
use claviger::control::operations::{
    Caller, NewCredential, NewSecret, OperationContext, PlainSecret, Reset, Terms, create, import, reset,
};
use claviger::credential::{ScopeCatalog, TokenDigest, TokenFormat, VersionCatalog};
use claviger::formats::{Catalogs, Import};
use claviger::store::{Actor, ActorKind, RecordSecret, Store, StoreOptions};

/// In the environment of the process that is to be killed: the database it works on.
pub const VARIABLE: &str = "CLAVIGER_CRASH_DATABASE";
const OPTIONS: StoreOptions = StoreOptions { connections: 2, query_timeout: Duration::from_secs(20), create: true };
const MAX_LIFE_MILLIS: u64 = 60;
const IMPORTED: usize = 5;

/// Revision of a credential, and the digest of its only secret.
type State = (i64, TokenDigest);

/// What killed processes have acknowledged.
#[derive(Default)]
pub struct Acknowledged {
    known: HashMap<String, State>,
    /// Number of killed processes.
    pub kills: usize,
    /// Number of operations that they acknowledged before.
    pub operations: usize,
}

/// A line that the process writes to standard output.
enum Line {
    Made(String, State),
    Importing(Vec<(String, TokenDigest)>),
    Imported,
}

/// Creates, resets and imports until the process is killed, and acknowledges each operation on standard output.
pub async fn work(url: &DatabaseUrl) {
    let store = Store::open(url, OPTIONS).await.unwrap();
    let actor = Actor { kind: ActorKind::Shell, id: "doomed".into(), request_id: None, address: None };
    let (versions, scopes) = (VersionCatalog::default(), ScopeCatalog::default());
    let delivery = Delivery::default();
    let catalogs = Catalogs { versions: &versions, scopes: &scopes };
    let now = || Clock::System.now();
    let (caller, format) = (Caller { actor, ..Caller::shell(String::new()) }, TokenFormat::default());
    let call = || {
        OperationContext::new(
            &store,
            &caller,
            now(),
            Terms { catalogs, format: &format, delivery: &delivery, webhooks: None },
        )
    };
    loop {
        let new = NewCredential::new("acme".parse().unwrap(), NewSecret::Token);
        let created = create(&call(), new).await.unwrap().fresh().unwrap();
        let id = created.record.id.to_string();
        print_created(&id, created.record.revision, &created.secret);
        for turn in 0..4 {
            let overlap = Duration::from_secs(if turn % 2 == 0 { 0 } else { 3600 });
            let how = Reset { overlap, ..Reset::default() };
            let done = reset(&call(), &id, how).await.unwrap().fresh().unwrap();
            print_created(&id, done.record.revision, &done.secret);
        }
        // One that is known, and some that are new.
        let mut entries = vec![(id, TokenFormat::default().mint().unwrap().digest())];
        entries.extend((1..IMPORTED).map(|_| {
            let digest = TokenFormat::default().mint().unwrap().digest();
            (digest.to_string().replace("sha256:", "i-")[..20].to_owned(), digest)
        }));
        let words: Vec<String> = entries.iter().map(|(id, digest)| format!("{id}={digest}")).collect();
        print_line(&format!("importing {}", words.join(" ")));
        let entry =
            |(id, digest): &(String, TokenDigest)| format!("  - {{id: {id}, account: acme, token: '{digest}'}}\n");
        let text: String = entries.iter().map(entry).collect();
        let read = Import::yaml(&format!("credentials:\n{text}"), catalogs).unwrap();
        import(&call(), &read, false).await.unwrap();
        print_line("imported");
    }
}

fn print_created(id: &str, revision: i64, secret: &PlainSecret) {
    let PlainSecret::Token(token) = secret else { panic!("a token was asked for") };
    print_line(&format!("made {id} {revision} {}", token.digest()));
}

/// The prefix tells these lines from other output.
fn print_line(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ncrash: {text}").unwrap();
    out.flush().unwrap();
}

fn parse_line(line: &str) -> Option<Line> {
    let mut words = line.strip_prefix("crash: ")?.split(' ');
    Some(match words.next()? {
        "made" => Line::Made(words.next()?.into(), (words.next()?.parse().ok()?, words.next()?.parse().ok()?)),
        "importing" => {
            let pair =
                |word: &str| word.split_once('=').map(|(id, digest)| Some((id.to_owned(), digest.parse().ok()?)));
            Line::Importing(words.map(|word| pair(word).flatten()).collect::<Option<_>>()?)
        }
        _ => Line::Imported,
    })
}

impl Acknowledged {
    /// Starts a process that works on this database, kills it, and looks at what it has left.
    pub async fn kill_once(&mut self, mut command: Command, url: &DatabaseUrl) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut acknowledged: Vec<Line> = Vec::new();
        acknowledged.extend(lines.by_ref().find_map(|line| parse_line(&line)));
        assert!(!acknowledged.is_empty(), "the process has ended before it did anything");
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..MAX_LIFE_MILLIS * 1000)));
        child.kill().unwrap();
        // Lines that it wrote before it was killed are still in the pipe.
        acknowledged.extend(lines.filter_map(|line| parse_line(&line)));
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "the process has ended by itself");
        self.kills += 1;
        let store = Store::open(url, OPTIONS).await.unwrap();
        if !store.is_embedded() {
            // The server may still be committing.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.look(&store, acknowledged).await;
        store.close().await;
    }

    async fn look(&mut self, store: &Store, acknowledged: Vec<Line>) {
        let mut touched: Vec<String> = Vec::new();
        let mut importing: Vec<(String, TokenDigest)> = Vec::new();
        let mut dead: Vec<(String, TokenDigest)> = Vec::new();
        for line in acknowledged {
            match line {
                Line::Made(id, state) => {
                    self.operations += 1;
                    dead.extend(self.known.insert(id.clone(), state).map(|(_, digest)| (id.clone(), digest)));
                    touched.push(id);
                }
                Line::Importing(entries) => importing = entries,
                Line::Imported => {
                    self.operations += 1;
                    for (id, digest) in importing.drain(..) {
                        let revision = self.known.get(&id).map_or(1, |(revision, _)| revision + 1);
                        dead.extend(
                            self.known.insert(id.clone(), (revision, digest)).map(|(_, old)| (id.clone(), old)),
                        );
                        touched.push(id);
                    }
                }
            }
        }
        // The import that was in flight happened as a whole, or not at all.
        let mut arrived = Vec::new();
        for (id, digest) in &importing {
            arrived.push(
                store.find_token(digest).await.unwrap().found.is_some_and(|found| found.credential.id.as_str() == id),
            );
        }
        assert!(arrived.iter().all(|one| *one) || !arrived.contains(&true), "half an import: {arrived:?}");
        touched.extend(importing.into_iter().filter(|(id, _)| self.known.contains_key(id)).map(|(id, _)| id));
        touched.sort_unstable();
        touched.dedup();
        for id in &touched {
            self.check(store, id).await;
        }
        for (id, digest) in dead {
            self.is_dead_or_previous(store, &id, &digest).await;
        }
    }

    /// Exactly one secret works: the one that was told last, or the one that was in flight; and the audit agrees.
    async fn check(&mut self, store: &Store, id: &str) {
        let (revision, digest) = self.known[id];
        let record = store.credential(id).await.unwrap().unwrap_or_else(|| panic!("{id} was told, and is not there"));
        let RecordSecret::Token(Some(current)) = record.secret else { panic!("{id} is another kind of secret") };
        if current != digest {
            assert_eq!(record.revision, revision + 1, "{id}: more has happened than was in flight");
            self.known.insert(id.to_owned(), (record.revision, current));
            self.is_dead_or_previous(store, id, &digest).await;
        } else {
            assert_eq!(record.revision, revision, "{id}");
        }
        let found = store.find_token(&current).await.unwrap().found.unwrap();
        assert_eq!((found.credential.id.as_str(), found.ends_at), (id, None));
        let audit = store.audit_of("credential", id, 100).await.unwrap();
        assert_eq!(i64::try_from(audit.len()).unwrap(), record.revision, "{id}: a line for each revision");
        let after: serde_json::Value = serde_json::from_str(audit[0].after.as_deref().unwrap()).unwrap();
        assert_eq!(after["revision"], record.revision, "{id}: {audit:?}");
        assert_eq!(after["secret_made_at"], record.secret_made_at.to_string(), "{id}");
        assert_eq!(after["hint"].as_str(), record.hint.as_deref(), "{id}");
    }

    /// A secret from before works only as one whose end is near.
    async fn is_dead_or_previous(&self, store: &Store, id: &str, digest: &TokenDigest) {
        if self.known.get(id).is_some_and(|(_, current)| current == digest) {
            return;
        }
        if let Some(found) = store.find_token(digest).await.unwrap().found {
            assert!(found.ends_at.is_some(), "{id}: two secrets work");
        }
    }
}

/// A database with an account, as the process expects it.
pub async fn prepare(url: &DatabaseUrl) {
    let store = Store::open(url, OPTIONS).await.unwrap();
    store.migrate().await.unwrap();
    let (versions, scopes) = (VersionCatalog::default(), ScopeCatalog::default());
    let delivery = Delivery::default();
    let catalogs = Catalogs { versions: &versions, scopes: &scopes };
    let read = Import::yaml("credentials: []\naccounts: [{id: acme}]", catalogs).unwrap();
    let (caller, format) = (Caller::shell("root".into()), TokenFormat::default());
    let call = OperationContext::new(
        &store,
        &caller,
        Clock::System.now(),
        Terms { catalogs, format: &format, delivery: &delivery, webhooks: None },
    );
    import(&call, &read, false).await.unwrap();
    store.close().await;
}

/// What SQLite says of its own file.
pub async fn integrity(file: &std::path::Path) -> String {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let words: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap();
    let dangling: Vec<(String,)> =
        sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check").fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    if dangling.is_empty() { words.join("; ") } else { format!("{dangling:?}") }
}
