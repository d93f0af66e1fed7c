//! Things of another account: whoever asks for one cannot tell whether it is there.

use claviger::store::Role;
use serde_json::json;

use super::Table;
use super::samples::{For, one_of, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    what_is_another_accounts_is_told_from_what_is_not_there_by_no_byte,
    another_account_that_is_named_in_a_query_or_body_is_told_from_none_by_no_byte,
);

async fn what_is_another_accounts_is_told_from_what_is_not_there_by_no_byte(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let mut asked = 0;
    for operation in operations() {
        let Some(kind) = operation.kind() else { continue };
        let newcomer = format!("initech-{asked}");
        table.newcomer(&newcomer).await;
        let account = if kind == "/access-requests" { &newcomer } else { "globex" };
        let mut foreign = vec![table.thing(kind, account).await];
        if kind == "/users" {
            foreign.push(table.invited(&format!("sam{asked}@example.org"), "staff", None).await.0);
        }
        if kind == "/operator-tokens" {
            let told = table.post(kind, json!({"name": "all", "role": "staff"})).await;
            foreign.push(told.body["operator_token"]["id"].as_str().unwrap().to_owned());
        }
        for foreign in &foreign {
            let before = table.ask("GET", &format!("{kind}/{foreign}")).told().await;
            assert_eq!(before.status, 200, "{before:?}");
            // Those that have another right than the owner's are refused for that, whatever they name.
            let For::Roles(ticks) = operation.whose else { panic!("{} has an id", operation.name) };
            for (role, tick) in [Role::Owner, Role::Implementer, Role::Member].into_iter().zip(ticks[1..].chars()) {
                let caller = || one_of(role, "acme");
                for (name, value) in
                    [("accept", "*/*"), ("if-match", "\"1\""), ("if-match", "\"99\""), ("if-match", "*")]
                {
                    let ask = |id: &str| {
                        let ask = table.ask(&operation.method, &operation.path.replace("{id}", id)).header(name, value);
                        let ask = if operation.body.is_empty() { ask } else { ask.json(&operation.sample(id)) };
                        ask.by(caller())
                    };
                    let none = ask("nobody").told().await;
                    let told = ask(foreign).told().await;
                    let what = format!("{} by {role} with {name}: {value}: {told:?}", operation.name);
                    let needs_condition = operation.method == "PATCH" && name == "accept";
                    match (needs_condition, tick) {
                        (true, _) => assert_eq!(told.status, 428, "{what}"),
                        (false, 'x') if none.code() != "members_not_allowed" => {
                            assert_eq!((told.status.as_u16(), told.code()), (404, "not_found"), "{what}");
                        }
                        (false, _) => assert_eq!(told.status, 403, "{what}"),
                    }
                    assert_eq!(told.without_id(), none.without_id(), "{what}");
                    asked += 1;
                }
            }
            let after = table.ask("GET", &format!("{kind}/{foreign}")).told().await;
            assert_eq!(after.body, before.body, "{}", operation.name);
        }
    }
    assert!(asked > 300, "{asked}");
}

async fn another_account_that_is_named_in_a_query_or_body_is_told_from_none_by_no_byte(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.newcomer("globex").await;
    let before = table.get("/accounts/globex").await;
    for kind in ["/access-requests", "/users", "/operator-tokens"] {
        table.thing(kind, "globex").await;
    }
    for operation in operations() {
        if operation.kind().is_some() || !matches!(operation.whose, For::Roles(_)) {
            continue;
        }
        for role in [Role::Owner, Role::Implementer, Role::Member] {
            let query = operation.queries.iter().find(|query| *query == "account");
            let ask = async |account: &str| {
                let query = query.map_or(String::new(), |name| format!("{name}={account}"));
                let ask = table.ask(&operation.method, &operation.target("x", &query)).by(one_of(role, "acme"));
                if operation.body.is_empty() {
                    return ask.told().await;
                }
                let mut body = operation.sample("nobody");
                if body.get("account").is_none() {
                    return ask.json(&body).told().await;
                }
                body["account"] = json!(account);
                ask.json(&body).told().await
            };
            let named = query.is_some() || operation.body.contains("\"account\"");
            if named {
                let (told, none) = (ask("globex").await, ask("nobody").await);
                let what = format!("{} by {role}: {told:?}", operation.name);
                assert!(matches!(told.status.as_u16(), 403 | 404), "{what}");
                assert_eq!(told.without_id(), none.without_id(), "{what}");
            }
        }
    }
    assert_eq!(table.get("/accounts/globex").await.body, before.body);
}
