//! Limits of the admin listener: connections, time and size of a request head.

use std::time::{Duration, Instant};

use crate::support::{Connection, Gate, RecordingApi, Request, eventually};

const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_CONNECTIONS: usize = 1000;

#[test]
fn a_connection_without_a_whole_head_is_closed() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let start = Instant::now();
    let beginnings: [&[u8]; 4] = [b"", b"G", b"GET /livez HTTP/1.1\r\nHost: x\r\n", b"PRI * HTTP/2.0\r\n\r\n"];
    let mut slow: Vec<_> = beginnings.iter().map(|_| Connection::open(gate.admin)).collect();
    for (connection, beginning) in slow.iter_mut().zip(beginnings) {
        connection.write(beginning);
    }
    // Kept connections: one idle, one with half a head.
    let mut kept: Vec<_> = (0..2).map(|_| Connection::open(gate.admin)).collect();
    kept.iter_mut().for_each(|connection| assert_eq!(connection.send(&Request::get("/livez")).status, 200));
    kept[1].write(b"GET /li");
    // A byte now and then does not extend the timeout.
    let mut trickling = Connection::open(gate.admin);
    while start.elapsed() < HEAD_TIMEOUT + Duration::from_secs(2) && trickling.write(b"x") {
        std::thread::sleep(Duration::from_millis(500));
    }
    for mut connection in slow.into_iter().chain(kept).chain([trickling]) {
        connection.rest();
        assert!(connection.is_closed());
    }
    assert!(start.elapsed() < HEAD_TIMEOUT + Duration::from_secs(8), "{:?}", start.elapsed());
    assert_eq!(gate.admin("GET", "/livez").status, 200);
}

#[test]
fn connections_over_the_limit_are_closed_until_others_end() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut kept: Vec<_> = (0..MAX_CONNECTIONS).map(|_| Connection::open(gate.admin)).collect();
    assert_eq!(kept[MAX_CONNECTIONS - 1].send(&Request::get("/livez")).status, 200);
    for _ in 0..20 {
        assert!(Connection::open(gate.admin).is_closed());
    }
    assert_eq!(kept[0].send(&Request::get("/livez")).status, 200);
    drop(kept);
    eventually("a connection is accepted again", || {
        let mut connection = Connection::open(gate.admin);
        connection.write(&Request::get("/livez").bytes());
        connection.reply(false).is_some_and(|reply| reply.status == 200)
    });
}

#[test]
fn an_oversized_head_is_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = Connection::open(gate.admin);
    connection.write(&Request::get("/livez").header("X-Large", "x".repeat(400 * 1024)).bytes());
    assert_eq!(connection.reply(false).unwrap().status, 431);
    assert!(connection.is_closed());
}
