//! `claviger credentials`

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::database::folder_on;
use crate::support::{Ended, PASSWORD_HASH, Run, TOKEN, credentials, digest};

fn run(folder: &TempDir, arguments: &[&str]) -> Ended {
    Run::within(folder.path(), &[&["credentials"], arguments].concat()).end()
}

/// A folder with a database that holds the usual credentials.
fn filled() -> TempDir {
    let folder = folder_on("sqlite:claviger.db");
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    let ended = run(&folder, &["import", "credentials.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "3 added, 0 changed, 0 unchanged; 1 account added\n"));
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_file_is_imported_listed_and_exported_unchanged() {
    let folder = filled();
    let list = run(&folder, &["list", "--account", "acme"]);
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    // Imported at the same time, so the ids decide the order.
    assert_eq!(ids, ["acme-nightly", "acme-disabled", "acme-billing"]);
    let stranger = run(&folder, &["list", "--account", "stranger"]);
    assert_eq!((stranger.code, stranger.stdout.as_str()), (0, "[\n]\n"), "{}", stranger.stderr);
    for format in ["yaml", "csv"] {
        let exported = run(&folder, &["export", "--format", format]);
        assert_eq!((exported.code, exported.stderr.as_str()), (0, "3 credentials exported\n"));
        put(folder.path(), &format!("out.{format}"), &exported.stdout);
        let again = run(&folder, &["import", &format!("out.{format}")]);
        assert_eq!((again.code, again.stdout.as_str()), (0, "0 added, 0 changed, 3 unchanged\n"), "{}", again.stderr);
    }
    // The export is a valid credentials file.
    let settings =
        "proxy: {upstream: http://127.0.0.1:9}\ncredentials: {file: out.yaml}\nscopes: {pay: [{path: /pay}]}\n";
    put(folder.path(), "of-file.yaml", settings);
    let valid = Run::within(folder.path(), &["config", "validate", "--config", "of-file.yaml"]).end();
    assert_eq!((valid.code, valid.stdout.as_str()), (0, "of-file.yaml: valid, 3 credentials\n"), "{}", valid.stderr);
}

#[test]
fn list_and_show_print_neither_digest_nor_hash() {
    let folder = filled();
    for arguments in [&["list"][..], &["show", "acme-billing"], &["show", "acme-nightly"]] {
        let ended = run(&folder, arguments);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let said = ended.stdout + ended.stderr.as_str();
        assert!(!said.contains(PASSWORD_HASH) && !said.contains(digest(TOKEN).trim_start_matches("sha256:")), "{said}");
    }
    let shown: Value = serde_json::from_str(&run(&folder, &["show", "acme-nightly"]).stdout).unwrap();
    assert_eq!((&shown["username"], &shown["password_scheme"]), (&"acme".into(), &"{SHA}".into()));
    let of_all = |id: &str| -> Value { serde_json::from_str(&run(&folder, &["show", id]).stdout).unwrap() };
    let states = ["acme-billing", "acme-disabled"].map(|id| of_all(id)["state"].clone());
    assert_eq!((states, &shown["account_access"]), (["enabled", "disabled"].map(Value::from), &true.into()));
    let unknown = run(&folder, &["show", "stranger"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    assert!(unknown.stderr.contains("no credential has the id stranger"), "{}", unknown.stderr);
}

#[test]
fn a_dry_run_prints_the_changes_and_creates_no_file() {
    let folder = folder_on("sqlite:claviger.db");
    put(folder.path(), "in.yaml", &credentials());
    let dry = run(&folder, &["import", "in.yaml", "--dry-run"]);
    let expected =
        "+ account acme, access on\n+ acme-billing of acme\n+ acme-disabled of acme\n+ acme-nightly of acme\n";
    assert_eq!((dry.code, dry.stdout.as_str()), (0, expected));
    assert_eq!(dry.stderr, "3 added, 0 changed, 0 unchanged; 1 account added: dry run, nothing was written\n");
    assert!(!folder.path().join("claviger.db").exists());

    let folder = filled();
    let text = credentials().replace("enabled: false", "scopes: [pay]") + "accounts: [{id: acme, access: false}]\n";
    put(folder.path(), "in.yaml", &text);
    let dry = run(&folder, &["import", "in.yaml", "--dry-run"]);
    assert_eq!(dry.stdout, "~ account acme: access off\n~ acme-disabled: enabled, scopes\n");
    assert_eq!(run(&folder, &["import", "in.yaml"]).stdout, "0 added, 1 changed, 2 unchanged; 1 account switched\n");
}

/// Runs a query on the database of a folder.
fn sql(folder: &TempDir, sql: &'static str) -> Vec<(i64,)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("claviger.db"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let rows = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
        rows
    })
}

#[test]
fn an_unreadable_row_is_skipped_and_reported() {
    let folder = filled();
    sql(&folder, "UPDATE credentials SET addresses = 'nowhere' WHERE id IN ('acme-billing', 'acme-nightly')");
    let list = run(&folder, &["list"]);
    let ids: Vec<Value> = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!((list.code, ids.len(), &ids[0]["id"]), (1, 1, &"acme-disabled".into()));
    let expected = "credentials.addresses of \"acme-nightly\" holds a value that claviger never writes; correct or delete that row\ncredentials.addresses of \"acme-billing\" holds a value that claviger never writes; correct or delete that row\n";
    assert_eq!(list.stderr, expected);
    let shown = run(&folder, &["show", "acme-billing"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""));
    assert!(shown.stderr.contains("credentials.addresses of \"acme-billing\""), "{}", shown.stderr);
    let exported = run(&folder, &["export"]);
    assert_eq!((exported.code, exported.stdout.matches("- id: \"acme-disabled\"").count()), (1, 1));
    assert!(exported.stderr.starts_with("1 credential exported\n"), "{}", exported.stderr);
    assert_eq!(exported.stderr.matches("left out: credentials.addresses of").count(), 2, "{}", exported.stderr);
}

#[test]
fn a_dry_run_does_not_migrate() {
    let folder = folder_on("sqlite:claviger.db");
    let database = folder.path().join("claviger.db");
    put(folder.path(), "in.yaml", &credentials());
    put(folder.path(), "claviger.db", "");
    let dry = run(&folder, &["import", "in.yaml", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stderr.starts_with("3 added, "), "{}", dry.stderr);
    assert_eq!(database.metadata().unwrap().len(), 0);

    let folder = filled();
    let database = folder.path().join("claviger.db");
    // As if of another version.
    sql(&folder, "DELETE FROM _sqlx_migrations");
    let before = std::fs::read(&database).unwrap();
    let dry = run(&folder, &["import", "credentials.yaml", "--dry-run"]);
    assert_eq!((dry.code, dry.stdout.as_str()), (1, ""));
    assert!(dry.stderr.contains("run claviger database migrate"), "{}", dry.stderr);
    assert_eq!(sql(&folder, "SELECT COUNT(*) FROM _sqlx_migrations"), [(0,)]);
    assert!(std::fs::read(&database).unwrap() == before, "a dry run has written");
}

#[test]
fn export_of_an_unknown_account_fails() {
    let folder = filled();
    let ended = run(&folder, &["export", "--account", "acmee"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("no account has the id acmee"), "{}", ended.stderr);
    assert_eq!(run(&folder, &["export", "--account", "acme"]).code, 0);
}

#[test]
fn every_bad_row_is_reported_with_its_line_and_nothing_is_imported() {
    let folder = filled();
    let good = digest("good");
    let table = format!(
        "id,account,token,username,password,enabled,scopes,rate_limit.requests\r\n\
         good,acme,{good},,,true,*,*\r\n\
         \"two\nlines\",acme,{good},,,true,*,*\r\n\
         bad,acme,planted-secret,,,true,*,*\r\n\
         \r\n\
         bad2,acme,,user,,maybe,pay none,few\r\n\
         short,acme\r\n\
         twice,acme,{good},,,true,*,*\r\n"
    );
    put(folder.path(), "in.csv", &table);
    let ended = run(&folder, &["import", "in.csv"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stderr, @r"
    in.csv:3:1  id  may contain only letters, digits and . _ : @ / + -
    in.csv:5:10  token  is not a token digest; write the digest here, never the token itself; run claviger token digest and paste what it prints
    in.csv:7:18  enabled  must be true or false, not text
    in.csv:7:24  scopes[1]  is not a configured scope; known: pay
    in.csv:7:33  rate_limit.requests  must be a whole number, not text
    in.csv:8:1  has 2 cells, the first line has 8; put double quotes around a cell that holds a comma
    in.csv:9:1  token  is also the token digest of the credential at 2:1
    7 faults
    ");
    assert!(!ended.stderr.contains("planted"));
    let taken = format!("id,account,token\nother,acme,{}\n", digest(TOKEN));
    put(folder.path(), "in.csv", &taken);
    let ended = run(&folder, &["import", "in.csv"]);
    assert!(
        ended.stderr.starts_with(
            "in.csv:2:1  token  is the token digest of another credential in the database: acme-billing; "
        ),
        "{}",
        ended.stderr
    );
    let list: Value = serde_json::from_str(&run(&folder, &["list"]).stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 3);
}

/// A line that cannot be used, and one whose token another credential of the database has.
#[test]
fn unusable_rows_are_left_out_and_listed_on_request() {
    let folder = filled();
    let table = format!(
        "id,account,token\ngood,acme,{}\nbad,acme,planted-secret\nother,globex,{}\n",
        digest("good"),
        digest(TOKEN)
    );
    put(folder.path(), "in.csv", &table);
    assert_eq!(run(&folder, &["import", "in.csv"]).code, 1);
    let ended = run(&folder, &["import", "in.csv", "--skip-unusable"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1 added, 0 changed, 0 unchanged\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("in.csv:3:10  token  is not a token digest"), "{}", ended.stderr);
    assert!(ended.stderr.contains("in.csv:4:1  token  is the token digest of another credential"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("planted"));
}

#[test]
fn a_table_whose_first_line_is_wrong_is_refused_as_a_whole() {
    let folder = filled();
    for (text, fault) in [
        ("", "in.csv  is empty; the first line has the names of the columns: id,account,token,…"),
        ("id;account;token\n", "in.csv:1:1  columns are not separated by commas; save the table with commas"),
        (
            "id,acount,token,id\n",
            "in.csv:1:1  account  is missing; the first line has the names of the columns: id,account,token,…\nin.csv:1:4  acount  is not a known key; did you mean account?\nin.csv:1:17  id  is a duplicate column",
        ),
        (
            "planted,x\n",
            "in.csv:1:1  has no known column; the first line has the names of the columns: id,account,token,…",
        ),
        ("id,account,token\na,acme,\"x\n", "in.csv:2:8  a quote is not closed"),
    ] {
        put(folder.path(), "in.csv", text);
        let ended = run(&folder, &["import", "in.csv"]);
        assert_eq!(ended.code, 1);
        assert!(ended.stderr.contains(fault), "{fault}\n{}", ended.stderr);
        assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
    }
}

#[test]
fn an_import_names_the_missing_option() {
    let folder = filled();
    put(folder.path(), "users", &format!("ada:{PASSWORD_HASH}\n"));
    for (arguments, problem) in [
        (&["users"][..], "give --format yaml, htpasswd or csv"),
        (&["users", "--format", "htpasswd"], "give --account ID"),
        (&["credentials.yaml", "--account", "acme"], "--account and --api-version are for htpasswd files"),
        (&["gone.yaml"], "gone.yaml  cannot be read"),
    ] {
        let ended = run(&folder, &[&["import"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
        assert!(ended.stderr.contains(problem), "{}", ended.stderr);
    }
    let ended = run(&folder, &["import", "users", "--format", "htpasswd", "--account", "acme"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "1 added, 0 changed, 3 unchanged\n".replace('3', "0").as_str())
    );
    let piped = Run::within(folder.path(), &["credential", "import", "-", "--format", "htpasswd", "--account", "acme"]);
    let piped = piped.input(format!("ada:{PASSWORD_HASH}\nbad line\n")).end();
    assert_eq!(piped.stderr, "standard input:2:1  must be USER:HASH\n1 fault\n");
    let exported = run(&folder, &["export", "--format", "htpasswd"]);
    assert_eq!(exported.stdout, format!("acme:{PASSWORD_HASH}\nada:{PASSWORD_HASH}\n"));
    assert_eq!(exported.stderr, "2 credentials exported\n2 tokens left out: an htpasswd file cannot hold them\n");
}

#[test]
fn importing_the_configured_file_prints_a_note() {
    let folder = folder_on("sqlite:claviger.db");
    put(folder.path(), "credentials.yaml", &credentials());
    let run = Run::within(folder.path(), &["credentials", "import", "credentials.yaml"]);
    let ended = run.variable("CLAVIGER__CREDENTIALS__FILE", "credentials.yaml").end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("remove that key once the import is done"), "{}", ended.stderr);
}
