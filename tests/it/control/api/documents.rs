//! The description of the API: current, complete, and where clients look for it.

use std::path::Path;

use claviger::control::api::{Code, openapi};
use serde_json::Value;

use super::Table;

fn described() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// Set to write it anew.
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
async fn the_description_is_there_for_everybody() {
    let table = Table::sqlite().await.outside();
    let told = table.get("/openapi.json").await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "application/json"));
    assert_eq!(told.body, described());
    assert_eq!(told.body["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_a_name_a_group_and_says_who_may_call_and_how_it_may_fail() {
    let api = described();
    let mut names = std::collections::HashSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
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
fn whatever_is_referred_to_is_there() {
    let text = described().to_string();
    let api = described();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(api["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[test]
fn codes_are_words() {
    for code in Code::all() {
        let word = code.as_str();
        assert!(word.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_'), "{word}");
    }
}

/// What a browser would have to fetch or run, and from where, is all that its policy lets it.
#[tokio::test]
async fn the_description_for_people_is_whole_and_needs_nothing_from_elsewhere() {
    let table = Table::sqlite().await.outside();
    let page = table.get("/docs").await;
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
    let api = described();
    let operations = api["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let names = operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned());
    let schemas = api["components"]["schemas"].as_object().unwrap().keys().map(|name| format!("schema-{name}"));
    for id in names.chain(schemas) {
        assert!(unique.contains(&id.as_str()), "{id} is missing");
    }
    let style = table.get("/docs.css").await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
    let style = style.body.as_str().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("://"));
}
