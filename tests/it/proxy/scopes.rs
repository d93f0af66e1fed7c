//! What a credential may call, by method and path.

use crate::support::{Gate, RecordingApi, Request, digest};

const SETTINGS: &str = "versions:
  read_from: {path: \"/v{version}/\"}
  known: [{name: \"1\"}]
scopes:
  \"payments:read\": [{methods: [GET], path: /payments}]
  \"payments:write\": [{methods: [POST, DELETE], path: /payments}]
  reports: [{path: /reports}, {methods: [GET], path: /figures/year}]
";

fn credential(id: &str, scopes: &str) -> String {
    format!("  - {{id: {id}, account: acme, version: '1', token: '{}'{scopes}}}\n", digest(id))
}

#[test]
fn scopes_open_methods_on_whole_segments_of_the_path_after_the_version() {
    let api = RecordingApi::start();
    let set = [
        "credentials:\n".to_owned(),
        credential("all", ""),
        credential("reader", ", scopes: ['payments:read']"),
        credential("writer", ", scopes: ['payments:write']"),
        credential("both", ", scopes: ['payments:read', 'payments:write']"),
        credential("reporter", ", scopes: [reports]"),
    ];
    let gate = Gate::before(api.url()).settings(SETTINGS).credentials(&set.concat()).start();
    let cases = [
        ("all", "PATCH", "/v1/anything", true),
        ("reader", "GET", "/v1/payments", true),
        ("reader", "HEAD", "/v1/payments", true),
        ("reader", "GET", "/v1/payments/7/lines", true),
        ("reader", "GET", "/payments", true),
        ("reader", "GET", "/v1/payments?method=POST", true),
        ("reader", "POST", "/v1/payments", false),
        ("reader", "get", "/v1/payments", false),
        ("reader", "GET", "/v1/paymentsx", false),
        ("reader", "GET", "/v1/Payments", false),
        ("reader", "GET", "/v1/x/payments", false),
        ("reader", "GET", "/v1/", false),
        ("writer", "POST", "/v1/payments", true),
        ("writer", "DELETE", "/v1/payments/7", true),
        ("writer", "GET", "/v1/payments", false),
        ("writer", "PUT", "/v1/payments", false),
        ("both", "GET", "/v1/payments", true),
        ("both", "POST", "/v1/payments", true),
        ("reporter", "PUT", "/v1/reports/2026", true),
        ("reporter", "GET", "/v1/figures/year/2026", true),
        ("reporter", "GET", "/v1/figures", false),
        ("reporter", "GET", "/v1/figures/yearly", false),
    ];
    for (id, method, target, is_open) in cases {
        let before = api.seen().len();
        let reply = gate.send(&Request::new(method, target).bearer(id));
        let arrived = api.seen().len() - before;
        let expected = if is_open { (200, 1) } else { (403, 0) };
        assert_eq!((reply.status, arrived), expected, "{id} {method} {target} {}", reply.text());
        if !is_open && method != "HEAD" {
            assert_eq!(reply.code(), "scope_insufficient");
            assert_eq!(reply.all("www-authenticate"), ["Bearer realm=\"api\", error=\"insufficient_scope\""]);
        }
    }
}

#[test]
fn a_second_method_in_a_header_is_refused_where_rules_look_at_methods() {
    let api = RecordingApi::start();
    let set = ["credentials:\n".to_owned(), credential("writer", ", scopes: ['payments:write']")].concat();
    let gate = Gate::before(api.url()).settings(SETTINGS).credentials(&set).start();
    for name in ["X-HTTP-Method-Override", "x_http_method_override", "X-HTTP-Method", "X.Method-Override"] {
        let reply = gate.send(&Request::new("POST", "/payments").bearer("writer").header(name, "PUT"));
        assert_eq!(reply.code(), "request_ambiguous", "{name}");
    }
    assert_eq!(api.seen().len(), 0);
    let open = Gate::before(api.url()).start();
    let request = Request::new("POST", "/x").bearer(crate::support::TOKEN).header("X-HTTP-Method-Override", "PUT");
    assert_eq!(open.send(&request).status, 200);
}
