//! How the gate ends: what is in flight is finished, or not, as the signal says.

use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use nix::sys::signal::Signal;

use crate::support::{Connection, Exchange, Gate, RecordingApi, Request, ScriptedApi, TOKEN, eventually};

/// An API that sends half a response, and the rest on a signal.
fn halting_api() -> (ScriptedApi, Sender<()>) {
    let (api, [go_on]) = halting_at(["/x"]);
    (api, go_on)
}

/// The same, with a signal per target.
fn halting_at<const N: usize>(targets: [&'static str; N]) -> (ScriptedApi, [Sender<()>; N]) {
    let (go_on, waits): (Vec<_>, Vec<_>) = targets.iter().map(|_| channel()).unzip();
    let waits: Arc<[Mutex<Receiver<()>>]> = waits.into_iter().map(Mutex::new).collect();
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        let head = exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        let place = targets.iter().position(|target| head[0].split(' ').nth(1) == Some(target));
        // The test may end without a word.
        let _ended = waits[place.unwrap()].lock().unwrap().recv();
        exchange.write("5\r\nagain\r\n0\r\n\r\n");
    });
    (api, go_on.try_into().unwrap())
}

/// A caller who has the first half of an answer.
fn halfway(gate: &Gate, target: &str) -> Connection {
    let mut connection = gate.connect();
    connection.write(&Request::get(target).bearer(TOKEN).bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    assert_eq!(connection.chunk().unwrap(), b"first");
    connection
}

/// True where the second half comes, too.
fn receives_the_rest(connection: &mut Connection) -> bool {
    [&b"again"[..], b""].iter().all(|piece| connection.chunk().as_deref() == Some(piece))
}

#[test]
fn idle_gate_exits_at_once_with_success() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).start();
    // Kept connections are no reason to stay.
    let mut idle = gate.connect();
    assert_eq!(idle.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    gate.signal(Signal::SIGTERM);
    assert_eq!(gate.wait().code(), Some(0));
    assert_eq!(gate.access_log(1).len(), 1);
}

#[test]
fn requests_in_flight_finish_before_the_exit() {
    let (api, go_on) = halting_api();
    let mut gate = Gate::before(api.url()).start();
    let mut connection = halfway(&gate, "/x");
    gate.signal(Signal::SIGTERM);
    eventually("the listener is closed", || TcpStream::connect(gate.address).is_err());
    go_on.send(()).unwrap();
    assert!(receives_the_rest(&mut connection));
    // Well before the 30 seconds that it might take.
    assert_eq!(gate.wait().code(), Some(0));
    assert_eq!(gate.access_log(1)[0]["status"], 200);
}

/// Balancers would go on using them.
#[test]
fn idle_connections_are_closed_while_a_request_is_in_flight() {
    let (api, [first, second]) = halting_at(["/1", "/2"]);
    let mut gate = Gate::before(api.url()).start();
    let mut idle = halfway(&gate, "/1");
    first.send(()).unwrap();
    assert!(receives_the_rest(&mut idle));
    let mut busy = halfway(&gate, "/2");
    gate.signal(Signal::SIGTERM);
    assert!(idle.is_closed());
    // And not because the process has ended.
    second.send(()).unwrap();
    assert!(receives_the_rest(&mut busy));
    assert_eq!(gate.wait().code(), Some(0));
}

/// Its head announced a kept connection before the drain began.
#[test]
fn response_in_progress_closes_its_connection() {
    let (api, [first, second]) = halting_at(["/1", "/2"]);
    let mut gate = Gate::before(api.url()).start();
    let [mut ending, mut busy] = ["/1", "/2"].map(|target| halfway(&gate, target));
    gate.signal(Signal::SIGTERM);
    eventually("the listener is closed", || TcpStream::connect(gate.address).is_err());
    first.send(()).unwrap();
    assert!(receives_the_rest(&mut ending));
    assert!(ending.is_closed());
    second.send(()).unwrap();
    assert!(receives_the_rest(&mut busy));
    assert_eq!(gate.wait().code(), Some(0));
}

#[test]
fn endless_request_is_aborted_after_the_drain_timeout() {
    let (api, _go_on) = halting_api();
    let mut gate = Gate::before(api.url()).proxy("  timeouts: {shutdown: 500ms}").start();
    let mut connection = halfway(&gate, "/x");
    gate.signal(Signal::SIGTERM);
    assert_eq!(gate.wait().code(), Some(0));
    assert!(connection.rest().is_empty());
}

#[test]
fn interrupt_exits_without_draining() {
    let (api, _go_on) = halting_api();
    let mut gate = Gate::before(api.url()).start();
    let mut connection = halfway(&gate, "/x");
    gate.signal(Signal::SIGINT);
    gate.wait();
    assert!(connection.rest().is_empty());
}

/// A second signal must end the drain without SIGKILL.
#[test]
fn interrupt_ends_a_drain() {
    let (api, _go_on) = halting_api();
    let mut gate = Gate::before(api.url()).proxy("  timeouts: {shutdown: 1h}").start();
    let mut connection = gate.connect();
    connection.write(&Request::get("/x").bearer(TOKEN).bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    gate.signal(Signal::SIGTERM);
    eventually("the listener is closed", || TcpStream::connect(gate.address).is_err());
    gate.signal(Signal::SIGINT);
    gate.wait();
}

/// Kept connections get `Connection: close` before they are closed, and balancers see the readiness change.
#[test]
fn no_request_fails_while_the_gate_stops() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).proxy("  timeouts: {lame_duck: 5s}").start();
    let address = gate.address;
    let callers: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut connection = Connection::open(address);
                for answered in 1.. {
                    let reply = connection.send(&Request::get("/x").bearer(TOKEN));
                    assert_eq!(reply.status, 200);
                    if reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                        return answered;
                    }
                }
                0
            })
        })
        .collect();
    eventually("callers are busy", || api.seen().len() > 50);
    let mut waiting = gate.connect();
    gate.signal(Signal::SIGTERM);
    eventually("the probe says so", || gate.admin("GET", "/readyz").status == 503);
    assert!(waiting.send(&Request::get("/x").bearer(TOKEN)).status == 200);
    for caller in callers {
        assert!(caller.join().unwrap() > 0);
    }
    assert_eq!(gate.wait().code(), Some(0));
}
