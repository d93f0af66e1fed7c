//! Two thousand connections that are as slow as they may be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType};

use super::measure::{compare, settle};
use super::support::{Api, Gate, TOKEN};

const CONNECTIONS: usize = 2000;
/// Every connection says one byte in this time.
const PACE: Duration = Duration::from_secs(2);

/// How a connection is slow.
#[derive(Clone, Copy)]
enum Kind {
    Head,
    Body,
    /// A body that is drained, because its request was refused.
    RefusedBody,
    Reader,
}

/// Connections of our own; closed when dropped.
struct Crowd {
    stop: Arc<AtomicBool>,
    driver: Option<JoinHandle<usize>>,
}

/// The attack tool of the same name; ended when dropped.
struct Slowhttptest(Child);

/// Prints a ratio for each way to be slow.
pub fn run() {
    let api = Api::start();
    let settings = "limits: {connections: 20000, connections_per_address: 20000}\npublic: [{path: /big}]";
    let gate = Gate::start(&api, settings, "");
    let kinds = [
        ("slow heads", Kind::Head),
        ("slow bodies", Kind::Body),
        ("refused uploads", Kind::RefusedBody),
        ("slow readers", Kind::Reader),
    ];
    for (what, kind) in kinds {
        compare(&format!("{CONNECTIONS} {what}"), gate.address, || Crowd::start(&gate, kind));
        println!("  memory of the gate: {:.0} MiB", gate.memory());
    }
    if Slowhttptest::start(&gate, "-H").is_none() {
        return println!("  slowhttptest is not installed; left out");
    }
    for (what, flag) in [("heads", "-H"), ("bodies", "-B"), ("readers", "-X")] {
        let begin = || Slowhttptest::start(&gate, flag);
        compare(&format!("slowhttptest, {CONNECTIONS} slow {what}"), gate.address, begin);
    }
    println!("  memory of the gate afterwards: {:.0} MiB", gate.memory());
}

impl Crowd {
    fn start(gate: &Gate, kind: Kind) -> Self {
        let address = gate.address;
        let stop = Arc::new(AtomicBool::new(false));
        let mut crowd: Vec<_> = (0..CONNECTIONS).map(|_| open(address, kind)).collect();
        let driver = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let mut renewed = 0;
                for number in (0..CONNECTIONS).cycle() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if !go_on(&mut crowd[number], kind) {
                        crowd[number] = open(address, kind);
                        renewed += 1;
                    }
                    std::thread::sleep(PACE / CONNECTIONS as u32);
                }
                renewed
            }
        });
        settle(gate);
        Self { stop, driver: Some(driver) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _renewed = self.driver.take().map(JoinHandle::join);
    }
}

fn open(address: SocketAddr, kind: Kind) -> TcpStream {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    // A window that is full at once, or the first moments would be a download like any other.
    rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 2048).unwrap();
    rustix::net::connect(&socket, &address).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_nonblocking(true).unwrap();
    let begin = match kind {
        Kind::Head => "GET /x HTTP/1.1\r\nhost: a\r\nx-slow: ".to_owned(),
        Kind::Body => {
            format!("POST /x HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 100000\r\n\r\n")
        }
        Kind::RefusedBody => "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 10000000\r\n\r\n".to_owned(),
        Kind::Reader => format!("GET /big HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\n\r\n"),
    };
    // The gate may close it at once; then it is opened again.
    let _closed = stream.write_all(begin.as_bytes());
    stream
}

/// One byte more; false once the gate has closed the connection.
fn go_on(stream: &mut TcpStream, kind: Kind) -> bool {
    let is_open = |outcome: std::io::Result<usize>| match outcome {
        Ok(bytes) => bytes > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    };
    match kind {
        Kind::Head | Kind::Body => is_open(stream.read(&mut [0; 1])) && is_open(stream.write(b"x")),
        Kind::RefusedBody => is_open(stream.write(&[b'x'; 4096])),
        Kind::Reader => is_open(stream.read(&mut [0; 1])),
    }
}

impl Slowhttptest {
    /// `None` where it is not installed.
    fn start(gate: &Gate, kind: &str) -> Option<Self> {
        let count = CONNECTIONS.to_string();
        let mut command = Command::new("slowhttptest");
        command.args([kind, "-c", &count, "-r", &count, "-i", "2", "-l", "60", "-p", "5"]);
        // It cannot bring a credential.
        command.args(["-u", &format!("http://{}/big", gate.address)]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        settle(gate);
        Some(Self(child))
    }
}

impl Drop for Slowhttptest {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}
