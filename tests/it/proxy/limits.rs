//! How much a caller may ask for. What is over a limit never reaches the API.

use crate::support::{Gate, PASSWORD, RecordingApi, Reply, Request, TOKEN};

/// What a header takes beside its name and its value.
const FIELD_BYTES: usize = 104;

/// A request whose headers and target are this large, however they are put together.
fn request_of(bytes: usize, target: &str) -> Request {
    let request = Request::get(target).bearer(TOKEN);
    let fields = 3 * FIELD_BYTES;
    let fixed = "hostapi.example.orgauthorizationBearer x-pad".len() + TOKEN.len() + target.len() + fields;
    request.header("X-Pad", "a".repeat(bytes - fixed))
}

fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

#[test]
fn headers_over_the_limit_are_431_before_any_credential_is_looked_at() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    assert_eq!(gate.send(&request_of(32 * 1024, "/x")).status, 200);
    let long = format!("/{}", "x".repeat(20_000));
    assert_eq!(gate.send(&request_of(32 * 1024, &long)).status, 200);
    let padding = "a".repeat(33_000);
    let too_large = [
        request_of(32 * 1024 + 1, "/x"),
        request_of(32 * 1024 + 1, &long),
        Request::get(&format!("/{padding}")).bearer(TOKEN),
        Request::get("/x").basic("acme", PASSWORD).header("X-Pad", &padding),
        Request::get("/x").header("X-Pad", &padding),
        Request::get("/x").bearer(TOKEN).header(&padding, "x"),
        Request::new("POST", "/x").bearer(TOKEN).header("Cookie", &padding).body("hello"),
        (0..200).fold(Request::get("/x").bearer(TOKEN), |request, number| {
            request.header(&format!("X-{number}"), "a".repeat(170))
        }),
    ];
    for request in &too_large {
        let mut connection = gate.connect();
        let reply = connection.send(request);
        assert_eq!(refused(&reply), (431, "headers_too_large".into()));
        assert!(reply.all("www-authenticate").is_empty());
        assert!(connection.is_closed());
    }
    assert_eq!(api.seen().len(), 2);
    let log = gate.access_log(2 + too_large.len());
    assert!(log[2..].iter().all(|line| line["code"] == "headers_too_large" && line["credential"].is_null()));
    assert_eq!(gate.metric("claviger_password_hash_duration_seconds_count"), 0.0);
}

#[test]
fn limits_change_without_a_restart() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    gate.rename_over(&gate.settings_file(), &format!("{settings}limits: {{header_bytes: 2048}}\n"));
    crate::support::eventually("the limit is in force", || gate.reloads("success") > 1.0);
    assert_eq!(gate.send(&request_of(2048, "/x")).status, 200);
    assert_eq!(gate.send(&request_of(2049, "/x")).status, 431);
}

#[test]
fn headers_over_the_limit_are_431_over_http_2_and_the_other_streams_go_on() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    claviger::server::install_crypto();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
        let get = |bytes: usize| {
            let request = client.get(format!("http://{}/x", gate.address)).bearer_auth(TOKEN);
            request.header("x-pad", "a".repeat(bytes)).send()
        };
        assert_eq!(get(30_000).await.unwrap().status(), 200);
        let answer = get(33_000).await.unwrap();
        assert_eq!(
            (answer.status(), answer.version()),
            (reqwest::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, reqwest::Version::HTTP_2)
        );
        assert!(answer.text().await.unwrap().contains("headers_too_large"));
        // Not kept in memory only to be refused with more words.
        let answer = get(70_000).await;
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 431));
        assert_eq!(get(10).await.unwrap().status(), 200);
    });
    assert_eq!(api.seen().len(), 2);
}
