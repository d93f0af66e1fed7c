//! Odd texts in every place that takes a text: accepted or refused, never a 5xx.

use serde_json::{Value, json};

use super::samples::{encoded, operations};
use super::{ApiRequest, TestApi};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    an_odd_text_in_a_field_causes_no_5xx,
    an_odd_id_in_a_path_is_not_found,
    an_odd_text_in_a_query_causes_no_5xx,
    an_odd_header_causes_no_5xx,
    a_text_that_json_cannot_hold_is_refused,
);

fn odd_texts() -> Vec<String> {
    let short = [
        "",
        " ",
        "\0",
        "a\0b",
        "\0a",
        "a\0",
        "\u{1}",
        "\n",
        "\r\nX: y",
        "\t",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{200b}",
        "\u{202e}gnp.exe",
        "\u{2028}",
        "\u{feff}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{d7ff}",
        "e\u{301}",
        "ﷺ",
        "🧾",
        "👩‍👩‍👧",
        "مفتاح",
        "%00",
        "%",
        "_",
        "\\",
        "'",
        "\"",
        "';--",
        "$1",
        "=1+1",
        "@SUM(A1)",
        "../../x",
        "null",
        "0",
        "-1",
        "1e999",
        "99999999999999999999999",
        "9999-99-99",
        "2026-11-21T12:00:00+99:99",
        "-9999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "+999999-01-01T00:00:00Z",
        "a@b",
        "a@b\0",
        "a\0@b.c",
        "+44\0",
        "https://a.example/\0",
        "https://\0",
        "other: \0",
        "other: \u{202e}",
        "10.0.0.0/8\0",
        "::/0",
        "usr_\0",
        "sha256:\0",
        "$argon2id$\0",
    ];
    let long = ["x", "ß", "🧾", "\0", "e\u{301}", "a@", "10.0.0.0/8,"];
    let long = long.into_iter().flat_map(|text| [129, 257, 2001, 6000].map(|count| text.repeat(count)));
    short.into_iter().map(str::to_owned).chain(long).collect()
}

/// The text fields of a schema; true for a list of texts.
fn text_fields(schema: &Value) -> Vec<(String, bool)> {
    let is = |kind: &Value, name: &str| {
        kind == name || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
    };
    let properties = schema["properties"].as_object().unwrap();
    let fields = properties.iter().filter_map(|(name, schema)| {
        let is_list = is(&schema["type"], "array");
        (is_list || is(&schema["type"], "string")).then(|| (name.clone(), is_list))
    });
    fields.collect()
}

/// Never 5xx.
async fn assert_no_failure(ask: ApiRequest<'_>, what: impl Fn() -> String) -> u16 {
    let reply = ask.send().await;
    let status = reply.status.as_u16();
    let expected = [200, 201, 204, 400, 401, 403, 404, 409, 410, 412, 413, 422, 428];
    assert!(expected.contains(&status), "{}: {reply:?}", what());
    status
}

fn shown(text: &str) -> String {
    format!("{:?} ({} characters)", text.chars().take(20).collect::<String>(), text.chars().count())
}

async fn an_odd_text_in_a_field_causes_no_5xx(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut fields = 0;
    for operation in operations() {
        let Some(schema) = &operation.schema else { continue };
        for (field, is_list) in text_fields(schema) {
            let pair = json!({"account": "acme", "kind": "password", "username": format!("u{fields}")});
            let id = match operation.kind() {
                Some("/credentials") if field == "username" || field == "password" => {
                    api.post("/credentials", pair).await.body["credential"]["id"].as_str().unwrap().to_owned()
                }
                Some("/access-requests") => {
                    let account = format!("newcomer-{fields}");
                    api.newcomer(&account).await;
                    api.thing("/access-requests", &account).await
                }
                Some(kind) => api.thing(kind, "acme").await,
                None => "acme".to_owned(),
            };
            for text in odd_texts() {
                let mut body = operation.sample(&id);
                if operation.name == "create_credential" && (field == "username" || field == "password") {
                    body["kind"] = json!("password");
                    body["username"] = json!("somebody");
                }
                body[&field] = if is_list { json!(["10.0.0.1", text]) } else { json!(text) };
                let ask = api.request(&operation.method, &operation.path.replace("{id}", &encoded(&id)));
                let ask = ask.header("if-match", "*").json(&body);
                // Anonymous calls are rate-limited.
                api.clock.advance(std::time::Duration::from_secs(600));
                assert_no_failure(ask, || format!("{} {field}: {}", operation.name, shown(&text))).await;
            }
            fields += 1;
        }
    }
    assert!(fields >= 50, "{fields}");
    for list in ["/credentials", "/accounts", "/users", "/access-requests", "/operator-tokens", "/audit", "/audit.csv"]
    {
        assert_eq!(api.get(list).await.status, 200, "{list} shows what was taken");
    }
}

async fn an_odd_id_in_a_path_is_not_found(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut paths: Vec<_> =
        odd_texts().iter().filter(|text| !text.is_empty() && text.len() < 9000).map(|text| encoded(text)).collect();
    paths.extend(
        ["%FF", "%C0%80", "%ED%A0%80", "%F5%80%80%80", "..%2F..%2Fx", "%2e%2e", "a%2Fb", "a;b", "%25%30%30"]
            .map(str::to_owned),
    );
    for operation in operations().iter().filter(|operation| operation.kind().is_some()) {
        for path in &paths {
            let ask = api.request(&operation.method, &operation.path.replace("{id}", path)).header("if-match", "*");
            let ask = if operation.body.is_empty() { ask } else { ask.json(&operation.sample("x")) };
            let reply = ask.send().await;
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (404, "not_found"),
                "{} {path}: {reply:?}",
                operation.name
            );
        }
    }
}

async fn an_odd_text_in_a_query_causes_no_5xx(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.create_token("acme").await;
    let mut queries = 0;
    for operation in operations() {
        for query in &operation.queries {
            for text in odd_texts().iter().filter(|text| text.len() < 9000) {
                let ask = api.request(&operation.method, &operation.target("x", &format!("{query}={}", encoded(text))));
                assert_no_failure(ask, || format!("{} {query}: {}", operation.name, shown(text))).await;
            }
            for raw in ["%FF", "%C0%80", "%", "%zz", "%ED%A0%80"] {
                let ask = api.request(&operation.method, &operation.target("x", &format!("{query}={raw}")));
                assert_no_failure(ask, || format!("{} {query}: {raw}", operation.name)).await;
            }
            queries += 1;
        }
    }
    assert!(queries >= 30, "{queries}");
}

async fn an_odd_header_causes_no_5xx(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let place = format!("/credentials/{}", api.create_token("acme").await);
    let long = "x".repeat(8000);
    for value in ["", " ", "\t", "é", "\u{fffd}", "\"9 9\"", "a b", "*, *", &long] {
        for name in ["if-match", "idempotency-key"] {
            let reply = api.request("POST", &format!("{place}/reset")).header(name, value).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{name}: {value}");
        }
        for name in ["x-forwarded-for", "accept", "accept-encoding", "x-request-id", "origin-agent-cluster", "range"] {
            let reply = api.request("GET", &place).header(name, value).send().await;
            assert_eq!(reply.status, 200, "{name}: {value}");
            assert_ne!(reply.header("x-request-id"), value);
        }
        for name in ["authorization", "cookie"] {
            let reply = api.request("GET", &place).from("192.0.2.1").header(name, value).send().await;
            assert_eq!(reply.code(), "unauthenticated", "{name}: {value}");
        }
        let cookie = format!("__Host-claviger={value}");
        let reply = api.request("GET", &place).from("192.0.2.1").header("cookie", &cookie).send().await;
        assert_eq!(reply.code(), "unauthenticated", "{cookie}");
    }
    assert_eq!(api.get(&place).await.body["revision"], 1);
}

async fn a_text_that_json_cannot_hold_is_refused(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let bodies: [&[u8]; 6] = [
        br#"{"name": "\ud800"}"#,
        br#"{"name": "\udc00\ud800"}"#,
        b"{\"name\": \"\xff\"}",
        b"{\"name\": \"\xed\xa0\x80\"}",
        b"{\"name\": \"a\0b\"}",
        b"\xef\xbb\xbf{\"name\": \"a\"}",
    ];
    for body in bodies {
        let reply = api.request("POST", "/accounts").header("content-type", "application/json").body(body).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{body:?}");
    }
}
