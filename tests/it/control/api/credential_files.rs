//! Import and export over HTTP.

use claviger::credential::TokenDigest;
use claviger::store::Role;
use serde_json::{Value, json};

use super::{ApiReply, TestApi};
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    an_exported_file_can_be_imported,
    a_file_with_faults_changes_nothing_and_reports_their_positions,
    an_owner_exports_their_account_and_imports_nothing,
    an_htpasswd_import_needs_an_account,
    the_query_is_checked_before_the_file_arrives,
    a_yaml_file_has_a_smaller_limit_than_a_table,
);

async fn sent(api: &TestApi, query: &str, text: &str) -> ApiReply {
    let ask = api.request("POST", &format!("/credential-files?{query}"));
    ask.header("content-type", "text/plain").body(text.to_owned()).send().await
}

async fn taken(api: &TestApi, query: &str) -> String {
    let reply = api.get(&format!("/credential-files?{query}")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let Value::String(text) = reply.body else { panic!("{:?}", reply.body) };
    text
}

async fn an_exported_file_can_be_imported(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let id = api.create_token("acme").await;
    let pair = json!({"account": "globex", "kind": "password", "username": "globex", "version": "1"});
    assert_eq!(api.post("/credentials", pair).await.status, 201);
    for format in ["yaml", "csv"] {
        let text = taken(&api, &format!("format={format}")).await;
        assert!(text.contains(&id) && text.contains("$argon2id$"), "{text}");
        let same = sent(&api, &format!("format={format}"), &text).await;
        assert_eq!((&same.body["unchanged"], &same.body["credentials"]), (&json!(2), &json!([])), "{same:?}");
        api.request("DELETE", &format!("/credentials/{id}")).send().await;
        let dry = sent(&api, &format!("format={format}&dry_run=true"), &text).await;
        assert_eq!(dry.body["credentials"], json!([{"id": id, "account": "acme", "changed": null}]));
        assert_eq!(api.get(&format!("/credentials/{id}")).await.status, 404);
        let back = sent(&api, &format!("format={format}"), &text).await;
        assert_eq!((back.status.as_u16(), &back.body["dry_run"]), (200, &json!(false)));
        assert_eq!(api.get(&format!("/credentials/{id}")).await.status, 200);
    }
    let only = taken(&api, "format=csv&account=globex").await;
    assert!(only.contains("globex") && !only.contains(&id), "{only}");
    assert_eq!(api.get("/credential-files?format=csv&account=stranger").await.code(), "not_found");
}

async fn a_file_with_faults_changes_nothing_and_reports_their_positions(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let digest = TokenDigest::of(b"planted");
    let text = format!(
        "credentials:\n- {{id: good, account: acme, token: '{digest}', version: '1'}}\n- {{id: bad, account: acme, token: planted-secret, version: '9'}}\n"
    );
    let reply = sent(&api, "format=yaml", &text).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (422, "invalid"));
    let fields: Vec<&str> =
        reply.body["fields"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"credentials[1].token") && fields.contains(&"credentials[1].version"), "{reply:?}");
    assert_eq!(reply.body["fields"][0]["at"]["line"], 3, "{reply:?}");
    assert!(!reply.body.to_string().contains("planted-secret"));
    assert!(!works(&api.bed, "planted").await);
}

async fn an_owner_exports_their_account_and_imports_nothing(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let (ours, theirs) = (api.create_token("acme").await, api.create_token("globex").await);
    let api = api.by(Role::Owner, Some("acme"));
    let text = taken(&api, "format=yaml").await;
    assert!(text.contains(&ours) && !text.contains(&theirs) && !text.contains("globex"), "{text}");
    let foreign = api.get("/credential-files?format=yaml&account=globex").await;
    let unknown = api.get("/credential-files?format=yaml&account=stranger").await;
    assert_eq!((foreign.status.as_u16(), &foreign.body["detail"]), (404, &unknown.body["detail"]));
    assert_eq!(sent(&api, "format=yaml", &text).await.code(), "forbidden");
    let api = api.by(Role::Member, Some("acme"));
    assert_eq!(api.get("/credential-files?format=yaml").await.code(), "forbidden");
}

async fn an_htpasswd_import_needs_an_account(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let text = "ann:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\n";
    let reply = sent(&api, "format=htpasswd", text).await;
    assert_eq!(reply.body["fields"][0]["field"], "account");
    let reply = sent(&api, "format=htpasswd&account=acme&version=2", text).await;
    assert_eq!(reply.body["credentials"], json!([{"id": "ann", "account": "acme", "changed": null}]), "{reply:?}");
    api.create_token("acme").await;
    let taken = api.get("/credential-files?format=htpasswd").await;
    assert_eq!((&taken.body, taken.header("claviger-exported")), (&json!(text), "credentials=1, tokens=1"));
    let reply = sent(&api, "format=yaml&account=acme", "credentials: []").await;
    assert_eq!(reply.body["fields"][0]["field"], "account");
}

/// A large file takes minutes.
async fn the_query_is_checked_before_the_file_arrives(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    for (query, field) in [
        ("format=htpasswd", "account"),
        ("format=htpasswd&account=a%20b", "account"),
        ("format=csv&version=2", "version"),
        ("format=yaml&account=acme", "account"),
    ] {
        let ask = api.request("POST", &format!("/credential-files?{query}")).header("content-length", "999999999999");
        let reply = ask.send().await;
        assert_eq!((reply.code(), &reply.body["fields"][0]["field"]), ("invalid", &json!(field)), "{query}: {reply:?}");
    }
}

async fn a_yaml_file_has_a_smaller_limit_than_a_table(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let of_size = async |format: &str, size: usize| {
        let ask = api.request("POST", &format!("/credential-files?format={format}&dry_run=true"));
        ask.header("content-length", &size.to_string()).send().await
    };
    let reply = of_size("yaml", (16 << 20) + 1).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (413, "too_large"));
    let detail =
        "a YAML file may have at most 16777216 bytes; send it in several files, or as CSV, which may have more";
    assert_eq!(reply.body["detail"], detail);
    assert_eq!(of_size("csv", (512 << 20) + 1).await.body["detail"], "a file may have at most 536870912 bytes");
    // Read, and empty.
    assert_eq!(of_size("csv", (16 << 20) + 1).await.code(), "invalid");
}
