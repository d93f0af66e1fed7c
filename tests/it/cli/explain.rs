//! `claviger explain`: the decisions of the gate as text.

use tempfile::TempDir;

use crate::support::{Ended, Run, digest};

const SETTINGS: &str = "proxy: {listen: 127.0.0.1:0, upstream: http://127.0.0.1:9, upgrades: [{path: /chat}]}
credentials: {file: credentials.yaml}
versions:
  read_from: {path: \"/v{version}/\", header: X-API-Version}
  known:
    - {name: \"1\", retired_on: 2020-01-01}
    - {name: \"2\"}
    - {name: \"3\"}
scopes:
  pay: [{methods: [POST], path: /payments}]
public: [{methods: [GET], path: /events}]
paths: [{path: /queues, allow: [encoded_slash, empty_segment]}]
cors: {origins: [https://app.example.org]}
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let one = |id: &str, rest: &str| format!("  - {{id: {id}, account: acme, token: '{}', {rest}}}\n", digest(id));
    let credentials = [
        "credentials:\n".to_owned(),
        one("good", "version: '2'"),
        one("disabled", "version: '2', enabled: false"),
        one("expiring", "version: '2', expires_at: 2030-01-01T00:00:00Z"),
        one("old", "version: '1'"),
        one("payer", "version: '2', scopes: [pay]"),
        one("elsewhere", "version: '2', addresses: [192.0.2.0/24]"),
        one("off", "version: '2'").replace("acme", "gone"),
        "accounts: [{id: gone, access: false}]\n".to_owned(),
    ];
    std::fs::write(folder.path().join("claviger.yaml"), SETTINGS).unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials.concat()).unwrap();
    folder
}

fn explain(arguments: &[&str]) -> Ended {
    let folder = folder();
    Run::within(folder.path(), &[&["explain"], arguments].concat()).end()
}

#[test]
fn an_admitted_request_is_shown_with_every_check() {
    let ended = explain(&["payer", "POST", "/v2/payments/7", "--from", "10.1.2.3"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ended.stdout, @r#"
    POST /v2/payments/7 as payer: admitted

      enabled  ok       enabled
      account  ok       API access of acme is on
      expiry   ok       never expires
      address  ok       10.1.2.3; any address is allowed
      version  ok       request names 2; pinned to 2
      scopes   ok       POST /payments/7; holds pay
    "#);
}

#[test]
fn the_first_failing_check_decides_and_all_are_shown() {
    let ended = explain(&["expiring", "GET /x", "-H", "X-API-Version:1", "--at", "2031-01-01T00:00:00Z"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stdout, @r"
    GET /x as expiring: refused, credential_expired (401)
    The credential has expired.

      enabled  ok       enabled
      account  ok       API access of acme is on
      expiry   refused  expires at 2030-01-01T00:00:00Z
      address  ok       127.0.0.1; any address is allowed
      version  refused  request names 1; pinned to 2
      scopes   ok       GET /x; holds everything
    ");
}

#[test]
fn each_check_fails_with_the_code_of_the_gate() {
    let cases: [(&[&str], &str, &str); 9] = [
        (&["disabled", "GET", "/v2/x"], "credential_disabled (401)", "enabled  refused"),
        (&["off", "GET", "/v2/x"], "access_off (403)", "account  refused"),
        (&["expiring", "GET", "/v2/x", "--at", "2030-01-01T00:00:00Z"], "credential_expired (401)", "expiry   refused"),
        (&["elsewhere", "GET", "/v2/x", "--from", "10.1.2.3"], "address_not_allowed (403)", "address  refused"),
        (&["good", "GET", "/v3/x"], "version_not_allowed (403)", "version  refused"),
        (&["good", "GET", "/v9/x"], "version_unknown (400)", "version  refused"),
        (&["old", "GET", "/v1/x"], "version_retired (410)", "version  refused"),
        (&["payer", "GET", "/v2/payments"], "scope_insufficient (403)", "scopes   refused"),
        (&["payer", "POST", "/v2/paymentsx"], "scope_insufficient (403)", "scopes   refused"),
    ];
    for (arguments, verdict, check) in cases {
        let ended = explain(arguments);
        assert_eq!(ended.code, 1, "{arguments:?}");
        assert!(ended.stdout.lines().next().unwrap().ends_with(&format!("refused, {verdict}")), "{}", ended.stdout);
        assert!(ended.stdout.contains(check), "{}", ended.stdout);
    }
}

#[test]
fn values_at_the_limit_are_admitted() {
    let cases: [&[&str]; 4] = [
        &["expiring", "GET", "/v2/x", "--at", "2029-12-31T23:59:59Z"],
        &["elsewhere", "GET", "/v2/x", "--from", "192.0.2.255"],
        &["elsewhere", "GET", "/v2/x", "--from", "::ffff:192.0.2.1"],
        &["good", "GET /x HTTP/1.1", "-H", "X-API-Version: 2"],
    ];
    for arguments in cases {
        let ended = explain(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}\n{}", ended.stdout);
    }
}

#[test]
fn an_ambiguous_request_is_refused_before_any_check() {
    for (arguments, why) in [
        (&["good", "GET", "/v2//x"][..], "The path contains an empty segment (//)."),
        (&["good", "GET", "/v2/%2e%2e/x"], "The path contains an encoded letter"),
        (&["good", "GET", "http://api.example.org/v2/x"], "must be a path that begins with /"),
        (&["good", "GET", "/v2/x", "-H", "X-API-Version:3"], "different versions"),
    ] {
        let ended = explain(arguments);
        assert_eq!(ended.code, 1, "{arguments:?}");
        assert!(ended.stdout.contains("refused, request_ambiguous (400)"), "{}", ended.stdout);
        assert!(ended.stdout.contains(why) && !ended.stdout.contains("enabled "), "{}", ended.stdout);
    }
}

#[test]
fn spellings_of_paths_are_admitted_as_at_the_gate() {
    for (target, code) in
        [("/v2/queues/%2F//x", 0), ("/queues/%2F", 0), ("/v2/queues/100%25", 1), ("/v2/queues%2Fx", 1)]
    {
        let ended = explain(&["good", "GET", target]);
        assert_eq!(ended.code, code, "{target}\n{}", ended.stdout);
        assert_eq!(ended.stdout.contains("request_ambiguous (400)"), code == 1, "{}", ended.stdout);
    }
}

#[test]
fn a_preflight_is_answered_by_the_gate() {
    let ask = |origin: &str| {
        explain(&["disabled", "OPTIONS", "/v2/x", "-H", origin, "-H", "Access-Control-Request-Method: GET"])
    };
    let ended = ask("Origin: https://app.example.org");
    let report = "OPTIONS /v2/x as disabled: answered by the gate, as a preflight of an allowed origin\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, report));
    let ended = ask("Origin: https://evil.example");
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("refused, origin_not_allowed (403)"), "{}", ended.stdout);
    let ended = explain(&["good", "OPTIONS", "/v2/x", "-H", "Origin: https://evil.example"]);
    assert_eq!(ended.code, 0, "not a preflight: {}", ended.stdout);
}

#[test]
fn a_public_route_needs_no_credential_but_a_live_version() {
    let ended = explain(&["disabled", "GET", "/events"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "GET /events as disabled: admitted, the route is public\n"));
    let ended = explain(&["good", "GET", "/v1/events"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("refused, version_retired (410)"), "{}", ended.stdout);
}

#[test]
fn invalid_arguments_are_reported() {
    let cases: [(&[&str], &str); 5] = [
        (&["stranger", "GET", "/x"], "claviger: no credential has the id stranger\n"),
        (&["good", "GET"], "claviger: the request lacks a target, such as /v2/payments\n"),
        (&["good", "G T", "/x", "-H", "nonsense"], "claviger: a header is written as NAME:VALUE\n"),
        (&["good", "(", "/x"], "claviger: the method cannot be read: invalid HTTP method\n"),
        (&["good", "GET", "/x", "-H", "a b:c"], "claviger: a b is not a header name: invalid HTTP header name\n"),
    ];
    for (arguments, problem) in cases {
        let ended = explain(arguments);
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (1, "", problem), "{arguments:?}");
    }
}

#[test]
fn control_characters_are_escaped() {
    let ended = explain(&["good", "GET", "/v2/\u{1b}[2J"]);
    assert_eq!(ended.code, 1);
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}

#[test]
fn a_websocket_is_checked_against_proxy_upgrades() {
    let ask = |target: &str| explain(&["good", "GET", target, "--header", "Upgrade:websocket"]);
    let ended = ask("/v2/x");
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.starts_with("GET /v2/x as good: refused, upgrade_not_allowed (403)"), "{}", ended.stdout);
    assert_eq!(ask("/v2/chat/room").code, 0);
    assert!(ask("/v3/x").stdout.contains("version_not_allowed"));
}
