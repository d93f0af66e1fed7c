//! HTTP/2 towards callers, with and without TLS, and towards the API.

use futures_util::future::join_all;
use reqwest::{Client, ClientBuilder, Version};

use crate::support::{Authority, Gate, Http2Api, PASSWORD, RecordingApi, Request, TOKEN};

const HTTP2_UPSTREAM: &str = "  upstream_protocol: http2";
const STREAMS: usize = 200;

fn client() -> ClientBuilder {
    claviger::server::install_crypto();
    Client::builder().no_proxy()
}

/// By prior knowledge, as sidecars and gRPC clients speak it.
fn without_tls() -> Client {
    client().http2_prior_knowledge().build().unwrap()
}

fn url(gate: &Gate, target: &str) -> String {
    format!("http://{}{target}", gate.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn alpn_selects_the_protocol() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    for (builder, version) in [(client(), Version::HTTP_2), (client().http1_only(), Version::HTTP_11)] {
        let client = builder.tls_certs_only([root.clone()]).build().unwrap();
        let answer = client.get(format!("https://{}/x", gate.address)).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
        let seen = api.last();
        assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
        assert_eq!(seen.header("host"), Some(gate.address.to_string().as_str()));
        assert_eq!(seen.header("x-claviger-credential"), Some("acme-billing"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_stream_is_decided_separately() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let before = |url: &str| Gate::before(url).settings("throttle: {enabled: false}");
    let gates = [before(one.url()).start(), before(two.url()).proxy(HTTP2_UPSTREAM).start()];
    for gate in &gates {
        let client = without_tls();
        let warm = client.get(url(gate, "/warm")).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(warm.version(), Version::HTTP_2);
        let requests = (0..STREAMS).map(|number| {
            let request = client.post(url(gate, &format!("/{number}"))).body("hello");
            let request = match number % 4 {
                0 => request,
                1 => request.bearer_auth("wrong"),
                2 => request.basic_auth("acme", Some(PASSWORD)),
                _ => request.bearer_auth(TOKEN),
            };
            async move {
                let answer = request.send().await.unwrap();
                (number, answer.status().as_u16(), answer.text().await.unwrap())
            }
        });
        for (number, status, text) in join_all(requests).await {
            let expected = ["credential_missing", "credential_invalid"].get(number % 4);
            match expected {
                Some(code) => assert!(status == 401 && text.contains(code), "{number} {status} {text}"),
                None => assert_eq!(status, 200, "{number} {text}"),
            }
        }
    }
    assert_eq!((one.seen().len(), two.seen().len()), (STREAMS / 2 + 1, STREAMS / 2 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_of_http_2_sees_identity_and_no_credential() {
    let api = Http2Api::start();
    let gate = Gate::before(api.url()).proxy(HTTP2_UPSTREAM).start();
    let client = without_tls();
    let request = client.get(url(&gate, "/x?a=%2F&b")).bearer_auth(TOKEN);
    let forged = request.header("x-claviger-credential", "forged").header("x_claviger_account", "forged");
    assert_eq!(forged.header("x-custom", "kept").send().await.unwrap().status(), 200);
    let head = &api.seen()[0].head;
    assert_eq!(head.version, http::Version::HTTP_2);
    assert_eq!(head.uri.path_and_query().unwrap(), "/x?a=%2F&b");
    assert_eq!(head.uri.authority().unwrap().as_str(), gate.address.to_string());
    let value = |name: &str| head.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(value("x-claviger-credential"), ["acme-billing"]);
    assert_eq!(value("x-claviger-account"), ["acme"]);
    assert_eq!(value("x-custom"), ["kept"]);
    assert_eq!(value("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(value("x-forwarded-host"), [gate.address.to_string()]);
    assert!(value("authorization").is_empty() && value("x_claviger_account").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_query_is_taken_out_of_http_2_too() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let accept = "accept: {api_key: {query: api_key}}";
    let gates = [
        Gate::before(one.url()).settings(accept).start(),
        Gate::before(two.url()).settings(accept).proxy(HTTP2_UPSTREAM).start(),
    ];
    for gate in &gates {
        let target = format!("/x?a=1&api_key={TOKEN}&b=2");
        let answer = without_tls().get(url(gate, &target)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        let answer = gate.send(&Request::get(&target));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(one.seen().iter().all(|seen| seen.line() == "GET /x?a=1&b=2 HTTP/1.1"));
    let host = gates[0].address.to_string();
    assert_eq!(
        [0, 1].map(|at| one.seen()[at].header("x-forwarded-host").map(str::to_owned)),
        [Some(host), Some("api.example.org".into())]
    );
    for (seen, host) in two.seen().iter().zip([gates[1].address.to_string(), "api.example.org".into()]) {
        assert_eq!(seen.head.uri.path_and_query().unwrap(), "/x?a=1&b=2");
        assert_eq!(seen.head.uri.authority().unwrap().as_str(), host);
        assert_eq!(seen.head.headers["x-forwarded-host"], host.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_arrive_intact_over_http_2() {
    let api = Http2Api::start();
    let gate = Gate::before(api.url()).proxy(HTTP2_UPSTREAM).start();
    let body: Vec<u8> =
        (0..5_000_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let answer = without_tls().put(url(&gate, "/x")).bearer_auth(TOKEN).body(body.clone()).send().await.unwrap();
    assert!(answer.status() == 200 && answer.bytes().await.unwrap() == body);
    let answer = gate.connect().send(&Request::new("PUT", "/x").bearer(TOKEN).body(&body));
    assert!(answer.status == 200 && answer.body == body);
}

/// pingora hears no 100 from an API of HTTP/2: a caller that waits for one would wait in vain.
#[test]
fn a_body_that_waits_for_a_go_ahead_is_sent_to_an_api_of_http_2_too() {
    let api = Http2Api::start();
    let gate = Gate::before(api.url()).proxy(HTTP2_UPSTREAM).start();
    let waiting = Request::new("POST", "/x").header("Content-Length", "5").header("Expect", "100-continue");
    let mut connection = gate.connect();
    connection.write(&waiting.clone().bearer(TOKEN).bytes());
    assert_eq!(connection.any_reply(false).expect("a go-ahead").status, 100);
    connection.write(b"hello");
    let reply = connection.reply(false).unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
    // A refused request gets no 100.
    let mut connection = gate.connect();
    connection.write(&waiting.bytes());
    assert_eq!(connection.any_reply(false).unwrap().status, 401);
    assert_eq!(api.seen().len(), 1);
}

/// HTTP/2 may send cookies one by one (RFC 9113, 8.2.3); an API of HTTP/1 would join them with a comma.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_that_come_one_by_one_arrive_as_one_header() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let request =
        without_tls().get(url(&gate, "/x")).bearer_auth(TOKEN).header("cookie", "a=1").header("cookie", "b=2");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(api.last().header("cookie"), Some("a=1; b=2"));
}
