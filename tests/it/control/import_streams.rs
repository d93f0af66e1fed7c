//! Imports that do not fit into one batch: what holds for a small file holds for a long one, in little memory.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use claviger::control::operations::{Imported, OperationError, import};
use claviger::formats::{Import, ImportFormat, Source, Unusable, Users};
use tempfile::TempDir;

use super::Fixture;
use super::import::{HASH, OTHER_HASH};
use crate::cli::database::folder_on;
use crate::store::test_database::{TestDatabase, label, noon, on_each};
use crate::support::postgres::fresh_database;
use crate::support::{Gate, RecordingApi, Request, Run, claviger, digest, eventually};

on_each!(
    a_fault_behind_many_batches_writes_nothing,
    a_token_that_an_earlier_batch_has_released_stays_taken,
    entries_that_are_skipped_are_skipped_in_every_batch,
    accounts_are_created_once_with_the_access_that_any_line_states,
    two_lines_for_one_credential_are_found_across_batches,
    a_skipped_row_does_not_give_its_account_access,
    gates_follow_an_import_that_is_too_long_for_the_change_feed,
    gates_clear_the_throttle_of_a_password_in_an_import_that_is_too_long_for_the_change_feed,
);

/// More than three batches.
const ROWS: usize = 3200;

/// The secret of a row is `secret-NUMBER`.
fn row(number: usize) -> String {
    format!("c-{number:07},a-{},{},1\n", number % 50, digest(&format!("secret-{number}")))
}

fn table(rows: usize) -> String {
    (0..rows).fold(String::from("id,account,token,version\n"), |text, number| text + row(number).as_str())
}

fn csv(text: &str) -> Import {
    Import::csv(text, Fixture::new().catalogs()).unwrap_or_else(|faults| panic!("{faults}"))
}

async fn imported(bed: &TestDatabase, what: &Import) -> Imported {
    import(&Fixture::new().call(bed, noon()), what, false).await.unwrap()
}

async fn refused(bed: &TestDatabase, what: &Import) -> String {
    match import(&Fixture::new().call(bed, noon()), what, false).await {
        Err(OperationError::Other(faults)) => faults.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn a_fault_behind_many_batches_writes_nothing(bed: TestDatabase) {
    imported(&bed, &csv(&format!("id,account,token,version\nold,acme,{},1\n", digest("old")))).await;
    let (count, change) = (bed.store.count().await.unwrap(), bed.store.last_change().await.unwrap());
    let text = table(ROWS) + format!("new,acme,{},1\n", digest("old")).as_str();
    for is_dry_run in [true, false] {
        let outcome = import(&Fixture::new().call(&bed, noon()), &csv(&text), is_dry_run).await;
        let Err(OperationError::Other(faults)) = outcome else { panic!("{outcome:?}") };
        let problem = "is the token digest of another credential in the database: old";
        assert!(faults.to_string().starts_with(&format!("{}:1  token  {problem}", ROWS + 2)), "{faults}");
    }
    assert_eq!((bed.store.count().await.unwrap(), bed.store.last_change().await.unwrap()), (count, change));
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit").await, 2);
    // Without the fault, all of it is written, and the dry run says the same.
    let dry = import(&Fixture::new().call(&bed, noon()), &csv(&table(ROWS)), true).await.unwrap();
    assert_eq!(bed.store.count().await.unwrap(), count);
    let outcome = imported(&bed, &csv(&table(ROWS))).await;
    assert_eq!((outcome.added, outcome.accounts_added, &outcome), (ROWS, 50, &dry));
    assert_eq!(imported(&bed, &csv(&table(ROWS))).await.unchanged, ROWS);
}

/// The order of lines must not decide.
async fn a_token_that_an_earlier_batch_has_released_stays_taken(bed: TestDatabase) {
    imported(&bed, &csv(&format!("id,account,token,version\nfirst,acme,{},1\n", digest("moved")))).await;
    let changed = format!("first,acme,{},1\n", digest("other"));
    let taker = format!("taker,acme,{},1\n", digest("moved"));
    for (before, behind, line) in [(&changed, &taker, ROWS + 3), (&taker, &changed, 2)] {
        let text = table(ROWS).replacen('\n', &format!("\n{before}"), 1) + behind.as_str();
        let faults = refused(&bed, &csv(&text)).await;
        let problem = format!("{line}:1  token  is the token digest of another credential in the database");
        assert!(faults.starts_with(&problem), "{faults}");
    }
}

async fn entries_that_are_skipped_are_skipped_in_every_batch(bed: TestDatabase) {
    imported(&bed, &csv(&format!("id,account,token,version\nold,acme,{},1\n", digest("old")))).await;
    let mut text = table(ROWS);
    // A duplicate of the first row, one of its token, a conflict with the database, and one that is malformed.
    text.push_str(&row(0));
    write!(text, "x,a-1,{},1\ny,lost,{},1\nz,lost,plain,1\n", digest("secret-0"), digest("old")).unwrap();
    text.push_str(&row(ROWS));
    let known = Fixture::new();
    let read = Import::read(text.as_str(), ImportFormat::Csv, known.catalogs(), Unusable::Skip);
    let outcome = imported(&bed, &read.unwrap_or_else(|faults| panic!("{faults}"))).await;
    assert_eq!((outcome.added, outcome.accounts_added), (ROWS + 1, 50));
    let lines: Vec<String> = outcome.skipped.0.iter().map(ToString::to_string).collect();
    let begins: Vec<String> = [
        "id  is also the id of the credential at 2:1",
        "token  is also the token digest of the credential at 2:1",
        "token  is the token digest of another credential in the database: old",
    ]
    .iter()
    .zip(ROWS + 2..)
    .map(|(fault, line)| format!("{line}:1  {fault}"))
    .collect();
    assert!(begins.iter().zip(&lines).all(|(begin, line)| line.starts_with(begin)), "{lines:?}");
    assert!(lines.len() == 4 && lines[3].starts_with(&format!("{}:", ROWS + 5)), "{lines:?}");
    assert!(bed.store.account("lost").await.unwrap().is_none());
}

async fn accounts_are_created_once_with_the_access_that_any_line_states(bed: TestDatabase) {
    let mut text = String::from("id,account,token,version,access\n");
    for number in 0..ROWS {
        // One line of each account states it, and the others have an empty cell.
        let access = if number + 50 < ROWS || row(number).contains(",a-7,") { "" } else { "true" };
        text.push_str(&row(number).replace('\n', &format!(",{access}\n")));
    }
    // The last line states it for the first ones.
    text.push_str(&row(ROWS).replace("a-0", "a-7").replace('\n', ",false\n"));
    let outcome = imported(&bed, &csv(&text)).await;
    assert_eq!((outcome.accounts_added, outcome.accounts_switched), (50, 0));
    let without: Vec<_> = outcome.new_accounts.iter().filter(|(_, access)| !access).collect();
    assert_eq!(without, [&(label("a-7"), false)]);
    let switched = imported(&bed, &csv(&text.replace(",false", ",true"))).await;
    assert_eq!((switched.unchanged, switched.switched_accounts), (ROWS + 1, vec![(label("a-7"), true)]));
    let yaml = format!("credentials: [{{id: y, account: a-1, token: '{}', version: '1'}}]\naccounts:\n", digest("y"));
    let accounts =
        (0..ROWS).fold(yaml, |text, number| text + format!("  - {{id: b-{number}, access: false}}\n").as_str());
    let stated = imported(&bed, &Import::yaml(&accounts, Fixture::new().catalogs()).unwrap()).await;
    assert_eq!((stated.added, stated.accounts_added), (1, ROWS));
}

/// An export of an account without access has `false` in every line.
#[test]
fn emptied_access_cells_do_not_open_an_account() {
    let fixture = Fixture::new();
    let rows = |cells: [&str; 3]| {
        let line =
            |(number, cell): (usize, &str)| row(number).replace(",a-1,", ",a-0,").replace('\n', &format!(",{cell}\n"));
        cells
            .into_iter()
            .enumerate()
            .fold("id,account,token,version,access\n".to_owned(), |text, row| text + line(row).as_str())
    };
    for unusable in [Unusable::Refuse, Unusable::Skip] {
        let read = |text: &str| Import::read(text, ImportFormat::Csv, fixture.catalogs(), unusable);
        let faults = read(&rows(["", "", "true"])).err().expect("the cells of a-0 are empty").to_string();
        let cell = rows(["", "", "true"]).lines().nth(1).unwrap().len() + 1;
        let expected = format!("2:{cell}  access  is empty in every line of the account a-0");
        assert!(faults.starts_with(&expected) && faults.lines().count() == 1, "{faults}");
        assert!(read(&rows(["", "false", "true"])).is_ok());
    }
}

async fn two_lines_for_one_credential_are_found_across_batches(bed: TestDatabase) {
    let known = Fixture::new();
    let users = Users { account: label("acme"), version: Some(label("1")) };
    let read =
        |text: &str| Import::htpasswd(text, &users, known.catalogs()).unwrap_or_else(|faults| panic!("{faults}"));
    let yaml =
        format!("credentials: [{{id: by-id, account: acme, username: by-name, password: '{HASH}', version: '1'}}]");
    imported(&bed, &Import::yaml(&yaml, known.catalogs()).unwrap()).await;
    let crowd: String = (0..ROWS).map(|number| format!("user-{number}:{HASH}\n")).collect();
    let faults = refused(&bed, &read(&format!("by-name:{HASH}\n{crowd}by-id:{HASH}\n"))).await;
    let problem = "username  is the same credential by-id as at 1:1";
    assert!(faults.starts_with(&format!("{}:1  {problem}", ROWS + 2)), "{faults}");
    let faults = Import::htpasswd(&format!("a:{HASH}\n{crowd}a:{HASH}\n"), &users, known.catalogs()).err().unwrap();
    let problem = format!("{}:1  id  is also the id of the credential at 1:1", ROWS + 2);
    assert_eq!(faults.to_string(), problem);
}

async fn gates_follow_an_import_that_is_too_long_for_the_change_feed(bed: TestDatabase) {
    const MANY: usize = 8200;
    let before = csv(&format!("id,account,token,version\nc-0000000,a-0,{},1\n", digest("before")));
    imported(&bed, &before).await;
    let change = bed.store.last_change().await.unwrap();
    let api = RecordingApi::start();
    let versions = "throttle: {enabled: false}\nversions: {read_from: {header: X-V}, known: [{name: '1'}]}";
    let gate = Gate::before(api.url()).database(&bed.address()).settings(versions);
    let gate = gate.variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s").start();
    let status = |token: &str| gate.send(&Request::get("/x").bearer(token)).status;
    // Cached: a credential that is replaced, and a token that does not exist yet.
    assert_eq!([status("before"), status("secret-8000")], [200, 401]);
    assert_eq!(imported(&bed, &csv(&table(MANY))).await.added, MANY - 1);
    eventually("the old secret is refused", || status("before") == 401);
    eventually("a new one is admitted", || status("secret-8000") == 200);
    // The changes are numbered, but not stored: no reader follows that many.
    assert_eq!(bed.store.last_change().await.unwrap(), change + MANY as i64 + 49);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM changes").await, 0);
    let record = bed.store.credential("c-0000001").await.unwrap().unwrap();
    bed.put(&claviger::store::CredentialRecord { enabled: false, ..record }).await;
    eventually("later changes are followed one by one", || status("secret-1") == 401);
}

async fn gates_clear_the_throttle_of_a_password_in_an_import_that_is_too_long_for_the_change_feed(bed: TestDatabase) {
    const MANY: usize = 8200;
    let password = |hash: &str| format!("guessed,acme,,1,ada,{hash}\n");
    let tokens = table(MANY).replace(",version", ",version,username,password").replace(",1\n", ",1,,\n");
    imported(&bed, &csv(&format!("{}{}", tokens.split_inclusive('\n').next().unwrap(), password(HASH)))).await;
    let api = RecordingApi::start();
    let settings = "throttle: {free_per_pair: 1, first_delay: 5m}\n\
                    versions: {read_from: {header: X-V}, known: [{name: '1'}]}";
    let gate = Gate::before(api.url()).database(&bed.address()).settings(settings);
    let gate = gate.variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s").start();
    let guess = || gate.send(&Request::get("/x").basic("ada", "wrong")).status;
    assert_eq!([guess(), guess()], [401, 429]);
    let is_throttled = || {
        let entries = gate.admin("GET", "/-/throttle").json();
        entries.as_array().unwrap().iter().any(|entry| entry["name"] == "ada")
    };
    assert!(is_throttled());
    assert_eq!(imported(&bed, &csv(&(tokens + password(OTHER_HASH).as_str()))).await.changed, 1);
    eventually("the throttle is cleared", || !is_throttled());
}

/// Largest resident memory of a command, in KiB.
fn peak_memory(folder: &Path, arguments: &[&str]) -> u64 {
    // getrusage of the ended process: polling /proc would miss a peak just before the end.
    let script = "import resource, subprocess, sys\n\
        done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
        sys.exit(done.returncode)";
    let (claviger, mut command) = (claviger(), Command::new("python3"));
    command.args(["-c", script]).arg(claviger.get_program()).args(arguments).current_dir(folder);
    for (name, value) in claviger.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let done = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap().trim().parse().unwrap()
}

fn folder_with(rows: usize) -> TempDir {
    folder_with_on(rows, "sqlite:claviger.db")
}

fn folder_with_on(rows: usize, database: &str) -> TempDir {
    let folder = folder_on(database);
    std::fs::write(folder.path().join("in.csv"), table(rows).replace(",version\n", "\n").replace(",1\n", "\n"))
        .unwrap();
    folder
}

/// Bytes of memory for a further row: about 30 in the lists of ids and secrets, and the growth of these lists.
const MAX_BYTES_PER_ROW: u64 = 80;
/// By which two dry runs of equal size may differ (measured: 5,000).
const HEAP_NOISE_KIB: u64 = 6_000;
/// By which two imports that fill the page cache of SQLite may differ (measured: 3,000 to 13,000 for 60,000 rows).
const PAGE_CACHE_NOISE_KIB: u64 = 10_000;
/// By which the buffers of two imports into a server may differ (measured: 4,000 to 8,000, more beside other tests).
const BUFFERS_KIB: u64 = 12_000;

/// `bounded` KiB may come on top, whatever the number of rows.
fn assert_slope(what: &str, [few, many]: [usize; 2], bounded: u64, peak: impl Fn(usize) -> u64) {
    let (small, large) = (peak(few), peak(many));
    let bytes = large.saturating_sub(small + bounded) * 1024 / (many - few) as u64;
    assert!(bytes <= MAX_BYTES_PER_ROW, "{what}: {bytes} bytes a row, {small} and {large} KiB");
}

#[test]
fn memory_hardly_grows_with_the_rows_of_an_import() {
    const ROWS: [usize; 2] = [5_000, 150_000];
    let (dry, written) = (["credential", "import", "in.csv", "--dry-run"], ["credential", "import", "in.csv"]);
    assert_slope("dry run", ROWS, HEAP_NOISE_KIB, |rows| peak_memory(folder_with(rows).path(), &dry));
    assert_slope("SQLite", [40_000, 100_000], PAGE_CACHE_NOISE_KIB, |rows| {
        peak_memory(folder_with(rows).path(), &written)
    });
}

#[test]
fn memory_hardly_grows_with_the_rows_of_an_import_into_a_server() {
    let written = ["credential", "import", "in.csv"];
    assert_slope("PostgreSQL", [12_000, 72_000], BUFFERS_KIB, |rows| {
        let database = fresh_database();
        let folder = folder_with_on(rows, database.direct());
        assert_eq!(Run::within(folder.path(), &["database", "migrate"]).end().code, 0);
        peak_memory(folder.path(), &written)
    });
}

#[test]
fn a_long_list_of_changes_is_cut_and_counted() {
    const MANY: usize = 10_100;
    let folder = folder_with(MANY);
    let dry = Run::within(folder.path(), &["credential", "import", "in.csv", "--dry-run"]).end();
    let lines: Vec<&str> = dry.stdout.lines().collect();
    assert_eq!((dry.code, lines.len()), (0, 50 + 10_000 + 1), "{}", dry.stderr);
    assert_eq!(
        (lines[50], lines[10_049], lines[10_050]),
        ("+ c-0000000 of a-0", "+ c-0009999 of a-49", "and 100 more")
    );
    let line = "10100 added, 0 changed, 0 unchanged; 50 accounts added: dry run, nothing was written\n";
    assert_eq!(dry.stderr, line);
    assert!(!folder.path().join("claviger.db").exists());
}

#[test]
fn a_file_is_read_the_same_from_a_disk_a_pipe_and_memory() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("in.csv");
    let text = format!("\u{feff}{}", table(2500));
    std::fs::write(&file, &text).unwrap();
    let known = Fixture::new();
    let read = |source: Source| Import::read(source, ImportFormat::Csv, known.catalogs(), Unusable::Refuse);
    let sources = [Source::open(&file).unwrap(), Source::copy(text.as_bytes()).unwrap(), text.as_str().into()];
    let counts: BTreeSet<usize> = sources
        .into_iter()
        .map(|source| {
            let mut batches = read(source).unwrap_or_else(|faults| panic!("{faults}")).batches().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut count = 0;
            while let Some(batch) = runtime.block_on(batches.next()) {
                count += batch.entries.len();
            }
            assert!(batches.finish().unwrap().is_empty());
            count
        })
        .collect();
    assert_eq!(counts, BTreeSet::from([2500]));
}

/// The text is held in memory as a whole.
#[test]
fn a_yaml_file_that_is_too_large_is_refused_with_the_way_for_more() {
    let known = Fixture::new();
    let of_size = |bytes: usize| {
        let text = format!("credentials: []\n#{}\n", "x".repeat(bytes - 18));
        assert_eq!(text.len(), bytes);
        Import::yaml(&text, known.catalogs()).map(drop).map_err(|faults| faults.to_string())
    };
    assert_eq!(of_size(16 << 20), Ok(()));
    let fault = of_size((16 << 20) + 1).unwrap_err();
    assert_eq!(fault, "has more than 16 MiB; import it in several files, or as CSV, which has no such limit");
}

/// Between the two readings.
#[test]
fn a_file_that_changes_while_it_is_imported_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("in.csv");
    std::fs::write(&file, table(10)).unwrap();
    let known = Fixture::new();
    let read = Import::read(Source::open(&file).unwrap(), ImportFormat::Csv, known.catalogs(), Unusable::Refuse);
    let import = read.unwrap_or_else(|faults| panic!("{faults}"));
    std::fs::write(&file, table(10) + "broken,acme\n").unwrap();
    let mut batches = import.batches().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    while runtime.block_on(batches.next()).is_some() {}
    assert!(batches.finish().unwrap_err().to_string().starts_with("12:1  has 2 cells"));
}

async fn a_skipped_row_does_not_give_its_account_access(bed: TestDatabase) {
    let text =
        format!("id,account,token,version,access\nbad,new,not-a-digest,1,false\ngood,new,{},1,\n", digest("good"));
    let fixture = Fixture::new();
    let read = Import::read(text.as_str(), ImportFormat::Csv, fixture.catalogs(), Unusable::Skip).unwrap();
    imported(&bed, &read).await;
    assert!(!bed.store.account("new").await.unwrap().unwrap().has_access());
    let contradicting = text.replace("1,\n", "1,true\n");
    let faults = Import::read(contradicting.as_str(), ImportFormat::Csv, fixture.catalogs(), Unusable::Skip);
    let faults = faults.err().expect("two lines contradict each other").to_string();
    assert!(faults.contains("differs from another line of this account"), "{faults}");
}
