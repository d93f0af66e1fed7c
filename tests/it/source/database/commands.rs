//! Commands that read the settings use the database too.

use claviger::store::CredentialRecord;

use crate::store::test_database::{TestDatabase, label, on_each, token};
use crate::support::{Gate, GateBuilder, Run, digest};

on_each!(explain_finds_a_credential_of_the_database, settings_are_checked_against_the_database);

fn run(builder: &GateBuilder, arguments: &[&str]) -> (i32, String, String) {
    // Writes the files.
    drop(builder.command());
    let ended = Run::within(builder.folder(), arguments).end();
    (ended.code, ended.stdout, ended.stderr)
}

async fn explain_finds_a_credential_of_the_database(bed: TestDatabase) {
    bed.account("acme").await;
    let mut off = bed.account("off").await;
    off.switched_on = false;
    bed.put_account(&off).await;
    let mut billing: CredentialRecord = token("billing", "acme", "secret");
    billing.scopes = Some(vec![label("pay")]);
    bed.put(&billing).await;
    bed.put(&token("in-both", "acme", "1")).await;
    bed.put(&token("of-off", "off", "2")).await;
    let file = format!("credentials: [{{id: in-both, account: acme, enabled: false, token: '{}'}}]\n", digest("3"));
    let builder = Gate::before("http://127.0.0.1:1").database(&bed.address()).credentials(&file);
    let builder = builder.settings("scopes: {pay: [{path: /payments}]}");
    let explain = |id: &str, path: &str| run(&builder, &["explain", id, "GET", path]);

    let (code, said, _) = explain("billing", "/payments");
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("GET /payments as billing: admitted\n"), "{said}");
    assert!(said.contains("API access of acme is on") && said.contains("GET /payments; holds pay"), "{said}");
    let (code, said, _) = explain("billing", "/other");
    assert!(code == 1 && said.contains("refused, scope_insufficient (403)"), "{said}");
    let (code, said, _) = explain("of-off", "/payments");
    assert!(code == 1 && said.contains("API access of off is off"), "{said}");
    let (code, said, _) = explain("in-both", "/payments");
    assert!(code == 1 && said.contains("refused, credential_disabled (401)"), "the file's: {said}");
    let (code, said, complaint) = explain("stranger", "/payments");
    assert_eq!((code, said.as_str(), complaint.as_str()), (1, "", "claviger: no credential has the id stranger\n"));
}

async fn settings_are_checked_against_the_database(bed: TestDatabase) {
    let shown = bed.url.to_string();
    let alone = Gate::before("http://127.0.0.1:1").database(&bed.address());
    let (code, said, complaint) = run(&alone, &["config", "validate"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert_eq!(said, format!("claviger.yaml: valid, credentials in {shown}\n"));
    let with_a_file = alone.credentials("credentials: []\n");
    let (_, said, _) = run(&with_a_file, &["config", "validate"]);
    assert_eq!(said, format!("claviger.yaml: valid, 0 credentials, and those of {shown}\n"));
    let (_, said, _) = run(&with_a_file, &["config", "validate", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((said["valid"].as_bool(), said["database"].as_str()), (Some(true), Some(shown.as_str())));
}

#[test]
fn a_database_that_cannot_be_asked_is_named() {
    let builder = Gate::before("http://127.0.0.1:1").database("sqlite:missing.db");
    let (code, said, complaint) = run(&builder, &["explain", "billing", "GET", "/x"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(complaint.contains("missing.db does not exist; claviger database migrate creates it"), "{complaint}");
    assert!(!builder.folder().join("missing.db").exists(), "a question makes no database");
    let (code, said, _) = run(&builder, &["config", "validate"]);
    assert_eq!(code, 0);
    assert!(said.contains("missing.db, which was not opened"), "{said}");
    assert!(!builder.folder().join("missing.db").exists());
    let builder = Gate::before("http://127.0.0.1:1").database("postgres://user:planted@127.0.0.1:1/database");
    let (_, _, complaint) = run(&builder, &["explain", "billing", "GET", "/x"]);
    assert!(complaint.contains("postgres://user@127.0.0.1:1/database: the database does not answer"), "{complaint}");
    assert!(!complaint.contains("planted"), "{complaint}");
}
