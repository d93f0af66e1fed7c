//! An API that comes and goes: callers hear of it, and nothing that may not be repeated arrives twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::support::{Connection, Exchange, Gate, Request, ScriptedApi, TOKEN, eventually};

const CLIENTS: usize = 4;
const REQUESTS: usize = 300;

/// How often each target has arrived, whole or in part.
type Arrivals = Arc<Mutex<HashMap<String, usize>>>;

/// Answers most requests, and breaks off at every moment at which an API may: before it reads, in the head
/// and the body of the request, before, within and after its answer, with and without a word of farewell.
fn flapping_api(arrivals: &Arrivals) -> ScriptedApi {
    let arrivals = arrivals.clone();
    ScriptedApi::start(move |exchange: &mut Exchange| {
        if fastrand::u8(..) < 30 {
            return;
        }
        loop {
            let head = exchange.head();
            let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else { return };
            *arrivals.lock().unwrap().entry(target.to_owned()).or_default() += 1;
            let fate = fastrand::u8(0..16);
            if fate == 0 {
                return;
            }
            if head.iter().any(|line| line.eq_ignore_ascii_case("content-length: 5")) {
                exchange.take(if fate == 1 { 2 } else { 5 });
            }
            match fate {
                1 | 2 => return,
                3 => return exchange.write("HTTP/1.1 200 OK\r\nContent-Le"),
                4 => return exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"),
                // Without a word: the gate takes the connection for one that can be used again.
                5 | 6 => return exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                _ => exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            }
        }
    })
}

/// The name of each request is its own, so that the API can count.
fn request(client: usize, number: usize) -> Request {
    let (method, has_body) = match number % 5 {
        0 => ("POST", true),
        1 => ("POST", false),
        2 => ("PATCH", true),
        3 => ("PUT", true),
        _ => ("GET", false),
    };
    let target = format!("/{method}/{has_body}/{client}/{number}");
    let request = Request::new(method, &target).bearer(TOKEN);
    if has_body { request.body("hello") } else { request }
}

fn calls(gate: &Gate, client: usize) -> Vec<u16> {
    let mut connection = gate.connect();
    let mut statuses = Vec::new();
    for number in 0..REQUESTS {
        connection.write(&request(client, number).bytes());
        let reply = connection.reply(false);
        statuses.push(reply.as_ref().map_or(0, |reply| reply.status));
        let is_over = |reply: crate::support::Reply| reply.header("connection") == Some("close");
        if reply.is_none_or(is_over) {
            connection = Connection::open(gate.address);
        }
    }
    statuses
}

#[test]
fn non_idempotent_requests_are_not_retried() {
    let arrivals = Arrivals::default();
    let api = flapping_api(&arrivals);
    let gate = Gate::before(api.url()).start();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn({
                    let gate = &gate;
                    move || calls(gate, client)
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let of = |status: u16| statuses.iter().filter(|other| **other == status).count();
    // An answer that breaks off in its middle has no other end than that of the connection.
    assert_eq!(of(200) + of(502) + of(0), statuses.len(), "{statuses:?}");
    assert!(of(200) > statuses.len() / 2 && of(502) > 0 && of(0) > 0, "{} {} {}", of(200), of(502), of(0));
    let arrivals = arrivals.lock().unwrap();
    for (target, times) in arrivals.iter() {
        let most = if target.starts_with("/GET/") { 2 } else { 1 };
        assert!(*times <= most, "{target} has arrived {times} times");
    }
    eventually("nothing is left in flight", || gate.metric("claviger_http_requests_in_flight") == 0.0);
    assert!(!gate.stderr().contains("panicked"), "{}", gate.stderr());
}

/// What can be asked again is, on a connection that turns out to be dead: that is what a kept one is worth.
#[test]
fn get_on_a_dead_kept_connection_is_retried_and_post_is_not() {
    let arrivals = Arrivals::default();
    let api = ScriptedApi::start({
        let arrivals = arrivals.clone();
        move |exchange: &mut Exchange| {
            for is_first in [true, false] {
                let head = exchange.head();
                let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else { return };
                *arrivals.lock().unwrap().entry(target.to_owned()).or_default() += 1;
                if is_first {
                    exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        }
    });
    let gate = Gate::before(api.url()).proxy("  threads: 1").start();
    let ask = |request: Request| gate.send(&request.bearer(TOKEN)).status;
    let answers = [
        ask(Request::get("/first")),
        // Repeated on a connection that is not kept.
        ask(Request::get("/get")),
        ask(Request::get("/other")),
        ask(Request::new("POST", "/post").body("hello")),
        ask(Request::get("/again")),
        ask(Request::new("PUT", "/put").body("hello")),
    ];
    assert_eq!(answers, [200, 200, 200, 502, 200, 502]);
    let arrivals = arrivals.lock().unwrap();
    let times = |target: &str| arrivals.get(target).copied().unwrap_or_default();
    assert_eq!((times("/get"), times("/post"), times("/put")), (2, 1, 1));
}
