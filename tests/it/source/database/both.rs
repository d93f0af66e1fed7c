//! A file and a database together: a credential in both is logged, and the file's is used.

use super::{answer, bearer, gate, lookups, pair, usual_gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::postgres::{Cluster, HowToStop};
use crate::support::{Gate, PASSWORD, PASSWORD_HASH, RecordingApi, Request, digest, eventually};

on_each!(
    credentials_of_both_are_admitted,
    an_id_in_both_is_the_files,
    a_token_or_user_name_in_both_is_the_files,
    a_credential_that_is_removed_from_the_file_is_the_databases,
    a_wrong_password_costs_a_lookup_for_users_of_the_file_too,
);

fn logs_conflict(gate: &Gate, id: &str) -> bool {
    let lines: Vec<_> = gate.stderr().lines().map(str::to_owned).collect();
    lines.iter().any(|line| {
        line.contains("is in the credentials file and in the database")
            && line.contains(&format!("\"credential\":\"{id}\""))
    })
}

async fn credentials_of_both_are_admitted(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("of-database", "acme", "of-database")).await;
    bed.put(&pair("nightly", "acme", "night", PASSWORD_HASH)).await;
    let file = format!(
        "credentials:\n  - {{id: of-file, account: other, token: '{}'}}\n  - {{id: daily, account: other, username: day, password: '{PASSWORD_HASH}'}}\n",
        digest("of-file")
    );
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).credentials(&file).start();
    for _ in 0..2 {
        for (request, id) in [
            (bearer("of-file"), "of-file"),
            (bearer("of-database"), "of-database"),
            (Request::get("/x").basic("day", PASSWORD), "daily"),
            (Request::get("/x").basic("night", PASSWORD), "nightly"),
        ] {
            assert_eq!(answer(&gate, &request).0, 200, "{id}");
            assert_eq!(api.last().header("X-Claviger-Credential"), Some(id));
        }
        for request in [bearer("x"), Request::get("/x").basic("day", "x"), Request::get("/x").basic("stranger", "x")] {
            assert_eq!(answer(&gate, &request), (401, "credential_invalid".into()));
        }
    }
    assert!(!gate.stderr().contains("is in the credentials file"), "{}", gate.stderr());
}

async fn an_id_in_both_is_the_files(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "of-database")).await;
    bed.put(&pair("nightly", "acme", "night", PASSWORD_HASH)).await;
    let file = format!(
        "credentials:\n  - {{id: billing, account: acme, token: '{}'}}\n  - {{id: nightly, account: acme, token: '{}'}}\n",
        digest("of-file"),
        digest("other")
    );
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).credentials(&file).start();
    // From a lookup first, then from the cache.
    for _ in 0..3 {
        assert_eq!(answer(&gate, &bearer("of-file")).0, 200);
        assert_eq!(answer(&gate, &bearer("of-database")), (401, "credential_invalid".into()));
        let pair = Request::get("/x").basic("night", PASSWORD);
        assert_eq!(answer(&gate, &pair), (401, "credential_invalid".into()));
    }
    eventually("it is logged", || logs_conflict(&gate, "billing") && logs_conflict(&gate, "nightly"));
}

async fn a_token_or_user_name_in_both_is_the_files(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("same-token", "acme", "same")).await;
    bed.put(&pair("same-user", "acme", "user", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=")).await;
    let file = format!(
        "credentials:\n  - {{id: a, account: acme, token: '{}'}}\n  - {{id: b, account: acme, username: user, password: '{PASSWORD_HASH}'}}\n",
        digest("same")
    );
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).credentials(&file).start();
    assert_eq!(answer(&gate, &bearer("same")).0, 200);
    assert_eq!(api.last().header("X-Claviger-Credential"), Some("a"));
    assert_eq!(answer(&gate, &Request::get("/x").basic("user", PASSWORD)).0, 200);
    assert_eq!(api.last().header("X-Claviger-Credential"), Some("b"));
    eventually("it is logged", || logs_conflict(&gate, "same-token") && logs_conflict(&gate, "same-user"));
}

async fn a_credential_that_is_removed_from_the_file_is_the_databases(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "of-database")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).credentials("credentials: []\n").start();
    assert_eq!(answer(&gate, &bearer("of-database")).0, 200);
    let file = format!("credentials: [{{id: billing, account: acme, token: '{}'}}]\n", digest("of-file"));
    gate.replace_credentials(&file);
    assert_eq!(answer(&gate, &bearer("of-database")).0, 401, "it was remembered");
    assert_eq!(answer(&gate, &bearer("of-file")).0, 200);
    eventually("it is logged at a reload too", || logs_conflict(&gate, "billing"));
    gate.replace_credentials("credentials: []\n");
    assert_eq!(answer(&gate, &bearer("of-database")).0, 200);
    assert_eq!(answer(&gate, &bearer("of-file")).0, 401);
}

/// Otherwise the time of a response would reveal the users of the file.
async fn a_wrong_password_costs_a_lookup_for_users_of_the_file_too(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&pair("nightly", "acme", "night", PASSWORD_HASH)).await;
    bed.put(&pair("both", "acme", "shadow", PASSWORD_HASH)).await;
    let entry = |id: &str, user: &str| {
        format!("  - {{id: {id}, account: acme, username: {user}, password: '{PASSWORD_HASH}'}}\n")
    };
    let file = ["credentials:\n".to_owned(), entry("daily", "day"), entry("both", "other")].concat();
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).credentials(&file).start();
    for turn in 0..3 {
        for username in ["day", "night", "stranger", "shadow"] {
            let asked_for = || lookups(&gate, "found") + lookups(&gate, "absent");
            let before = asked_for();
            assert_eq!(answer(&gate, &Request::get("/x").basic(username, "wrong")).0, 401, "{username}");
            assert_eq!(asked_for(), before + 1.0, "{username}, {turn}");
        }
    }
}

#[tokio::test]
async fn credentials_of_the_file_need_no_database() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    let file = format!(
        "credentials:\n  - {{id: of-file, account: other, token: '{}'}}\n  - {{id: daily, account: other, username: day, password: '{PASSWORD_HASH}'}}\n",
        digest("of-file")
    );
    let api = RecordingApi::start();
    let gate = usual_gate(&api, &bed).settings("database: {max_stale: 1s}").credentials(&file).start();
    cluster.stop(HowToStop::Fast);
    for _ in 0..3 {
        assert_eq!(answer(&gate, &bearer("of-file")).0, 200);
        assert_eq!(answer(&gate, &Request::get("/x").basic("day", PASSWORD)).0, 200);
        for username in ["day", "stranger"] {
            let verdict = answer(&gate, &Request::get("/x").basic(username, "wrong"));
            assert_eq!(verdict, (503, "directory_unavailable".into()), "{username}");
        }
    }
}
