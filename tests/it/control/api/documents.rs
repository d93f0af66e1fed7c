//! The OpenAPI description and the pages of its documentation.

use claviger::auth::REJECTIONS;
use claviger::control::Code;
use claviger::control::api::openapi;
use claviger::store::Role;
use serde_json::{Value, json};

use super::TestApi;
use super::samples::{For, every_operation, one_of, operations};

fn described() -> Value {
    serde_json::from_str(openapi()).unwrap()
}

#[tokio::test]
async fn the_description_needs_no_credential() {
    let api = TestApi::sqlite().await.outside();
    let reply = api.get("/openapi.json").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.body, described());
    assert_eq!(reply.body["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_an_id_a_tag_security_and_problems() {
    let description = described();
    let mut names = std::collections::HashSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} twice");
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
            assert!(operation["security"].is_array(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.as_str() >= "400" {
                    let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
                }
            }
        }
    }
}

#[test]
fn every_reference_has_a_schema() {
    let text = described().to_string();
    let description = described();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(description["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[test]
fn codes_are_words() {
    for code in Code::ALL {
        let word = code.as_str();
        assert!(word.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_'), "{word}");
    }
}

#[test]
fn the_description_names_the_roles_that_may_call() {
    let description = described();
    for operation in every_operation() {
        let described = &description["paths"][&operation.path][operation.method.to_lowercase()];
        let names = |ticks: &str| -> Vec<&str> {
            let roles = ["staff", "owner", "implementer", "member"].into_iter().zip(ticks.chars());
            roles.filter(|(_, tick)| *tick == 'x').map(|(role, _)| role).collect()
        };
        let (roles, security) = match operation.whose {
            For::Everybody => (Value::Null, json!([{}])),
            For::Browsers => (json!(names("xxxx")), json!([{"session": []}])),
            For::Keys => (Value::Null, json!([{"api_key": []}])),
            For::Publishers => (Value::Null, json!([{"publisher": []}])),
            For::Roles(ticks) => (json!(names(ticks)), json!([{"operator_token": []}, {"session": []}])),
        };
        assert_eq!((&described["x-roles"], &described["security"]), (&roles, &security), "{}", operation.name);
    }
}

/// An example is a body that the operation accepts, whatever it then says about the state.
#[tokio::test]
async fn every_example_of_a_body_is_accepted() {
    let api = TestApi::sqlite().await;
    api.bed.put_user("usr_1", Some("acme"), Role::Owner).await;
    let description = described();
    api.post("/credentials", json!({"id": "acme-billing", "account": "acme", "kind": "token"})).await;
    let mut number = 0;
    for operation in operations().iter().filter(|operation| operation.schema.is_some()) {
        let described = &description["paths"][&operation.path][operation.method.to_lowercase()];
        let example = &described["requestBody"]["content"]["application/json"]["example"];
        assert!(example.is_object(), "{} has no example", operation.name);
        let (mut id, mut account) = ("acme".to_owned(), "acme".to_owned());
        if operation.path.starts_with("/access-requests") {
            account = format!("newcomer-{number}");
            api.newcomer(&account).await;
        }
        if let Some(kind) = operation.kind() {
            id = api.thing(kind, &account).await;
        }
        let request = api.request(&operation.method, &operation.target(&id, "")).header("if-match", "*");
        let role = match operation.whose {
            For::Roles(ticks) if !ticks.starts_with('x') => Role::Owner,
            _ => Role::Staff,
        };
        let reply = request.json(example).by(one_of(role, "acme")).send().await;
        let is_of_state = [401, 403, 404, 409, 410].contains(&reply.status.as_u16());
        assert!(reply.status.is_success() || is_of_state, "{}: {} {:?}", operation.name, reply.status, reply.body);
        number += 1;
    }
    assert_eq!(number, 27);
}

#[tokio::test]
async fn the_documentation_has_every_operation_and_schema_and_leads_nowhere_else() {
    let api = TestApi::sqlite().await.outside();
    let index = api.page("/api-docs").await;
    let index = index.body.as_str().unwrap();
    let groups: std::collections::BTreeSet<_> = links(index)
        .filter_map(|link| link.strip_prefix("/api-docs/"))
        .map(|link| link.split('#').next().unwrap().to_owned())
        .collect();
    let mut ids = std::collections::HashSet::new();
    let mut pages = vec![("/api-docs".to_owned(), index.to_owned())];
    for group in groups {
        let page = api.page(&format!("/api-docs/{group}")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"), "{group}");
        let html = page.body.as_str().unwrap().to_owned();
        for id in html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            ids.insert(format!("/api-docs/{group}#{id}"));
        }
        pages.push((format!("/api-docs/{group}"), html));
    }
    for (path, html) in &pages {
        for link in links(html).filter(|link| !link.starts_with("/assets/")) {
            let target = if link.starts_with('#') { format!("{path}{link}") } else { link.to_owned() };
            let is_known = match target.split_once('#') {
                Some((_, "main")) => true,
                Some(_) => ids.contains(&target),
                // The overview leads to sign-in.
                None => [200, 303].contains(&api.page(&target).await.status.as_u16()),
            };
            assert!(is_known, "{target} of {path} leads nowhere");
        }
    }
    let description = described();
    let schemas = description["components"]["schemas"].as_object().unwrap().keys().cloned();
    for name in schemas.chain(every_operation().into_iter().map(|operation| operation.name)) {
        assert!(ids.iter().any(|id| id.ends_with(&format!("#{name}"))), "{name} is missing");
    }
    for operation in every_operation() {
        let tag = format!("id=\"{}\"", operation.name);
        let (_, html) = pages.iter().find(|(_, html)| html.contains(&tag)).unwrap();
        let part = html.split(&tag).nth(1).unwrap().split("</section>").next().unwrap();
        let path = operation.path.replace("{id}", "ID");
        assert!(part.contains("curl ") && part.contains(&format!("https://keys.example.org/api/v1{path}")), "{part}");
    }
    for unknown in ["/api-docs/nothing", "/api-docs/%3Cscript%3E", "/api-docs/users/x"] {
        assert_eq!(api.page(unknown).await.status, 404, "{unknown}");
    }
}

fn links(html: &str) -> impl Iterator<Item = &str> {
    html.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[tokio::test]
async fn the_type_of_every_problem_has_a_page() {
    let api = TestApi::sqlite().await.outside();
    let index = api.page("/errors").await;
    for code in Code::ALL {
        let (word, title) = (code.as_str(), code.title());
        let page = api.page(&format!("/errors/{word}")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"), "{word}");
        let html = page.body.as_str().unwrap();
        assert!(
            html.contains(&format!("<h1 lang=\"en\">{title}</h1>")) && html.contains(&format!("<code>{word}</code>")),
            "{html}"
        );
        assert!(index.body.as_str().unwrap().contains(&format!("href=\"/errors/{word}\"")), "{word}");
    }
    for row in REJECTIONS {
        let page = api.page(&format!("/errors/{}", row.code)).await;
        assert!(page.status == 200 && page.body.as_str().unwrap().contains(row.title), "{}", row.code);
    }
    let reply = api.get("/me").await;
    let page = reply.body["type"].as_str().unwrap().strip_prefix("https://keys.example.org").unwrap();
    assert_eq!(api.page(page).await.status, 200);
    for unknown in ["/errors/nothing", "/errors/%3Cscript%3E", "/errors/not_found/"] {
        assert_eq!(api.page(unknown).await.status, 404, "{unknown}");
    }
}
