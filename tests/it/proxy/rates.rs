//! How often a credential may call, through the listener.

use std::time::Duration;

use crate::support::{Gate, PASSWORD, RecordingApi, Reply, Request, TOKEN, credentials, digest};

/// The usual credentials, the first of them with a limit of its own.
fn limited(own: &str) -> String {
    credentials().replacen("account: acme, token", &format!("account: acme, rate_limit: {own}, token"), 1)
}

fn rate_fields(reply: &Reply) -> (u16, Vec<&str>, Vec<&str>) {
    (reply.status, reply.all("ratelimit-policy"), reply.all("ratelimit"))
}

#[test]
fn request_over_the_rate_limit_is_429_with_retry_after() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("rate_limit: {requests: 2, per: 1h}").start();
    let call = || gate.send(&Request::get("/x").bearer(TOKEN));
    let (first, second, third) = (call(), call(), call());
    let policy = vec!["\"default\";q=2;w=3600"];
    assert_eq!(rate_fields(&first), (200, policy.clone(), vec!["\"default\";r=1;t=1800"]));
    assert_eq!(rate_fields(&second), (200, policy.clone(), vec!["\"default\";r=0;t=3600"]));
    assert_eq!((rate_fields(&third).0, rate_fields(&third).1, third.code().as_str()), (429, policy, "rate_limited"));
    let wait: u32 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((1795..=1800).contains(&wait), "{wait}");
    assert!(rate_fields(&third).2[0].starts_with("\"default\";r=0;t="), "{third:?}");
    assert!(third.all("www-authenticate").is_empty());
    assert_eq!(api.seen().len(), 2);
    let refused = "claviger_auth_requests_total{decision=\"deny\",reason=\"rate_limited\",scheme=\"bearer\"}";
    assert_eq!(gate.metric(refused), 1.0);
    let line = &gate.access_log(3)[2];
    assert_eq!((line["code"].as_str(), line["credential"].as_str()), (Some("rate_limited"), Some("acme-billing")));
}

#[test]
fn a_request_passes_again_once_the_time_has_come() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("rate_limit: {requests: 1, per: 1s}").start();
    let call = || gate.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(call().status, 200);
    let refused = call();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(call().status, 200);
}

#[test]
fn each_credential_is_counted_by_itself_whatever_way_it_comes() {
    let api = RecordingApi::start();
    let settings = "rate_limit: {requests: 100, per: 1h, burst: 2}";
    let gate = Gate::before(api.url()).settings(settings).credentials(&limited("{requests: 1, per: 24h}")).start();
    let status = |request: Request| gate.send(&request).status;
    assert_eq!(status(Request::get("/x").bearer(TOKEN)), 200);
    assert_eq!(status(Request::get("/x").header("X-API-Key", TOKEN)), 429);
    // A pair is limited too: hashed at first, then remembered.
    let pair = || Request::get("/x").basic("acme", PASSWORD);
    assert_eq!([status(pair()), status(pair()), status(pair())], [200, 200, 429]);
}

#[test]
fn credential_without_a_limit_gets_no_rate_headers() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).credentials(&limited("{requests: 1, per: 24h}")).start();
    let mut connection = gate.connect();
    for _ in 0..50 {
        let reply = connection.send(&Request::get("/x").basic("acme", PASSWORD));
        assert_eq!(rate_fields(&reply), (200, vec![], vec![]));
    }
}

#[test]
fn only_requests_that_would_pass_are_counted() {
    let api = RecordingApi::start();
    let set = credentials().replacen("account: acme, token", "account: acme, scopes: [pay], token", 1);
    let settings = "rate_limit: {requests: 1, per: 1h}\nscopes: {pay: [{path: /payments}]}\npublic: [{path: /events}]";
    let gate = Gate::before(api.url()).settings(settings).credentials(&set).start();
    for target in ["/refunds", "//x", "/events"] {
        let reply = gate.send(&Request::get(target).bearer(TOKEN));
        assert!(reply.status != 429 && reply.all("ratelimit").is_empty(), "{target} {reply:?}");
    }
    assert_eq!(gate.send(&Request::get("/payments").bearer(TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::get("/payments").bearer(TOKEN)).status, 429);
}

#[test]
fn reload_keeps_counts_and_applies_new_limits() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).credentials(&limited("{requests: 2, per: 1h}")).start();
    let call = || gate.send(&Request::get("/x").bearer(TOKEN)).status;
    assert_eq!([call(), call(), call()], [200, 200, 429]);
    let more = format!("  - {{id: more, account: acme, token: '{}'}}\n", digest("more"));
    gate.replace_credentials(&(limited("{requests: 2, per: 1h}") + more.as_str()));
    assert_eq!(call(), 429);
    gate.replace_credentials(&limited("{requests: 2, per: 1h, burst: 4}"));
    assert_eq!([call(), call(), call()], [200, 200, 429]);
    gate.replace_credentials(&credentials());
    assert_eq!(call(), 200);
}

#[test]
fn the_fields_stand_on_every_answer_of_a_limited_credential_beside_those_of_the_api() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("rate_limit: {requests: 60, per: 1m}").start();
    let reply = gate.send(&Request::get("/status/404").bearer(TOKEN));
    assert_eq!(rate_fields(&reply), (404, vec!["\"default\";q=60;w=60"], vec!["\"default\";r=59;t=1"]));
    let down = Gate::before("http://127.0.0.1:1").settings("rate_limit: {requests: 60, per: 1m}").start();
    let reply = down.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(rate_fields(&reply), (502, vec!["\"default\";q=60;w=60"], vec!["\"default\";r=59;t=1"]));

    let head = "HTTP/1.1 200 OK\r\nRateLimit: \"api\";r=7\r\nContent-Length: 0\r\n\r\n";
    let scripted = crate::support::ScriptedApi::start(move |exchange| exchange.write(head.as_bytes()));
    let gate = Gate::before(scripted.url()).settings("rate_limit: {requests: 60, per: 1m}").start();
    let reply = gate.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(reply.all("ratelimit"), ["\"api\";r=7", "\"default\";r=59;t=1"]);
}

#[test]
fn a_limit_that_cannot_be_counted_is_refused_in_both_files() {
    use crate::support::Run;
    let folder = tempfile::TempDir::new().unwrap();
    let validate = |limit: &str, own: &str| {
        let settings = format!(
            "proxy: {{upstream: http://127.0.0.1:9}}\ncredentials: {{file: credentials.yaml}}\nrate_limit: {limit}\n"
        );
        std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
        std::fs::write(folder.path().join("credentials.yaml"), limited(own)).unwrap();
        Run::within(folder.path(), &["config", "validate"]).end().stderr
    };
    let good = "{requests: 1, per: 1m}";
    for (limit, path, problem) in [
        ("{requests: 0, per: 1m}", "requests", "must be"),
        ("{requests: 1, per: 500ms}", "per", "must be whole seconds"),
        ("{requests: 1, per: 1500ms}", "per", "must be whole seconds"),
        ("{requests: 1, per: 90000h}", "per", "must be whole seconds"),
        ("{requests: 1, per: 1m, burst: 0}", "burst", "must be"),
        ("{requests: 1, per: 1m, brust: 1}", "brust", "is not a known key; did you mean burst?"),
    ] {
        for (prefix, stderr) in
            [("rate_limit", validate(limit, good)), ("credentials[0].rate_limit", validate(good, limit))]
        {
            let expected = format!("  {prefix}.{path}  {problem}");
            assert!(stderr.contains(&expected), "{limit}: {stderr}");
        }
    }
    let empty = validate("null", "null");
    assert!(empty.contains("  rate_limit  is empty; give it a value"), "{empty}");
}
