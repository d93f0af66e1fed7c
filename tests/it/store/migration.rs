//! Migration of older tables while they are in use.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use claviger::config::DatabaseUrl;
use claviger::credential::TokenDigest;
use claviger::store::{CredentialFilter, CredentialKind, RecordSecret, Store, StoreError, StoreOptions};
use sqlx::Connection as _;

use super::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    rows_of_version_1_are_filled_in_and_found,
    a_migration_stopped_at_any_point_is_finished_by_the_next,
    a_process_killed_between_batches_leaves_the_rest_to_the_next,
    two_processes_migrate_concurrently,
    version_2_is_migrated_to_the_newest,
);

/// The defaults of a gate.
const GATE_OPTIONS: StoreOptions = StoreOptions { connections: 4, query_timeout: Duration::from_secs(4), create: true };

/// Undoes step 5 of the schema.
macro_rules! without_webhooks {
    () => {
        "DROP TABLE attempts; DROP TABLE events; DROP TABLE publishers;
        DROP INDEX webhooks_created; DROP INDEX webhooks_failing; DROP INDEX deliveries_waiting;
        DROP INDEX deliveries_claimed; DROP INDEX deliveries_event; DROP INDEX deliveries_created;
        ALTER TABLE webhooks DROP COLUMN kind; ALTER TABLE webhooks DROP COLUMN created_by;
        ALTER TABLE webhooks DROP COLUMN key_id; ALTER TABLE webhooks DROP COLUMN generation;
        ALTER TABLE webhooks DROP COLUMN previous_key_id; ALTER TABLE webhooks DROP COLUMN previous_generation;
        ALTER TABLE webhooks DROP COLUMN last_success_at; ALTER TABLE webhooks DROP COLUMN last_failure_at;
        ALTER TABLE webhooks DROP COLUMN warned_days; ALTER TABLE webhooks DROP COLUMN switched_off_why;
        ALTER TABLE deliveries DROP COLUMN event_id; ALTER TABLE deliveries DROP COLUMN claimed_by;
        ALTER TABLE deliveries DROP COLUMN claimed_until; ALTER TABLE deliveries DROP COLUMN last_status;
        ALTER TABLE deliveries DROP COLUMN last_error; ALTER TABLE deliveries DROP COLUMN done_at;
        ALTER TABLE deliveries DROP COLUMN why; ALTER TABLE deliveries DROP COLUMN replay_of;
        ALTER TABLE deliveries DROP COLUMN replayed_after; ALTER TABLE deliveries DROP COLUMN is_test;
        ALTER TABLE credentials DROP COLUMN cleared_at;"
    };
}
pub(crate) use without_webhooks;

const VERSION_1: &str = concat!(
    without_webhooks!(),
    "
    DROP INDEX credentials_unfilled; DROP INDEX credentials_of_account; DROP INDEX credentials_of_owner;
    DROP INDEX credentials_of_all; DROP INDEX audit_actor; DROP INDEX audit_verb; DROP INDEX access_requests_created;
    ALTER TABLE credentials DROP COLUMN cleared; ALTER TABLE credentials DROP COLUMN kind;
    ALTER TABLE credentials DROP COLUMN search; ALTER TABLE setup_links DROP COLUMN created_by;
    DROP TABLE schema_mark; DROP TABLE credential_addresses; DROP INDEX credentials_expiry;
    DROP TABLE outbox; DROP TABLE reveal_links; DROP TABLE text_counts;
    DROP INDEX reveals_live; DROP INDEX reveals_end;
    ALTER TABLE reveals DROP COLUMN superseded_at; ALTER TABLE reveals DROP COLUMN superseded_by;
    ALTER TABLE reveals DROP COLUMN number; ALTER TABLE reveals DROP COLUMN created_by;
    ALTER TABLE reveals DROP COLUMN sends_total; ALTER TABLE reveals DROP COLUMN old_stops;
    ALTER TABLE reveals DROP COLUMN overlap; ALTER TABLE reveals DROP COLUMN message_id;
    ALTER TABLE reveals DROP COLUMN revealed_from; ALTER TABLE reveals DROP COLUMN locale;
    ALTER TABLE reveals DROP COLUMN code_key; ALTER TABLE reveals DROP COLUMN codes;
    ALTER TABLE credentials DROP COLUMN developer_emails; ALTER TABLE users DROP COLUMN locale;
    DELETE FROM _sqlx_migrations WHERE version > 1;
    CREATE INDEX credentials_account ON credentials (account, created_at, id);
    CREATE INDEX credentials_owner ON credentials (owner) WHERE owner IS NOT NULL;
    CREATE INDEX credentials_created ON credentials (created_at, id);"
);

const VERSION_2: &str = concat!(
    without_webhooks!(),
    "DROP TABLE credential_addresses; DROP INDEX credentials_expiry;
    DROP TABLE outbox; DROP TABLE reveal_links; DROP TABLE text_counts;
    DROP INDEX reveals_live; DROP INDEX reveals_end;
    ALTER TABLE reveals DROP COLUMN superseded_at; ALTER TABLE reveals DROP COLUMN superseded_by;
    ALTER TABLE reveals DROP COLUMN number; ALTER TABLE reveals DROP COLUMN created_by;
    ALTER TABLE reveals DROP COLUMN sends_total; ALTER TABLE reveals DROP COLUMN old_stops;
    ALTER TABLE reveals DROP COLUMN overlap; ALTER TABLE reveals DROP COLUMN message_id;
    ALTER TABLE reveals DROP COLUMN revealed_from; ALTER TABLE reveals DROP COLUMN locale;
    ALTER TABLE reveals DROP COLUMN code_key; ALTER TABLE reveals DROP COLUMN codes;
    ALTER TABLE credentials DROP COLUMN developer_emails; ALTER TABLE users DROP COLUMN locale;
    DELETE FROM _sqlx_migrations WHERE version > 2;
    UPDATE schema_mark SET finished = 2"
);

/// Tokens of acme, Basic credentials and a user's own key. Each has the values to fill in in its description.
async fn filled(bed: &TestDatabase, tokens: usize) {
    bed.account("acme").await;
    bed.put_user("anna", Some("acme"), claviger::store::Role::Owner).await;
    let mut pair = token("pair", "acme", "");
    pair.secret = RecordSecret::Password { username: "Näme".into(), hash: Some(HASH.parse().unwrap()) };
    let mut own = token("own-anna", "acme", "own");
    own.owner = Some(label("anna"));
    let mut records = vec![pair, own];
    for number in 0..tokens {
        let mut record = token(&format!("c-{number}"), "acme", &format!("{number}"));
        record.name = Some(format!("ÄRZTE {number}"));
        records.push(record);
    }
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.put_credentials(&records).await.unwrap();
    transaction.commit().await.unwrap();
    bed.execute("UPDATE credentials SET description = kind || search").await;
}

const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuO9a1iTnxPOvcPdzBgE0UNmGgeVxD7eG";

/// Nothing is left to do, and the filled-in values are those of a new write.
async fn is_finished(bed: &TestDatabase, tokens: usize) {
    let state = bed.store.schema().await.unwrap();
    assert!(state.is_finished && state.is_current(), "{state:?}");
    let count = |condition: &str| format!("SELECT COUNT(*) FROM credentials WHERE {condition}");
    let rows = i64::try_from(tokens + 2).unwrap();
    assert_eq!(bed.ask(&count("description = kind || search")).await, rows);
    let part = |part: &str| CredentialFilter { part: Some(part.into()), ..Default::default() };
    let found = bed.store.count_credentials(&part("ärzte"), noon()).await.unwrap();
    assert_eq!(found.total(), rows - 2);
    let listing = bed.store.list_credentials(&part("nÄME"), None, 10, noon()).await.unwrap();
    assert_eq!(listing.records[0].id, label("pair"));
    assert_eq!(of_kinds(bed).await, [tokens, 1, 1]);
    let names = "('credentials_unfilled', 'credentials_of_account', 'credentials_of_owner', 'credentials_of_all',
        'audit_actor', 'audit_verb', 'access_requests_created', 'credentials_account', 'credentials_owner',
        'credentials_created')";
    let indexes = match bed.url {
        DatabaseUrl::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name IN ",
        DatabaseUrl::Postgres(_) => {
            "SELECT COUNT(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE indisvalid AND relname IN "
        }
    };
    assert_eq!(bed.ask(&format!("{indexes}{names}")).await, 7, "the new ones, and none of the old ones");
}

async fn of_kinds(bed: &TestDatabase) -> [usize; 3] {
    let mut counts = [0; 3];
    for (count, kind) in counts.iter_mut().zip(CredentialKind::ALL) {
        let filter = CredentialFilter { kind: Some(kind), ..Default::default() };
        let total = bed.store.count_credentials(&filter, noon()).await.unwrap().total();
        *count = usize::try_from(total).unwrap();
    }
    counts
}

async fn rows_of_version_1_are_filled_in_and_found(bed: TestDatabase) {
    filled(&bed, 2500).await;
    bed.execute(VERSION_1).await;
    let state = bed.store.ensure_schema(true).await.unwrap();
    assert_eq!((state.has, state.is_finished), (1, false));
    is_finished(&bed, 2500).await;
    assert_eq!(bed.ask("SELECT COUNT(created_by) FROM setup_links").await, 0);
    assert_eq!(bed.ask("SELECT readable_from FROM schema_mark").await, 1);
}

async fn a_migration_stopped_at_any_point_is_finished_by_the_next(bed: TestDatabase) {
    filled(&bed, 1500).await;
    let mut points = vec![
        "DROP INDEX credentials_of_all",
        "DROP INDEX credentials_unfilled; UPDATE credentials SET kind = NULL, search = NULL",
        "UPDATE credentials SET kind = NULL, search = NULL WHERE id > 'c-7'",
        "CREATE INDEX credentials_created ON credentials (created_at, id)",
    ];
    let half_built = "DROP INDEX credentials_of_all; UPDATE credentials SET search = NULL";
    points.extend((!bed.store.is_embedded()).then_some(half_built));
    for point in points {
        bed.execute("UPDATE schema_mark SET finished = 1").await;
        bed.execute(point).await;
        if point == half_built {
            fail_to_build(&bed).await;
        }
        // A gate that may not migrate works correctly meanwhile.
        bed.store.ensure_schema(false).await.unwrap();
        assert!(!bed.store.schema().await.unwrap().is_finished, "{point}");
        assert_eq!(of_kinds(&bed).await, [1500, 1, 1], "{point}");
        bed.store.ensure_schema(true).await.unwrap();
        is_finished(&bed, 1500).await;
    }
    // A program of the previous version wrote a row during the migration.
    bed.execute("UPDATE credentials SET kind = NULL, search = NULL WHERE id = 'pair'").await;
    let part = CredentialFilter { part: Some("x".into()), ..Default::default() };
    let unready = bed.store.count_credentials(&part, noon()).await.unwrap_err();
    assert!(matches!(unready, StoreError::Unavailable(_)), "{unready}");
    bed.store.ensure_schema(true).await.unwrap();
    is_finished(&bed, 1500).await;
}

/// Leaves an invalid index of this name.
async fn fail_to_build(bed: &TestDatabase) {
    let mut connection = sqlx::PgConnection::connect(&bed.address()).await.unwrap();
    let sql = "CREATE UNIQUE INDEX CONCURRENTLY credentials_of_all ON credentials (account)";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err();
    let left = "SELECT COUNT(*) FROM pg_index WHERE indexrelid = 'credentials_of_all'::regclass AND NOT indisvalid";
    assert_eq!(bed.ask(left).await, 1);
}

async fn a_process_killed_between_batches_leaves_the_rest_to_the_next(bed: TestDatabase) {
    const ROWS: usize = 60_000;
    filled(&bed, ROWS).await;
    bed.execute(VERSION_1).await;
    let folder = tempfile::TempDir::new().unwrap();
    let settings = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: http://127.0.0.1:9}}\ncredentials: {{database: '{}'}}\n",
        bed.address()
    );
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_claviger"))
        .args(["database", "migrate"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let left = loop {
        assert!(start.elapsed() < Duration::from_secs(60), "it fills nothing in");
        if bed.store.schema().await.unwrap().is_current() {
            let left = bed.ask("SELECT COUNT(*) FROM credentials WHERE search IS NULL").await;
            if left < i64::try_from(ROWS).unwrap() {
                break left;
            }
        }
    };
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(left > 0, "it was too quick for this test");
    assert!(!bed.store.schema().await.unwrap().is_finished);
    assert_eq!(of_kinds(&bed).await, [ROWS, 1, 1]);
    bed.store.ensure_schema(true).await.unwrap();
    is_finished(&bed, ROWS).await;
}

async fn two_processes_migrate_concurrently(bed: TestDatabase) {
    filled(&bed, 4000).await;
    bed.execute(VERSION_1).await;
    let processes: Vec<_> = (0..3)
        .map(|_| {
            let url = bed.url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url, GATE_OPTIONS).await.unwrap();
                store.ensure_schema(true).await.map(drop)
            })
        })
        .collect();
    for process in processes {
        process.await.unwrap().unwrap();
    }
    is_finished(&bed, 4000).await;
}

async fn version_2_is_migrated_to_the_newest(bed: TestDatabase) {
    filled(&bed, 10).await;
    bed.execute(VERSION_2).await;
    bed.store.ensure_schema(false).await.unwrap_err();
    let state = bed.store.ensure_schema(true).await.unwrap();
    assert_eq!((state.has, state.is_finished), (2, false));
    is_finished(&bed, 10).await;
    assert_eq!(bed.ask("SELECT readable_from FROM schema_mark").await, 1);
    assert_eq!(bed.store.credential("pair").await.unwrap().unwrap().recent_addresses, 0);
}

/// Looks a token up repeatedly, as a gate does, until the work is done. The slowest lookup.
async fn slowest_lookup_during(bed: &TestDatabase, work: impl Future<Output = ()>) -> Duration {
    let gate = Store::open(&bed.url, GATE_OPTIONS).await.unwrap();
    let digest = TokenDigest::of(b"7");
    let mut longest = Duration::ZERO;
    let asking = async {
        loop {
            let start = Instant::now();
            let found = gate.find_token(&digest).await.unwrap().found.unwrap();
            assert_eq!(found.credential.id, label("c-7"));
            longest = longest.max(start.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        () = asking => unreachable!(),
        () = work => {}
    }
    longest
}

/// With the default timeouts of a gate, which would cut off statements of the migration.
#[tokio::test]
async fn lookups_are_answered_while_100_000_rows_are_migrated() {
    let bed = TestDatabase::postgres().await;
    filled(&bed, 10).await;
    bed.execute(VERSION_1).await;
    bed.execute(
        "INSERT INTO credentials (id, account, name, enabled, addresses, created_at, created_by, secret_made_at, revision)
        SELECT 'many-' || n, 'acme', 'Many ' || n, TRUE, '', n, 'root', n, 1 FROM generate_series(1, 100000) n",
    )
    .await;
    let url = bed.url.clone();
    let migration = tokio::spawn(async move {
        let limit = Duration::from_secs(5);
        let store = Store::open(&url, StoreOptions { query_timeout: limit, ..GATE_OPTIONS }).await.unwrap();
        store.ensure_schema(true).await.unwrap();
    });
    let longest = slowest_lookup_during(&bed, async { migration.await.unwrap() }).await;
    println!("the longest look-up took {longest:?}");
    assert!(bed.store.schema().await.unwrap().is_finished);
    let part = CredentialFilter { part: Some("many 99999".into()), ..Default::default() };
    assert_eq!(bed.store.count_credentials(&part, noon()).await.unwrap().total(), 1);
}

/// A backup holds the table for longer than lookups may wait: the migration does not block them.
#[tokio::test]
async fn lookups_pass_a_migration_that_waits_for_a_long_reader() {
    let bed = TestDatabase::postgres().await;
    filled(&bed, 10).await;
    bed.execute(VERSION_1).await;
    let mut reader = sqlx::PgConnection::connect(&bed.address()).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM credentials").execute(&mut reader).await.unwrap();
    let url = bed.url.clone();
    let migration = tokio::spawn(async move {
        Store::open(&url, GATE_OPTIONS).await.unwrap().ensure_schema(true).await.unwrap();
    });
    let _longest = slowest_lookup_during(&bed, tokio::time::sleep(Duration::from_secs(5))).await;
    assert_eq!(bed.store.schema().await.unwrap().has, 1, "the reader is still at it");
    assert!(!migration.is_finished());
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    let _longest = slowest_lookup_during(&bed, async { migration.await.unwrap() }).await;
    is_finished(&bed, 10).await;
}
