//! Time until every gate of a fleet refuses a revoked credential.

use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger::store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use crate::records::{account, gate, now, open, token};
use crate::support::Gate;
use crate::support::postgres::Cluster;
use crate::wire::{Client, api};

const REVOCATIONS: usize = 1000;
/// Concurrent revocations.
const AT_ONCE: usize = 10;
/// Between two requests that test for the refusal.
const POLL_INTERVAL: Duration = Duration::from_millis(4);
/// Its process is killed.
const END_A_LISTENER: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM
    (SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' ORDER BY pid LIMIT 1) first";
/// Requests with the token after its refusal: none may be accepted.
const LOOKS_AFTER: usize = 5;

/// Disturbance of the connections between database and gates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// Notifications are lost without an error.
    Silent,
    /// Connections for notifications are repeatedly terminated.
    Cut,
}

/// Runs every scenario and checks its bound.
pub fn run() {
    println!("# Revocation: time from the commit until a gate refuses, {REVOCATIONS} revocations\n");
    println!("| set | refused by | p50 ms | p99 ms | largest ms | accepted after a refusal |");
    println!("|---|---|---|---|---|---|");
    let runtime = Runtime::new().unwrap();
    let scenarios = [
        ("PostgreSQL, 3 gates", Trouble::None, Duration::from_secs(1)),
        ("PostgreSQL, notifications lost", Trouble::Silent, Duration::from_secs(5)),
        ("PostgreSQL, one connection for notifications ended again and again", Trouble::Cut, Duration::from_secs(5)),
    ];
    for (name, trouble, bound) in scenarios {
        let cluster = Cluster::start_in(tempfile::tempdir().unwrap());
        let database = cluster.fresh_database();
        if trouble == Trouble::Silent {
            // Shadows the real function on each new connection.
            cluster_silence(&database);
        }
        let api = runtime.block_on(api());
        let gates: Vec<Gate> = (0..3).map(|_| gate(&api, database.url(), "")).collect();
        let store = runtime.block_on(open(&database.url().parse().unwrap()));
        let seen = runtime.block_on(revoke(&store, &gates, || {
            if trouble == Trouble::Cut {
                database.execute(END_A_LISTENER);
            }
        }));
        report(name, seen, bound);
        runtime.block_on(store.close());
    }
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("claviger.db").display());
    let api = runtime.block_on(api());
    let gates: Vec<Gate> = (0..2).map(|_| gate(&api, &url, "")).collect();
    let store = runtime.block_on(open(&url.parse().unwrap()));
    let seen = runtime.block_on(revoke(&store, &gates, || {}));
    report("SQLite, 2 gates on one file", seen, Duration::from_secs(1));
}

fn cluster_silence(database: &crate::support::postgres::Database) {
    database.execute("CREATE SCHEMA silent");
    database.execute("CREATE FUNCTION silent.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT NULL::void'");
    let name = database.name();
    database.execute(&format!("ALTER DATABASE {name} SET search_path = silent, pg_catalog, public"));
}

/// Results of one scenario.
struct Seen {
    times: Vec<Duration>,
    accepted_after: usize,
}

async fn revoke(store: &Store, gates: &[Gate], trouble: impl Fn()) -> Seen {
    let mut transaction = store.begin(now()).await.unwrap();
    for number in 0..REVOCATIONS {
        transaction.put_account(&account(&format!("a-{number}"))).await.unwrap();
        let (id, owner) = (format!("c-{number}"), format!("a-{number}"));
        transaction.put_credential(&token(&id, &owner, &format!("token-{number}"))).await.unwrap();
    }
    transaction.put_account(&account("steady")).await.unwrap();
    transaction.put_credential(&token("steady", "steady", "steady")).await.unwrap();
    transaction.commit().await.unwrap();

    let steady: Vec<_> = gates.iter().map(|gate| tokio::spawn(load(gate.address))).collect();
    let mut seen = Seen { times: Vec::new(), accepted_after: 0 };
    for (turn, numbers) in (0..REVOCATIONS).collect::<Vec<_>>().chunks(AT_ONCE).enumerate() {
        let mut watchers = Vec::new();
        let (told, commit) = tokio::sync::watch::channel(None);
        // Each gate has cached every token before the first revocation.
        let ready = Arc::new(Barrier::new(numbers.len() * gates.len() + 1));
        for number in numbers {
            for gate in gates {
                let token = format!("token-{number}");
                let (commit, ready) = (commit.clone(), ready.clone());
                watchers.push(tokio::spawn(watch(gate.address, token, commit, number % AT_ONCE, ready)));
            }
        }
        let everybody = tokio::time::timeout(Duration::from_secs(30), ready.wait()).await;
        assert!(everybody.is_ok(), "not every gate lets everything through: {}", gates[0].stderr());
        let mut commits = vec![None; AT_ONCE];
        for number in numbers {
            change(store, *number).await;
            commits[number % AT_ONCE] = Some(Instant::now());
            told.send(Some(commits.clone())).unwrap();
            if turn % 5 == 0 {
                trouble();
            }
        }
        for watcher in watchers {
            let Ok((time, accepted_after)) = watcher.await else {
                panic!("{}", gates.iter().map(Gate::stderr).collect::<Vec<_>>().join("\n"));
            };
            seen.times.push(time);
            seen.accepted_after += accepted_after;
        }
    }
    for load in steady {
        assert!(!load.is_finished(), "the steady load was refused");
        load.abort();
    }
    seen
}

/// Revokes a token in one of several ways.
async fn change(store: &Store, number: usize) {
    let mut transaction = store.begin(now()).await.unwrap();
    let id = format!("c-{number}");
    match number % 3 {
        0 => {
            let mut record = transaction.credential(&id).await.unwrap().unwrap();
            record.enabled = false;
            transaction.put_credential(&record).await.unwrap();
        }
        1 => {
            let mut record = transaction.account(&format!("a-{number}")).await.unwrap().unwrap();
            record.switched_on = false;
            transaction.put_account(&record).await.unwrap();
        }
        _ => {
            let record = token(&id, &format!("a-{number}"), &format!("reset-{number}"));
            transaction.put_credential(&record).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
}

type Commits = tokio::sync::watch::Receiver<Option<Vec<Option<Instant>>>>;

/// Polls until the refusal: the time since the commit, and the number of later acceptances.
async fn watch(
    address: std::net::SocketAddr,
    token: String,
    commits: Commits,
    place: usize,
    ready: Arc<Barrier>,
) -> (Duration, usize) {
    let mut client = Client::connect(address).await;
    assert_eq!(client.status(&token).await, 200);
    ready.wait().await;
    let refused = loop {
        match client.status(&token).await {
            200 => tokio::time::sleep(POLL_INTERVAL).await,
            401 | 403 => break Instant::now(),
            other => panic!("{other}"),
        }
    };
    let mut accepted = 0;
    for _ in 0..LOOKS_AFTER {
        tokio::time::sleep(POLL_INTERVAL).await;
        accepted += usize::from(client.status(&token).await == 200);
    }
    // A gate may get the notification before the writer gets the confirmation of its commit.
    let commit = commits.borrow().as_ref().and_then(|commits| commits[place]);
    (commit.map_or(Duration::ZERO, |commit| refused.saturating_duration_since(commit)), accepted)
}

/// Background requests, all of which must be admitted.
async fn load(address: std::net::SocketAddr) {
    let mut client = Client::connect(address).await;
    while client.status("steady").await == 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn report(name: &str, mut seen: Seen, bound: Duration) {
    seen.times.sort_unstable();
    let at = |share: f64| seen.times[((seen.times.len() - 1) as f64 * share) as usize];
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (p50, p99, most) = (at(0.5), at(0.99), at(1.0));
    println!(
        "| {name} | {} | {:.1} | {:.1} | {:.1} | {} |",
        seen.times.len(),
        millis(p50),
        millis(p99),
        millis(most),
        seen.accepted_after
    );
    assert!(p99 < bound, "{name}: p99 over {bound:?}");
    assert_eq!(seen.accepted_after, 0, "{name}: accepted after it was refused");
}
