//! `claviger database`

use serde_json::Value;
use tempfile::TempDir;

use crate::support::postgres::fresh_database;
use crate::support::{Run, claviger};

/// A folder whose settings name a database, and no credentials file.
pub fn folder_on(database: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: http://127.0.0.1:9}}\ncredentials: {{database: '{database}'}}\nscopes: {{pay: [{{path: /pay}}]}}\n"
    );
    std::fs::write(folder.path().join("claviger.yaml"), text).unwrap();
    folder
}

fn status_and_migration(database: &str, has_tables: bool, shown: &str) {
    let folder = folder_on(database);
    let run = |arguments: &[&str]| Run::within(folder.path(), &[&["database"], arguments].concat()).end();
    let before = run(&["status"]);
    assert_eq!(before.code, 1, "{before:?}");
    if has_tables {
        let status: Value = serde_json::from_str(&before.stdout).unwrap();
        assert_eq!((&status["schema"]["has"], &status["credentials"]), (&0.into(), &Value::Null));
        assert_eq!(before.stderr, "run claviger database migrate\n");
        let list = Run::within(folder.path(), &["credentials", "list"]).end();
        assert_eq!(list.code, 1);
        assert!(list.stderr.contains("run claviger database migrate"), "{}", list.stderr);
    } else {
        assert!(before.stderr.contains("claviger database migrate creates it"), "{}", before.stderr);
        assert!(!folder.path().join("claviger.db").exists(), "status has created it");
    }

    let migrated = run(&["migrate"]);
    assert_eq!((migrated.code, migrated.stderr.as_str()), (0, ""));
    assert_eq!(migrated.stdout, format!("{shown}: migrated from version 0 to 5\n"));
    assert_eq!(run(&["migrate"]).stdout, format!("{shown}: already at version 5\n"));

    let after = run(&["status", "--json"]);
    assert_eq!((after.code, after.stderr.as_str()), (0, ""));
    let status: Value = serde_json::from_str(&after.stdout).unwrap();
    let expected = serde_json::json!({
        "database": shown, "schema": {"has": 5, "wants": 5}, "last_change": 0, "credentials": 0, "accounts": 0
    });
    assert_eq!(status, expected);
}

#[test]
fn an_sqlite_file_is_created_by_migrate_and_not_by_status() {
    status_and_migration("sqlite:claviger.db", false, "sqlite:claviger.db");
}

#[test]
fn a_postgres_database_is_migrated_and_shown_without_its_password() {
    let database = fresh_database();
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').unwrap();
    let user = user.split(':').next().unwrap();
    let shown = format!("{scheme}://{user}@{rest}");
    status_and_migration(url, true, &shown);
}

#[test]
fn a_database_of_a_newer_version_is_left_unchanged() {
    let database = fresh_database();
    let folder = folder_on(database.url());
    let run = |arguments: &[&str]| Run::within(folder.path(), arguments).end();
    assert_eq!(run(&["database", "migrate"]).code, 0);
    database.execute("UPDATE _sqlx_migrations SET version = 99 WHERE version = 1");
    let status = run(&["database", "status"]);
    assert_eq!((status.code, status.stderr.as_str()), (0, ""), "it has only grown");
    assert_eq!(run(&["database", "migrate"]).code, 0);
    assert_eq!(run(&["credentials", "list"]).code, 0);
    database.execute("UPDATE schema_mark SET readable_from = 99");
    for arguments in [&["database", "status"][..], &["database", "migrate"], &["credentials", "list"]] {
        let ended = run(arguments);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("use the version of claviger that last migrated it"), "{}", ended.stderr);
    }
}

#[test]
fn an_interrupted_migration_is_reported_and_finished() {
    let database = fresh_database();
    let folder = folder_on(database.url());
    let run = |arguments: &[&str]| Run::within(folder.path(), &[&["database"], arguments].concat()).end();
    assert_eq!(run(&["migrate"]).code, 0);
    database.execute("UPDATE schema_mark SET finished = 1");
    let status = run(&["status"]);
    assert_eq!(status.code, 1);
    assert!(status.stderr.contains("run claviger database migrate"), "{}", status.stderr);
    let migrated = run(&["migrate"]);
    assert!(migrated.stdout.contains("finished the interrupted migration"), "{}", migrated.stdout);
    assert_eq!(run(&["status"]).code, 0);
}

#[test]
fn without_a_database_the_error_says_how_to_name_one() {
    let folder = TempDir::new().unwrap();
    let text = "proxy: {listen: 127.0.0.1:0, upstream: http://127.0.0.1:9}\ncredentials: {file: credentials.yaml}\n";
    std::fs::write(folder.path().join("claviger.yaml"), text).unwrap();
    for arguments in
        [&["database", "status"][..], &["database", "migrate"], &["credentials", "list"], &["credentials", "export"]]
    {
        let ended = Run::within(folder.path(), arguments).end();
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
        assert!(ended.stderr.contains("credentials: {database: sqlite:claviger.db}"), "{}", ended.stderr);
    }
}

#[test]
fn a_backup_is_private_and_overwrites_no_file() {
    let folder = folder_on("sqlite:claviger.db");
    let run = |arguments: &[&str]| Run::within(folder.path(), &[&["database"], arguments].concat()).end();
    let missing = run(&["backup", "backup.db"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(!folder.path().join("claviger.db").exists() && !folder.path().join("backup.db").exists());
    run(&["migrate"]);
    let made = run(&["backup", "backup.db"]);
    assert_eq!((made.code, made.stdout.as_str()), (0, "sqlite:claviger.db: copied to backup.db\n"), "{made:?}");
    let copy = std::fs::metadata(folder.path().join("backup.db")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&copy.permissions()) & 0o777, 0o600);
    let again = run(&["backup", "backup.db"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("name a file that does not exist"), "{}", again.stderr);
    assert_eq!(std::fs::metadata(folder.path().join("backup.db")).unwrap().len(), copy.len());
}

/// SQLite would interpret these as a database in memory or another file.
#[test]
fn a_backup_file_name_is_not_interpreted_as_a_uri() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder_on("sqlite:claviger.db");
    Run::within(folder.path(), &["database", "migrate"]).end();
    for name in [":memory:", "file:one.db?mode=memory", "file:two.db"] {
        let ended = Run::within(folder.path(), &["database", "backup", name]).end();
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        let copy = std::fs::read(folder.path().join(name)).unwrap();
        assert!(copy.starts_with(b"SQLite format 3"), "{name}: {} bytes", copy.len());
    }
    assert!(!folder.path().join("two.db").exists());
    let mut command = claviger();
    command.current_dir(folder.path()).args(["database", "backup"]).arg(std::ffi::OsStr::from_bytes(b"\xff.db"));
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    let ended = Run::of(command).end();
    assert!(ended.code == 1 && ended.stderr.contains("is not UTF-8"), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before);
}

#[test]
fn a_postgres_backup_names_pg_dump() {
    let database = fresh_database();
    let folder = folder_on(database.url());
    let ended = Run::within(folder.path(), &["database", "backup", "backup.db"]).end();
    assert!(ended.code == 1 && ended.stderr.contains("use pg_dump"), "{}", ended.stderr);
    assert!(!folder.path().join("backup.db").exists());
}
