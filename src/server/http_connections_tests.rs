use std::time::Instant;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);
const ALL_LONG: HttpTimeouts =
    HttpTimeouts { handshake: LONG, head: LONG, body: LONG, request: LONG, connection: LONG, drain: LONG };

async fn listen(timeouts: HttpTimeouts) -> (HttpConnections, SocketAddr) {
    let router = Router::new()
        .route("/never", get(std::future::pending::<()>))
        .route("/body", post(async |body: Bytes| body))
        .route("/work", post(work))
        .route("/refused", post(StatusCode::FORBIDDEN))
        .route("/large", get(async || vec![b'x'; 64 * 1024 * 1024]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = HttpConnections::new("admin", None, timeouts);
    let serving = connections.clone();
    tokio::spawn(async move { serving.serve(listener, router, None).await });
    (connections, address)
}

async fn work(body: Bytes) -> Bytes {
    tokio::time::sleep(SHORT * 3).await;
    body
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Reads until the server closes.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(LONG / 2, stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection stays open");
    String::from_utf8_lossy(&rest).into_owned()
}

async fn until_all_are_closed(connections: &HttpConnections) {
    let start = Instant::now();
    while connections.open() > 0 {
        assert!(start.elapsed() < LONG / 2, "{} are still open", connections.open());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_slow_handler_and_an_unfinished_body_get_408() {
    let (connections, address) = listen(HttpTimeouts { body: SHORT, request: SHORT * 2, ..ALL_LONG }).await;
    for request in [
        "GET /never HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
    ] {
        let answer = read_to_end(&mut send(address, request).await).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    until_all_are_closed(&connections).await;
}

/// An import that was received may take long to apply.
#[tokio::test]
async fn the_body_timeout_ends_once_the_body_is_read() {
    let (connections, address) = listen(HttpTimeouts { body: SHORT, ..ALL_LONG }).await;
    let request = "POST /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nwork";
    let answer = read_to_end(&mut send(address, request).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("work"), "{answer}");
    until_all_are_closed(&connections).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let (connections, address) = listen(HttpTimeouts { connection: SHORT, ..ALL_LONG }).await;
    let slow = send(address, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    until_all_are_closed(&connections).await;
    drop(slow);
}

#[tokio::test]
async fn closing_answers_the_request_in_flight_and_drops_idle_connections() {
    let (connections, address) = listen(ALL_LONG).await;
    let mut idle = send(address, "").await;
    let mut active = send(address, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha").await;
    while connections.open() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(SHORT).await;
    connections.close();
    assert_eq!(read_to_end(&mut idle).await, "");
    active.write_all(b"lf").await.unwrap();
    assert!(read_to_end(&mut active).await.ends_with("half"));
    until_all_are_closed(&connections).await;
    let mut late = TcpStream::connect(address).await;
    if let Ok(late) = &mut late {
        assert_eq!(read_to_end(late).await, "");
    }
}

/// A reset takes a response with it that the client has not read.
#[tokio::test]
async fn a_refusal_arrives_though_its_body_is_still_on_its_way() {
    let (connections, address) = listen(ALL_LONG).await;
    let megabyte = vec![b'a'; 1 << 20];
    for framing in ["Content-Length: 8388608\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n800000\r\n"] {
        let mut stream = send(address, &format!("POST /refused HTTP/1.1\r\nHost: a\r\n{framing}")).await;
        for sent in 0..8 {
            assert!(stream.write_all(&megabyte).await.is_ok(), "the connection broke after {sent} MiB");
        }
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        drop(stream);
    }
    until_all_are_closed(&connections).await;
}

#[tokio::test]
async fn a_client_that_goes_on_sending_after_a_refusal_is_disconnected() {
    let (connections, address) = listen(HttpTimeouts { drain: SHORT, ..ALL_LONG }).await;
    let head = "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf";
    let silent = send(address, head).await;
    until_all_are_closed(&connections).await;
    drop(silent);
}
