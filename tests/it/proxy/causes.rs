//! Why the API did not answer: named with its address, in the log and in the access log.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{
    Authority, Connection, Exchange, Gate, GateBuilder, RecordingApi, Request, ScriptedApi, TOKEN, eventually,
};

fn request() -> Request {
    Request::get("/x").bearer(TOKEN)
}

/// Warnings about requests, by their message.
fn warnings(gate: &Gate, code: &str) -> Vec<Value> {
    let text = gate.stderr();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == code).collect()
}

/// One request fails with this code and cause; `cause` is the beginning of the text.
fn assert_cause(builder: GateBuilder, code: &str, cause: &str) -> Gate {
    let gate = builder.start();
    let mut connection = gate.connect();
    connection.write(&request().bytes());
    let _reply_or_end = connection.reply(false);
    let line = &gate.access_log(1)[0];
    let logged = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
    assert_eq!(logged("code"), code, "{line}");
    assert!(logged("cause").starts_with(cause), "{line} lacks {cause}");
    eventually("a warning", || !warnings(&gate, code).is_empty());
    let warned = warnings(&gate, code);
    assert_eq!(warned.len(), 1, "{}", gate.stderr());
    assert_eq!(warned[0]["reason"], line["cause"]);
    gate
}

fn address(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

#[test]
fn failure_to_connect_is_named_with_its_address() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cause = format!("connection refused by {closed}");
    assert_cause(Gate::before(&format!("http://{closed}")), "upstream_unreachable", &cause);

    let gate = Gate::before("http://api.invalid:9000");
    assert_cause(gate, "upstream_unreachable", "the name api.invalid does not resolve");

    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("api.sock");
    let cause = format!("no socket at {}", path.display());
    assert_cause(Gate::before(&format!("unix:{}", path.display())), "upstream_unreachable", &cause);
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let cause = format!("connection refused by {}", path.display());
    assert_cause(Gate::before(&format!("unix:{}", path.display())), "upstream_unreachable", &cause);

    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&deaf, 0).unwrap();
    let at = deaf.local_addr().unwrap();
    let mut connections = Vec::new();
    while let Ok(connected) = TcpStream::connect_timeout(&at, Duration::from_millis(300)) {
        connections.push(connected);
    }
    let gate = Gate::before(&format!("http://{at}")).proxy("  timeouts: {upstream_connect: 500ms}");
    assert_cause(gate, "upstream_timeout", &format!("timed out after 500 ms connecting to {at}"));
}

#[test]
fn failure_of_tls_is_named_with_its_address() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let other_name = RecordingApi::start_tls(authority.server(&authority.issue("other.example"), false));
    let unknown = RecordingApi::start_tls(stranger.server(&stranger.issue("127.0.0.1"), false));
    let verifying = RecordingApi::start_tls(authority.server(&authority.issue("127.0.0.1"), true));
    let plain = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        exchange.head();
    });
    let https = plain.url().replace("http:", "https:");
    for (url, detail) in [
        (other_name.url(), "invalid peer certificate: certificate not valid for name"),
        (unknown.url(), "invalid peer certificate: "),
        (verifying.url(), "received fatal alert"),
        (&https, "received corrupt message"),
    ] {
        let builder = Gate::before(url).proxy("  upstream_tls: {ca: ca.pem}");
        authority.write(&builder.folder().join("ca.pem"));
        let cause = format!("TLS with {} failed: {detail}", address(url));
        assert_cause(builder, "upstream_unreachable", &cause);
    }
}

#[test]
fn failure_after_the_request_was_sent_is_named_with_its_address() {
    let close = ScriptedApi::start(|exchange: &mut Exchange| drop(exchange.head()));
    let cause = format!("connection closed by {} before its response", address(close.url()));
    assert_cause(Gate::before(close.url()), "upstream_unreachable", &cause);

    let reset = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        rustix::net::sockopt::set_socket_linger(exchange.socket(), Some(Duration::ZERO)).unwrap();
    });
    let cause = format!("connection reset by {} before its response", address(reset.url()));
    assert_cause(Gate::before(reset.url()), "upstream_unreachable", &cause);

    let within = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    });
    let cause = format!("connection closed by {} within its response", address(within.url()));
    let gate = assert_cause(Gate::before(within.url()), "upstream_unreachable", &cause);
    assert_eq!(gate.access_log(1)[0]["status"], 200);

    let nonsense = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        exchange.write("secret-of-the-api nonsense\r\n\r\n");
    });
    let cause = format!("{} sent an invalid response", address(nonsense.url()));
    let gate = assert_cause(Gate::before(nonsense.url()), "upstream_unreachable", &cause);
    assert!(!(gate.stdout() + gate.stderr().as_str()).contains("secret-of-the-api"));

    let silent = RecordingApi::start();
    let gate = Gate::before(silent.url()).proxy("  timeouts: {upstream_read: 300ms}").start();
    assert_eq!(gate.send(&Request::get("/silent").bearer(TOKEN)).status, 504);
    let cause = format!("timed out after 300 ms waiting for the response of {}", address(silent.url()));
    assert_eq!(gate.access_log(1)[0]["cause"], cause);
}

/// In a network namespace whose two ports the listeners of the gate hold.
#[test]
#[ignore = "needs root, for a network of its own; make test runs it as root"]
fn used_up_ports_are_named_as_that_and_blame_no_address() {
    const TWO_PORTS: &str =
        "ip link set lo up && echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range && exec \"$@\"";
    let gate = Gate::before("http://127.0.0.1:9").start_as(|command| {
        let mut isolated = Command::new("unshare");
        isolated.args(["--net", "sh", "-c", TWO_PORTS, "sh"]).arg(command.get_program()).args(command.get_args());
        isolated.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        *command = isolated;
    });
    let within = |target: String| {
        let mut curl = Command::new("nsenter");
        curl.args(["--target", &gate.id().to_string(), "--net", "curl", "--silent", "--local-port", "50000-50100"]);
        let authorization = format!("Authorization: Bearer {TOKEN}");
        String::from_utf8(curl.args(["--header", &authorization, &target]).output().unwrap().stdout).unwrap()
    };
    assert!(within(format!("http://{}/x", gate.address)).contains("upstream_unreachable"));
    let cause = "ports of this machine are used up, connecting to 127.0.0.1:9";
    assert_eq!(gate.access_log(1)[0]["cause"], cause);
    eventually("a warning", || !warnings(&gate, "upstream_unreachable").is_empty());
    assert_eq!(warnings(&gate, "upstream_unreachable")[0]["reason"], cause);
    let metrics = within(format!("http://{}/metrics", gate.admin));
    assert!(metrics.contains("claviger_upstream_addresses{state=\"up\"} 1"), "{metrics}");
}

#[test]
fn one_cause_does_not_hide_another_and_each_has_a_line_a_second() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        if exchange.head().first().is_some_and(|line| line.contains("/invalid")) {
            exchange.write("nonsense\r\n\r\n");
        }
    });
    let gate = Gate::before(api.url()).start();
    let start = Instant::now();
    for _ in 0..100 {
        for target in ["/closed", "/invalid"] {
            assert_eq!(gate.send(&Request::get(target).bearer(TOKEN)).status, 502);
        }
    }
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap();
    eventually("both warnings", || warnings(&gate, "upstream_unreachable").len() > 1);
    let warned = warnings(&gate, "upstream_unreachable");
    for cause in ["connection closed by", "invalid response"] {
        let lines = warned.iter().filter(|line| line["reason"].as_str().unwrap().contains(cause)).count();
        assert!((1..=seconds + 2).contains(&lines), "{lines} lines of {cause} in {seconds} s");
    }
    let last = gate.access_log(200);
    assert!(last.iter().all(|line| line["cause"].is_string()), "the access log has every cause");
}

fn client_closed(gate: &Gate, lines: usize) -> Value {
    gate.access_log(lines).pop().unwrap()
}

#[test]
fn caller_who_left_is_client_closed_in_log_and_metric() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&Request::get("/silent").bearer(TOKEN).bytes());
    eventually("it has arrived", || api.seen().len() == 1);
    drop(connection);
    let line = client_closed(&gate, 1);
    assert_eq!(
        (&line["status"], &line["code"], &line["decision"]),
        (&0.into(), &"client_closed".into(), &"admitted".into())
    );
    assert_eq!(line["cause"], "the caller closed the connection");
    assert_eq!(gate.metric("claviger_http_requests_total{code=\"client_closed\",method=\"GET\"}"), 1.0);
    assert_eq!(gate.metric("claviger_upstream_errors_total{reason=\"upstream_unreachable\"}"), 0.0);
    assert_eq!(warnings(&gate, "upstream_unreachable").len(), 0);
}

#[test]
fn caller_who_left_within_a_body_or_a_response_is_client_closed() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut socket = exchange.socket();
        while socket.write_all(format!("10000\r\n{}\r\n", "x".repeat(0x10000)).as_bytes()).is_ok() {}
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&request().bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    drop(connection);
    let line = client_closed(&gate, 1);
    assert_eq!((&line["status"], &line["code"]), (&200.into(), &"client_closed".into()));

    let mut stream = TcpStream::connect(gate.address).unwrap();
    let head =
        format!("POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\nhello");
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    let line = client_closed(&gate, 2);
    assert_eq!(line["code"], "client_closed", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_left_over_http2_is_client_closed() {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let ask = || {
        let request = http::Request::get("http://a/silent").header("authorization", format!("Bearer {TOKEN}"));
        request.body(axum::body::Body::empty()).unwrap()
    };
    let pending = tokio::spawn(sender.send_request(ask()));
    tokio::task::block_in_place(|| eventually("it has arrived", || api.seen().len() == 1));
    pending.abort();
    let line = tokio::task::block_in_place(|| client_closed(&gate, 1));
    assert_eq!((&line["status"], &line["code"]), (&0.into(), &"client_closed".into()), "{line}");
    driver.abort();
    assert_eq!(gate.metric("claviger_http_requests_total{code=\"client_closed\",method=\"GET\"}"), 1.0);
}

/// A connection that the caller keeps after an answer, and then closes, is none of that.
#[test]
fn caller_who_has_read_its_answer_may_close() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection: Connection = gate.connect();
    assert_eq!(connection.send(&request()).status, 200);
    drop(connection);
    let line = &gate.access_log(1)[0];
    assert!(line["code"].is_null() && line["cause"].is_null(), "{line}");
}
