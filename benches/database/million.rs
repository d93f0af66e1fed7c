//! The cost of a gate with a million credentials, compared with ten.

use std::time::{Duration, Instant};

use claviger::credential::TokenDigest;
use claviger::store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::records::{account, gate, now, open};
use crate::support::Gate;
use crate::support::postgres::Cluster;
use crate::wire::{Client, api};

const MANY: usize = 1_000_000;
const FEW: usize = 10;
const ROUNDS: usize = 10;
const REQUESTS: usize = 20_000;
const CHANGES: usize = 200;

macro_rules! insert {
    ($database:ty, $pool:expr, $size:expr) => {{
        let mut transaction = $pool.begin().await.unwrap();
        let now = now().as_millisecond();
        for numbers in (0..$size).collect::<Vec<_>>().chunks(2000) {
            let mut sql = sqlx::QueryBuilder::<$database>::new(
                "INSERT INTO credentials (id, account, enabled, addresses, created_at, created_by, secret_made_at, revision) ",
            );
            sql.push_values(numbers, |mut row, number| {
                row.push_bind(format!("c-{number}"));
                row.push("'acme', TRUE, ''").push_bind(now).push("'bench'").push_bind(now).push("1");
            });
            sql.build().execute(&mut *transaction).await.unwrap();
            let mut sql = sqlx::QueryBuilder::<$database>::new("INSERT INTO tokens (digest, credential) ");
            sql.push_values(numbers, |mut row, number| {
                row.push_bind(TokenDigest::of(format!("token-{number}").as_bytes()).as_bytes().to_vec());
                row.push_bind(format!("c-{number}"));
            });
            sql.build().execute(&mut *transaction).await.unwrap();
        }
        sqlx::query("INSERT INTO uses (credential, at) SELECT id, created_at FROM credentials")
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }};
}

/// On both kinds of database.
pub fn run() {
    println!("\n# {MANY} credentials against {FEW}\n");
    let runtime = Runtime::new().unwrap();
    let cluster = Cluster::start_in(tempfile::tempdir().unwrap());
    let (few, many) = (cluster.fresh_database(), cluster.fresh_database());
    compare(&runtime, "PostgreSQL", few.url(), many.url());
    let folder = TempDir::new().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    compare(&runtime, "SQLite", &url("few.db"), &url("many.db"));
}

fn compare(runtime: &Runtime, name: &str, few: &str, many: &str) {
    let api = runtime.block_on(api());
    let sets = [(few, FEW), (many, MANY)];
    let mut stores = Vec::new();
    for (url, size) in sets {
        let store = runtime.block_on(open(&url.parse().unwrap()));
        let start = Instant::now();
        runtime.block_on(fill(&store, url, size));
        println!("{name}, {size}: filled in {:.1} s", start.elapsed().as_secs_f64());
        stores.push(store);
    }
    let cache = format!(
        "database: {{preload: {MANY}, query_timeout: 60s, cache: {{credentials: {}, megabytes: 2048}}}}\n",
        2 * MANY
    );
    let gates: Vec<Gate> = sets
        .iter()
        .map(|(url, size)| {
            let start = Instant::now();
            let gate = gate(&api, url, &cache);
            let remembered = gate.metric("claviger_database_remembered{kind=\"token\"}");
            println!(
                "{name}, {size}: ready in {:.2} s with {remembered} remembered, {} MB resident",
                start.elapsed().as_secs_f64(),
                resident(&gate) / 1_000_000
            );
            gate
        })
        .collect();
    let mut ratios = Vec::new();
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let round: Vec<Duration> = gates.iter().map(|gate| runtime.block_on(cost(gate))).collect();
        ratios.push(round[1].as_secs_f64() / round[0].as_secs_f64());
        costs[0].push(round[0]);
        costs[1].push(round[1]);
    }
    ratios.sort_by(f64::total_cmp);
    let micros = |costs: &mut Vec<Duration>| {
        costs.sort_unstable();
        costs[costs.len() / 2].as_secs_f64() * 1e6 / REQUESTS as f64
    };
    println!(
        "{name}: CPU of a request with a remembered token {:.2} µs at {FEW}, {:.2} µs at {MANY}: ratio {:.3} ({:.3} to {:.3} in {ROUNDS} rounds)",
        micros(&mut costs[0]),
        micros(&mut costs[1]),
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
    for ((store, gate), (_, size)) in stores.iter().zip(&gates).zip(sets) {
        let (write, cpu) = runtime.block_on(one_change(store, gate));
        println!(
            "{name}, {size}: a change takes {:.2} ms to write and {:.0} µs CPU of a gate to follow and read again",
            write.as_secs_f64() * 1000.0,
            cpu.as_secs_f64() * 1e6
        );
        runtime.block_on(store.close());
    }
}

/// All with a past use, so that gates preload them. In bulk, because filling is not measured.
async fn fill(store: &Store, url: &str, size: usize) {
    let mut transaction = store.begin(now()).await.unwrap();
    transaction.put_account(&account("acme")).await.unwrap();
    transaction.commit().await.unwrap();
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        insert!(sqlx::Sqlite, pool, size);
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        insert!(sqlx::Postgres, pool, size);
        sqlx::query("ANALYZE").execute(&pool).await.unwrap();
    }
    assert!(store.find_token(&TokenDigest::of(b"token-0")).await.unwrap().found.is_some());
}

/// CPU time of a gate for requests with cached tokens.
async fn cost(gate: &Gate) -> Duration {
    let mut client = Client::connect(gate.address).await;
    let tokens: Vec<String> = (0..FEW).map(|number| format!("token-{number}")).collect();
    for token in &tokens {
        assert_eq!(client.status(token).await, 200);
    }
    let before = gate.cpu();
    for number in 0..REQUESTS {
        assert_eq!(client.status(&tokens[number % FEW]).await, 200);
    }
    gate.cpu() - before
}

/// Time to commit a change, and until a gate applies it.
async fn one_change(store: &Store, gate: &Gate) -> (Duration, Duration) {
    let mut client = Client::connect(gate.address).await;
    let (before, mut writing) = (gate.cpu(), Duration::ZERO);
    for change in 0..CHANGES {
        let start = Instant::now();
        let mut transaction = store.begin(now()).await.unwrap();
        let mut record = transaction.credential("c-1").await.unwrap().unwrap();
        record.enabled = change % 2 == 1;
        transaction.put_credential(&record).await.unwrap();
        transaction.commit().await.unwrap();
        writing += start.elapsed();
        let wanted = if record.enabled { 200 } else { 401 };
        while client.status("token-1").await != wanted {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let count = u32::try_from(CHANGES).unwrap();
    (writing / count, (gate.cpu() - before) / count)
}

fn resident(gate: &Gate) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/statm", gate.id())).unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
