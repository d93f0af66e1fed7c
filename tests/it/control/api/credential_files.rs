//! Many credentials at once, over HTTP.

use claviger::credential::TokenDigest;
use claviger::store::Role;
use serde_json::{Value, json};

use super::{Table, Told};
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_file_goes_in_as_it_came_out,
    a_file_with_faults_changes_nothing_and_says_where_they_are,
    an_owner_takes_out_their_own_and_takes_in_nothing,
    an_htpasswd_file_wants_to_know_whose_its_users_are,
);

async fn sent(table: &Table, query: &str, text: &str) -> Told {
    let ask = table.ask("POST", &format!("/credential-files?{query}"));
    ask.header("content-type", "text/plain").body(text.to_owned()).told().await
}

async fn taken(table: &Table, query: &str) -> String {
    let told = table.get(&format!("/credential-files?{query}")).await;
    assert_eq!(told.status, 200, "{told:?}");
    let Value::String(text) = told.body else { panic!("{:?}", told.body) };
    text
}

async fn a_file_goes_in_as_it_came_out(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let id = table.made("acme").await;
    let pair = json!({"account": "globex", "kind": "password", "username": "globex", "version": "1"});
    assert_eq!(table.post("/credentials", pair).await.status, 201);
    for format in ["yaml", "csv"] {
        let text = taken(&table, &format!("format={format}")).await;
        assert!(text.contains(&id) && text.contains("$argon2id$"), "{text}");
        let same = sent(&table, &format!("format={format}"), &text).await;
        assert_eq!((&same.body["unchanged"], &same.body["credentials"]), (&json!(2), &json!([])), "{same:?}");
        table.ask("DELETE", &format!("/credentials/{id}")).told().await;
        let dry = sent(&table, &format!("format={format}&dry_run=true"), &text).await;
        assert_eq!(dry.body["credentials"], json!([{"id": id, "account": "acme", "changed": null}]));
        assert_eq!(table.get(&format!("/credentials/{id}")).await.status, 404);
        let back = sent(&table, &format!("format={format}"), &text).await;
        assert_eq!((back.status.as_u16(), &back.body["dry_run"]), (200, &json!(false)));
        assert_eq!(table.get(&format!("/credentials/{id}")).await.status, 200);
    }
    let only = taken(&table, "format=csv&account=globex").await;
    assert!(only.contains("globex") && !only.contains(&id), "{only}");
    assert_eq!(table.get("/credential-files?format=csv&account=nobody").await.code(), "not_found");
}

async fn a_file_with_faults_changes_nothing_and_says_where_they_are(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let digest = TokenDigest::of(b"planted");
    let text = format!(
        "credentials:\n- {{id: good, account: acme, token: '{digest}', version: '1'}}\n- {{id: bad, account: acme, token: planted-secret, version: '9'}}\n"
    );
    let told = sent(&table, "format=yaml", &text).await;
    assert_eq!((told.status.as_u16(), told.code()), (422, "invalid"));
    let fields: Vec<&str> =
        told.body["fields"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"credentials[1].token") && fields.contains(&"credentials[1].version"), "{told:?}");
    assert_eq!(told.body["fields"][0]["at"]["line"], 3, "{told:?}");
    assert!(!told.body.to_string().contains("planted-secret"));
    assert!(!works(&table.bed, "planted").await);
}

async fn an_owner_takes_out_their_own_and_takes_in_nothing(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let (ours, theirs) = (table.made("acme").await, table.made("globex").await);
    let table = table.by(Role::Owner, Some("acme"));
    let text = taken(&table, "format=yaml").await;
    assert!(text.contains(&ours) && !text.contains(&theirs) && !text.contains("globex"), "{text}");
    let foreign = table.get("/credential-files?format=yaml&account=globex").await;
    let unknown = table.get("/credential-files?format=yaml&account=nobody").await;
    assert_eq!((foreign.status.as_u16(), &foreign.body["detail"]), (404, &unknown.body["detail"]));
    assert_eq!(sent(&table, "format=yaml", &text).await.code(), "forbidden");
    let table = table.by(Role::Member, Some("acme"));
    assert_eq!(table.get("/credential-files?format=yaml").await.code(), "forbidden");
}

async fn an_htpasswd_file_wants_to_know_whose_its_users_are(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let text = "ann:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\n";
    let told = sent(&table, "format=htpasswd", text).await;
    assert_eq!(told.body["fields"][0]["field"], "account");
    let told = sent(&table, "format=htpasswd&account=acme&version=2", text).await;
    assert_eq!(told.body["credentials"], json!([{"id": "ann", "account": "acme", "changed": null}]), "{told:?}");
    table.made("acme").await;
    let taken = table.get("/credential-files?format=htpasswd").await;
    assert_eq!((&taken.body, taken.header("claviger-exported")), (&json!(text), "credentials=1, tokens=1"));
    let told = sent(&table, "format=yaml&account=acme", "credentials: []").await;
    assert_eq!(told.body["fields"][0]["field"], "account");
}
