//! The admin listener bounds whoever comes: how many, and for how long.

use std::time::{Duration, Instant};

use crate::support::{Connection, Gate, RecordingApi, Request, eventually};

/// Of a head, and of the time before it.
const HEAD: Duration = Duration::from_secs(10);
/// As many as there may be.
const MOST: usize = 1000;

#[test]
fn whoever_does_not_come_to_the_end_of_a_head_is_sent_away() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let start = Instant::now();
    let beginnings: [&[u8]; 4] = [b"", b"G", b"GET /livez HTTP/1.1\r\nHost: x\r\n", b"PRI * HTTP/2.0\r\n\r\n"];
    let mut slow: Vec<_> = beginnings.iter().map(|_| Connection::open(gate.admin)).collect();
    for (connection, beginning) in slow.iter_mut().zip(beginnings) {
        connection.write(beginning);
    }
    // One that was answered, and then says nothing, or too little.
    let mut kept: Vec<_> = (0..2).map(|_| Connection::open(gate.admin)).collect();
    kept.iter_mut().for_each(|connection| assert_eq!(connection.send(&Request::get("/livez")).status, 200));
    kept[1].write(b"GET /li");
    // A drop every now and then makes a head no shorter.
    let mut dripping = Connection::open(gate.admin);
    while start.elapsed() < HEAD + Duration::from_secs(2) && dripping.write(b"x") {
        std::thread::sleep(Duration::from_millis(500));
    }
    for mut connection in slow.into_iter().chain(kept).chain([dripping]) {
        connection.rest();
        assert!(connection.is_closed());
    }
    assert!(start.elapsed() < HEAD + Duration::from_secs(8), "{:?}", start.elapsed());
    assert_eq!(gate.admin("GET", "/livez").status, 200);
}

#[test]
fn one_visitor_more_than_there_may_be_is_sent_away_and_who_leaves_makes_room() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut kept: Vec<_> = (0..MOST).map(|_| Connection::open(gate.admin)).collect();
    assert_eq!(kept[MOST - 1].send(&Request::get("/livez")).status, 200);
    for _ in 0..20 {
        assert!(Connection::open(gate.admin).is_closed());
    }
    assert_eq!(kept[0].send(&Request::get("/livez")).status, 200);
    drop(kept);
    eventually("there is room again", || {
        let mut connection = Connection::open(gate.admin);
        connection.write(&Request::get("/livez").bytes());
        connection.reply(false).is_some_and(|reply| reply.status == 200)
    });
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = Connection::open(gate.admin);
    connection.write(&Request::get("/livez").header("X-Large", "x".repeat(400 * 1024)).bytes());
    assert_eq!(connection.reply(false).unwrap().status, 431);
    assert!(connection.is_closed());
}
