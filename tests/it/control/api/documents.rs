//! The OpenAPI description and the documentation page.

use std::path::Path;

use claviger::auth::REJECTIONS;
use claviger::control::Code;
use claviger::control::api::openapi;
use serde_json::Value;

use super::TestApi;

fn described() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// `CLAVIGER_TEST_WRITES_OPENAPI=1` writes the file.
#[test]
fn the_committed_description_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control/api/openapi.json");
    let mut current = openapi().to_pretty_json().unwrap();
    current.push('\n');
    if std::env::var_os("CLAVIGER_TEST_WRITES_OPENAPI").is_some() {
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == current, "run CLAVIGER_TEST_WRITES_OPENAPI=1 cargo test --test it control::api::documents");
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

/// The page loads nothing but what its Content-Security-Policy permits.
#[tokio::test]
async fn the_documentation_page_is_complete_and_self_contained() {
    let api = TestApi::sqlite().await.outside();
    let page = api.get("/docs").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let html = page.body.as_str().unwrap();
    for foreign in ["<script", "<style", " style=", " src=", "://", "javascript:", " onclick", "url("] {
        let found = html.replace("https://keys.example.org", "").contains(foreign);
        assert!(!found, "{foreign}");
    }
    let ids: Vec<_> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len());
    for target in html.split(" href=\"#").skip(1) {
        let target = target.split('"').next().unwrap();
        assert!(unique.contains(&target), "#{target} leads nowhere");
    }
    let description = described();
    let operations =
        description["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let names = operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned());
    let schemas = description["components"]["schemas"].as_object().unwrap().keys().map(|name| format!("schema-{name}"));
    for id in names.chain(schemas) {
        assert!(unique.contains(&id.as_str()), "{id} is missing");
    }
    let style = api.get("/docs.css").await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
    let style = style.body.as_str().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("://"));
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
            html.contains(&format!("<h1>{title}</h1>")) && html.contains(&format!("<code>{word}</code>")),
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
