//! Settings that refuse credentials of the database for their version or scopes say so.

use claviger::store::CredentialRecord;

use super::{answer, bearer, gate};
use crate::store::test_database::{TestDatabase, label, on_each, token};
use crate::support::postgres::{Cluster, HowToStop};
use crate::support::{Gate, RecordingApi, Run, eventually};

on_each!(
    adding_versions_reports_the_credentials_that_it_refuses,
    validation_reports_what_the_settings_would_refuse,
    dropping_a_scope_reports_the_credentials_that_hold_it,
);

const VERSIONS: &str = "versions: {known: [{name: '1'}], read_from: {header: X-API-Version}}\n";
const UNVERSIONED: &str =
    "2 credentials of the database have no version, and versions.known makes the gate refuse them";

async fn fill(bed: &TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("acme-a", "acme", "secret-a")).await;
    bed.put(&token("acme-b", "acme", "secret-b")).await;
    bed.put(&CredentialRecord { enabled: false, ..token("acme-off", "acme", "secret-off") }).await;
}

async fn adding_versions_reports_the_credentials_that_it_refuses(bed: TestDatabase) {
    fill(&bed).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    assert_eq!(answer(&gate, &bearer("secret-a")).0, 200);
    let readyz = || gate.admin("GET", "/readyz?verbose").text();
    assert!(readyz().contains("[+] database names configured versions and scopes\n"), "{}", readyz());

    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    gate.rename_over(&gate.settings_file(), &format!("{settings}{VERSIONS}"));
    eventually("it is logged", || gate.stderr().contains(&format!("{UNVERSIONED}: acme-a, acme-b")));
    assert_eq!(answer(&gate, &bearer("secret-a")), (403, "version_not_allowed".into()));
    let report = readyz();
    assert!(report.contains("[-] database names configured versions and scopes\n"), "{report}");
    assert!(report.contains(&format!("    {UNVERSIONED}: acme-a, acme-b\n")) && report.ends_with("\nok\n"), "{report}");
    let reload = gate.admin("POST", "/-/reload").text();
    assert!(reload.contains(UNVERSIONED), "{reload}");

    let upgrade = Run::within(gate.folder(), &["credential", "upgrade", "--unversioned", "--to", "1"]).end();
    assert_eq!(upgrade.code, 0, "{}", upgrade.stderr);
    assert!(upgrade.stdout.contains('3'), "{}", upgrade.stdout);
    let reload = gate.admin("POST", "/-/reload").text();
    assert!(!reload.contains("warnings"), "{reload}");
    assert!(readyz().contains("[+] database names configured versions and scopes\n"));
    eventually("the gate accepts them", || answer(&gate, &bearer("secret-a")).0 == 200);
}

async fn validation_reports_what_the_settings_would_refuse(bed: TestDatabase) {
    fill(&bed).await;
    let builder = Gate::before("http://127.0.0.1:1").database(&bed.address()).settings(VERSIONS);
    drop(builder.command());
    let validate =
        |arguments: &[&str]| Run::within(builder.folder(), &[&["config", "validate"], arguments].concat()).end();
    let text = validate(&[]);
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(text.stderr.contains(&format!("warning: {UNVERSIONED}: acme-a, acme-b\n")), "{}", text.stderr);
    assert!(text.stderr.contains("claviger credential upgrade --unversioned --to VERSION"), "{}", text.stderr);
    let json: serde_json::Value = serde_json::from_str(&validate(&["--format", "json"]).stdout).unwrap();
    assert_eq!(json["warnings"][0], format!("{UNVERSIONED}: acme-a, acme-b"));
}

async fn dropping_a_scope_reports_the_credentials_that_hold_it(bed: TestDatabase) {
    bed.account("acme").await;
    let scopes = Some(vec![label("gone"), label("pay")]);
    bed.put(&CredentialRecord { scopes, ..token("acme-a", "acme", "secret-a") }).await;
    let builder = Gate::before("http://127.0.0.1:1").database(&bed.address());
    let builder = builder.settings("scopes: {pay: [{path: /payments}]}");
    drop(builder.command());
    let text = Run::within(builder.folder(), &["config", "validate"]).end();
    let line = "1 credential of the database has a scope that the settings lack, which permits nothing to it \
                (scopes: gone): acme-a\n";
    assert!(text.code == 0 && text.stderr.contains(line), "{}", text.stderr);
}

#[tokio::test]
async fn credentials_that_the_settings_refuse_are_reported_once_the_database_is_up() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    fill(&bed).await;
    cluster.stop(HowToStop::Fast);
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings(VERSIONS).start();
    eventually("the check at the start has failed", || gate.stderr().contains("the database are not checked"));
    cluster.start_again();
    eventually("it is logged", || gate.stderr().contains(&format!("{UNVERSIONED}: acme-a, acme-b")));
    let report = gate.admin("GET", "/readyz?verbose").text();
    assert!(report.contains("[-] database names configured versions and scopes\n"), "{report}");
}
