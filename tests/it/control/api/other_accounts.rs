//! Resources of another account cannot be told from missing ones.

use claviger::store::Role;
use serde_json::json;

use super::TestApi;
use super::samples::{For, one_of, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_resource_of_another_account_and_a_missing_one_get_the_same_bytes,
    another_account_in_a_query_or_body_and_a_missing_one_get_the_same_bytes,
);

async fn a_resource_of_another_account_and_a_missing_one_get_the_same_bytes(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut asked = 0;
    for operation in operations() {
        let Some(kind) = operation.kind() else { continue };
        let newcomer = format!("initech-{asked}");
        api.newcomer(&newcomer).await;
        let account = if kind == "/access-requests" { &newcomer } else { "globex" };
        let mut foreign = vec![api.thing(kind, account).await];
        if kind == "/users" {
            foreign.push(api.invited(&format!("sam{asked}@example.org"), "staff", None).await.0);
        }
        if kind == "/operator-tokens" {
            let reply = api.post(kind, json!({"name": "all", "role": "staff"})).await;
            foreign.push(reply.body["operator_token"]["id"].as_str().unwrap().to_owned());
        }
        for foreign in &foreign {
            let before = api.request("GET", &format!("{kind}/{foreign}")).send().await;
            assert_eq!(before.status, 200, "{before:?}");
            // Operations that the owner has no right to are refused for that first.
            let For::Roles(ticks) = operation.whose else { panic!("{} has an id", operation.name) };
            for (role, tick) in [Role::Owner, Role::Implementer, Role::Member].into_iter().zip(ticks[1..].chars()) {
                let caller = || one_of(role, "acme");
                for (name, value) in
                    [("accept", "*/*"), ("if-match", "\"1\""), ("if-match", "\"99\""), ("if-match", "*")]
                {
                    let ask = |id: &str| {
                        let ask =
                            api.request(&operation.method, &operation.path.replace("{id}", id)).header(name, value);
                        let ask = if operation.body.is_empty() { ask } else { ask.json(&operation.sample(id)) };
                        ask.by(caller())
                    };
                    let none = ask("stranger").send().await;
                    let reply = ask(foreign).send().await;
                    let what = format!("{} by {role} with {name}: {value}: {reply:?}", operation.name);
                    let needs_condition = operation.method == "PATCH" && name == "accept";
                    match (needs_condition, tick) {
                        (true, _) => assert_eq!(reply.status, 428, "{what}"),
                        (false, 'x') if none.code() != "members_not_allowed" => {
                            assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"), "{what}");
                        }
                        (false, _) => assert_eq!(reply.status, 403, "{what}"),
                    }
                    assert_eq!(reply.without_id(), none.without_id(), "{what}");
                    asked += 1;
                }
            }
            let after = api.request("GET", &format!("{kind}/{foreign}")).send().await;
            assert_eq!(after.body, before.body, "{}", operation.name);
        }
    }
    assert!(asked > 300, "{asked}");
}

async fn another_account_in_a_query_or_body_and_a_missing_one_get_the_same_bytes(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.newcomer("globex").await;
    let before = api.get("/accounts/globex").await;
    for kind in ["/access-requests", "/users", "/operator-tokens"] {
        api.thing(kind, "globex").await;
    }
    for operation in operations() {
        if operation.kind().is_some() || !matches!(operation.whose, For::Roles(_)) {
            continue;
        }
        for role in [Role::Owner, Role::Implementer, Role::Member] {
            let query = operation.queries.iter().find(|query| *query == "account");
            let ask = async |account: &str| {
                let query = query.map_or(String::new(), |name| format!("{name}={account}"));
                let ask = api.request(&operation.method, &operation.target("x", &query)).by(one_of(role, "acme"));
                if operation.body.is_empty() {
                    return ask.send().await;
                }
                let mut body = operation.sample("stranger");
                if body.get("account").is_none() {
                    return ask.json(&body).send().await;
                }
                body["account"] = json!(account);
                ask.json(&body).send().await
            };
            let named = query.is_some() || operation.body.contains("\"account\"");
            if named {
                let (reply, none) = (ask("globex").await, ask("stranger").await);
                let what = format!("{} by {role}: {reply:?}", operation.name);
                assert!(matches!(reply.status.as_u16(), 403 | 404), "{what}");
                assert_eq!(reply.without_id(), none.without_id(), "{what}");
            }
        }
    }
    assert_eq!(api.get("/accounts/globex").await.body, before.body);
}
