use std::time::Instant;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);
const LONG_FOR_ALL: Patience = Patience { handshake: LONG, head: LONG, body: LONG, request: LONG, connection: LONG };

async fn visits(patience: Patience) -> (AdminConnections, SocketAddr) {
    let router = Router::new()
        .route("/never", get(std::future::pending::<()>))
        .route("/body", post(async |body: Bytes| body))
        .route("/work", post(work))
        .route("/much", get(async || vec![b'x'; 64 * 1024 * 1024]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let visits = AdminConnections::new(patience);
    let receiving = visits.clone();
    tokio::spawn(async move { receiving.receive(listener, router, None).await });
    (visits, address)
}

async fn work(body: Bytes) -> Bytes {
    tokio::time::sleep(SHORT * 3).await;
    body
}

async fn say(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(LONG / 2, stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it is never closed");
    String::from_utf8_lossy(&rest).into_owned()
}

async fn until_nobody_is_there(visits: &AdminConnections) {
    let start = Instant::now();
    while visits.open() > 0 {
        assert!(start.elapsed() < LONG / 2, "{} are still there", visits.open());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up_and_so_is_a_body_that_never_comes() {
    let (visits, address) = visits(Patience { body: SHORT, request: SHORT * 2, ..LONG_FOR_ALL }).await;
    for request in [
        "GET /never HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
    ] {
        let answer = rest(&mut say(address, request).await).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    until_nobody_is_there(&visits).await;
}

/// An import that has come and is under way is another matter than one that does not come.
#[tokio::test]
async fn a_body_that_has_come_may_be_worked_on_for_longer() {
    let (visits, address) = visits(Patience { body: SHORT, ..LONG_FOR_ALL }).await;
    let request = "POST /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nwork";
    let answer = rest(&mut say(address, request).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("work"), "{answer}");
    until_nobody_is_there(&visits).await;
}

#[tokio::test]
async fn whoever_does_not_read_an_answer_holds_no_place_for_ever() {
    let (visits, address) = visits(Patience { connection: SHORT, ..LONG_FOR_ALL }).await;
    let slow = say(address, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await;
    until_nobody_is_there(&visits).await;
    drop(slow);
}

#[tokio::test]
async fn at_the_end_what_is_asked_is_answered_and_nobody_is_waited_for() {
    let (visits, address) = visits(LONG_FOR_ALL).await;
    let mut idle = say(address, "").await;
    let mut asking = say(address, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha").await;
    while visits.open() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(SHORT).await;
    visits.end();
    assert_eq!(rest(&mut idle).await, "");
    asking.write_all(b"lf").await.unwrap();
    assert!(rest(&mut asking).await.ends_with("half"));
    until_nobody_is_there(&visits).await;
    let mut late = TcpStream::connect(address).await;
    if let Ok(late) = &mut late {
        assert_eq!(rest(late).await, "");
    }
}
