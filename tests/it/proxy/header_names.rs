//! `proxy.header_names: lowercase`: nothing of a request changes but the spelling of names.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{
    Exchange, Gate, GateBuilder, Http2Api, RecordingApi, Reply, Request, ScriptedApi, Seen, TOKEN, digest, eventually,
    with_each,
};

const LOWERCASE: &str = "  header_names: lowercase";
const TRUSTING: &str = "  trusted_proxies: [127.0.0.0/8]";
/// The names that pingora writes itself.
const CAPITALISED: [&str; 12] = [
    "Accept-Ranges",
    "Age",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "Date",
    "Host",
    "Server",
    "Set-Cookie",
    "Transfer-Encoding",
];

fn gates(upstream: &str, build: impl Fn(GateBuilder) -> GateBuilder) -> [Gate; 2] {
    let build = || build(Gate::before(upstream));
    [build().start(), build().proxy(LOWERCASE).start()]
}

/// Without the id of the request, which differs.
fn head(seen: &Seen, spelling: impl Fn(&str) -> String) -> Vec<String> {
    let (line, fields) = seen.head.split_first().unwrap();
    let fields = fields.iter().map(|field| field.split_once(':').unwrap());
    let fields = fields.filter(|(name, _)| !name.eq_ignore_ascii_case("X-Claviger-Request-Id"));
    [line.clone()].into_iter().chain(fields.map(|(name, value)| format!("{}:{value}", spelling(name)))).collect()
}

fn lower(name: &str) -> String {
    if CAPITALISED.contains(&name) { name.to_owned() } else { name.to_lowercase() }
}

fn requests() -> Vec<Request> {
    let plain = || Request::get("/x?y=%20&Z").bearer(TOKEN);
    vec![
        plain(),
        plain().header("X-Custom", "1").header("Accept", "text/HTML").header("x-CUSTOM", "2").header("X-Custom", "3"),
        plain().header("Connection", "X-Gone, keep-alive").header("X-Gone", "1").header("Keep-Alive", "timeout=5"),
        plain().header("Accept-Ranges", "none").header("Age", "1").header("Server", "x").header("Set-Cookie", "a=b"),
        plain().header("TE", "trailers").header("Proxy-Connection", "close"),
        plain().header("X-API-Version", "1").header("X_API_Version", "9").header("X-Claviger-Account", "forged"),
        plain()
            .header("X-Forwarded-For", "203.0.113.9")
            .header("X-Forwarded-For", "10.0.0.1")
            .header("Forwarded", "for=x"),
        plain().header("Cookie", "a=1").header("Cookie", "b=2").header("Empty", "").header("X-Latin", "caf\u{e9}"),
        plain()
            .header("Content-Type", "text/plain")
            .header("CONTENT-encoding", "identity")
            .header("Cache-Control", "no-store"),
        Request::new("POST", "/x").bearer(TOKEN).body("hello"),
        Request::new("PUT", "/status/404").header("X-API-Key", TOKEN).header("Expect", "100-continue").body("hello"),
        Request::new("OPTIONS", "/x").bearer(TOKEN).host("other.example:81"),
        Request::get("/x?api_key=gone&b").header("X-API-Key", TOKEN).header("traceparent", "junk"),
    ]
}

#[test]
fn only_the_spelling_of_names_changes() {
    let api = RecordingApi::start();
    let set = format!("credentials:\n  - {{id: a, account: b, version: '1', token: '{}'}}\n", digest(TOKEN));
    let versions = "versions: {read_from: {header: X-API-Version}, known: [{name: '1'}]}";
    for more in ["", TRUSTING] {
        let [as_sent, lowercase] = gates(api.url(), |gate| gate.proxy(more).settings(versions).credentials(&set));
        for request in requests() {
            let outcome = |gate: &Gate| -> (Reply, Option<Seen>) {
                let before = api.seen().len();
                let reply = gate.send(&request);
                (reply, api.seen().into_iter().nth(before))
            };
            let ((reply, sent), (lower_reply, lowered)) = (outcome(&as_sent), outcome(&lowercase));
            assert_eq!(reply.status, lower_reply.status, "{request:?}");
            let names = |reply: &Reply| reply.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&reply), names(&lower_reply), "{request:?}");
            let (Some(sent), Some(lowered)) = (sent, lowered) else { panic!("{request:?}: {}", reply.text()) };
            assert_eq!(sent.body, lowered.body, "{request:?}");
            let is_trace = |field: &String| !field.to_lowercase().starts_with("traceparent");
            let comparable = |seen: &Seen, spelling: fn(&str) -> String| -> Vec<String> {
                head(seen, spelling).into_iter().filter(is_trace).collect()
            };
            assert_eq!(comparable(&lowered, str::to_owned), comparable(&lowered, lower), "{request:?}");
            let all_lower = |seen: &Seen| comparable(seen, str::to_lowercase);
            assert_eq!(all_lower(&sent), all_lower(&lowered), "{request:?}");
        }
    }
}

#[test]
fn trailers_and_chunks_are_forwarded_alike() {
    let api = RecordingApi::start();
    let heads = gates(api.url(), |gate| gate).map(|gate| {
        let mut connection = gate.connect();
        let request = Request::new("POST", "/x").bearer(TOKEN).header("Transfer-Encoding", "chunked");
        connection.write(&request.header("Trailer", "X-Claviger-Account").bytes());
        connection.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\nX-Claviger-Account: forged\r\n\r\n");
        assert_eq!(connection.reply(false).unwrap().status, 200);
        // The connections, to the gate and to the API, are still in step.
        assert_eq!(connection.send(&Request::get("/next").bearer(TOKEN)).status, 200);
        let seen = api.seen();
        let [.., chunked, next] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!((&chunked.body[..], next.line()), (&b"hello world"[..], "GET /next HTTP/1.1"));
        assert!(!format!("{seen:?}").contains("forged"));
        head(chunked, str::to_lowercase)
    });
    assert_eq!(heads[0], heads[1]);
}

/// Whichever protocol the caller speaks.
#[test]
fn callers_of_every_protocol_are_identified() {
    let api = RecordingApi::start();
    with_each(
        || Gate::before(api.url()).proxy(LOWERCASE),
        async |caller| {
            let uri = if caller.protocol.is_http2() { "http://api.example.org/x" } else { "/x" };
            let request =
                http::Request::get(uri).header("Host", "api.example.org").header("X-Claviger-Scopes", "forged");
            let request =
                request.header("Authorization", format!("Bearer {TOKEN}")).header("X-Claviger-Account", "forged");
            let answer = caller.send(request).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, "{}"), "{:?}", caller.protocol);
            let seen = api.last();
            assert_eq!(seen.header("x-claviger-account"), Some("acme"), "{:?}", caller.protocol);
            assert_eq!(seen.header("host"), Some("api.example.org"), "{:?}", caller.protocol);
            assert_eq!(seen.header("x-forwarded-host"), Some("api.example.org"), "{:?}", caller.protocol);
            assert!(seen.head.contains(&"x-claviger-account: acme".to_owned()), "{seen:?}");
            assert!(!format!("{seen:?}").contains("forged"), "{seen:?}");
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_upstream_is_unaffected() {
    let api = Http2Api::start();
    let mut fields = Vec::new();
    for gate in gates(api.url(), |gate| gate.proxy("  upstream_protocol: http2")) {
        let request = Request::new("POST", "/x?y").bearer(TOKEN).header("X-Custom", "1").header("x-custom", "2");
        let reply = tokio::task::spawn_blocking(move || gate.send(&request.body("hello"))).await.unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
        let arrived = api.seen().pop().unwrap();
        let mut headers = arrived.head.headers.clone();
        assert!(headers.remove("x-claviger-request-id").is_some());
        fields.push((arrived.head.uri.clone(), arrived.body.clone(), format!("{headers:?}")));
    }
    assert_eq!(fields[0], fields[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_opens() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        let Ok(mut socket) = tokio_tungstenite::tungstenite::accept(exchange.socket()) else { return };
        while let Ok(message) = socket.read() {
            if message.is_text() && socket.send(message).is_err() {
                return;
            }
        }
    });
    let gate = Gate::before(api.url()).proxy("  upgrades: [{path: /socket}]").proxy(LOWERCASE).start();
    for _ in 0..5 {
        let mut request = format!("ws://{}/socket", gate.address).into_client_request().unwrap();
        request.headers_mut().insert("Authorization", format!("Bearer {TOKEN}").parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        socket.send(Message::text("hello")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
    }
}

/// A request that was sent once more, on a new connection, is the same.
#[test]
fn repeated_request_is_lowered_too() {
    let (heads, arrived) = std::sync::mpsc::channel();
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        let head = exchange.head();
        let is_kept = head[0].contains("/first");
        heads.send(head).unwrap();
        exchange.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        if is_kept {
            // Closed under the next request.
            let head = exchange.head();
            heads.send(head).unwrap();
        }
    });
    let gate = Gate::before(api.url()).proxy(LOWERCASE).start();
    let send = |target| assert_eq!(gate.send(&Request::get(target).bearer(TOKEN).header("X-Custom", "1")).status, 200);
    send("/first");
    let (mut sent, mut heads) = (1, Vec::new());
    // The connection is kept for others a moment after its answer has been sent.
    eventually("a request meets the closed connection", || {
        send("/second");
        sent += 1;
        heads.extend(arrived.try_iter());
        heads.len() > sent
    });
    for head in heads {
        assert!(
            head.contains(&"x-custom: 1".to_owned()) && head.contains(&"x-claviger-account: acme".to_owned()),
            "{head:?}"
        );
    }
}
