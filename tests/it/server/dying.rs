//! A gate that lets nobody in any more must not look as if it lived.

use std::io::{IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::support::{Connection, Gate, RecordingApi, Request, TOKEN, claviger, credentials, eventually};

/// The listening sockets of a gate, as the next process gets them; the admin listener's is the last.
pub fn sockets(path: &Path) -> Vec<OwnedFd> {
    ask(path).0
}

/// The same, with the line over which the gate would hear that the next process serves.
pub fn ask(path: &Path) -> (Vec<OwnedFd>, UnixStream) {
    eventually("the next process may ask", || path.exists());
    let line = UnixStream::connect(path).unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0; 64];
    recvmsg(&line, &mut [IoSliceMut::new(&mut word)], &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
    let rights = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        _ => None,
    });
    (rights.flatten().collect(), line)
}

#[test]
fn a_listener_that_dies_ends_the_process_with_an_error() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}").start();
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    // As a fault in the kernel would: nobody can connect any more, and accepting fails for ever.
    rustix::net::shutdown(&sockets[0], rustix::net::Shutdown::Both).unwrap();
    let start = Instant::now();
    assert_eq!(gate.wait().code(), Some(1));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let says = format!("the listener on {} has died", gate.address);
    eventually("it says why", || gate.stderr().contains(&says));
}

/// One of two is as dead as both for whoever calls it.
#[test]
fn the_second_of_two_listeners_counts_as_well() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}");
    gate = gate.variable("CLAVIGER__PROXY__LISTEN", "['127.0.0.1:0', '[::1]:0']");
    let mut gate = gate.start();
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    assert_eq!(sockets.len(), 3);
    rustix::net::shutdown(&sockets[1], rustix::net::Shutdown::Both).unwrap();
    assert_eq!(gate.wait().code(), Some(1));
}

/// The admin listener is beside the gate; without it requests are served all the same.
#[test]
fn a_dead_admin_listener_stops_no_request() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}").start();
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    rustix::net::shutdown(&sockets[1], rustix::net::Shutdown::Both).unwrap();
    eventually("the admin listener is dead", || TcpStream::connect(gate.admin).is_err());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

/// With no file descriptor left nobody can be let in for a while. That is no reason to end, nor to spin.
#[test]
fn a_gate_out_of_file_descriptors_waits_and_serves_again() {
    let api = RecordingApi::start();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    let mut command = std::process::Command::new("sh");
    let program = claviger();
    command.current_dir(folder.path()).args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]).arg(program.get_program());
    command.args(["serve", "--upstream", api.url(), "--credentials", "credentials.yaml"]);
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let gate = Gate::launch(&mut command, folder);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(gate.address).unwrap()).collect();
    eventually("it has run out", || gate.stderr().contains("no file descriptor is left"));
    let before = gate.cpu();
    std::thread::sleep(Duration::from_secs(3));
    let spent = gate.cpu() - before;
    assert!(spent < Duration::from_millis(300), "it spins: {spent:?}");
    assert_eq!(gate.stderr().matches("no file descriptor is left").count(), 1);
    drop(crowd);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    eventually("it says so", || gate.stderr().contains("file descriptors are available again"));
}

/// What the tests above do to a socket is what they say it is.
#[test]
fn a_listening_socket_that_was_shut_down_accepts_nobody() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut waiting = TcpStream::connect(address).unwrap();
    rustix::net::shutdown(&socket, rustix::net::Shutdown::Both).unwrap();
    assert!(socket.accept().is_err() && TcpStream::connect(address).is_err());
    let _closed = waiting.shutdown(Shutdown::Write);
    assert!(matches!(waiting.read(&mut [0; 1]), Ok(0) | Err(_)));
}

/// Nobody can be told then; requests are served all the same.
#[test]
fn a_full_disk_for_logs_stops_no_request() {
    let api = RecordingApi::start();
    let folder = tempfile::TempDir::new().unwrap();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    let settings = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: {}}}\nadmin: {{listen: 127.0.0.1:0}}\nhandover: {{socket: run/s}}\n\
         credentials: {{file: credentials.yaml}}\nlog: {{level: debug}}\n",
        api.url()
    );
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    let mut command = claviger();
    command.current_dir(folder.path()).args(["serve", "--config", "claviger.yaml"]).stdin(Stdio::null());
    let mut child = command.stdout(full()).stderr(full()).spawn().unwrap();
    let path = folder.path().join("run/s");
    eventually("it is up", || UnixStream::connect(&path).is_ok());
    let address = |index: usize| TcpListener::from(sockets(&path).remove(index)).local_addr().unwrap();
    let (gate, admin) = (address(0), address(1));
    let mut connection = Connection::open(gate);
    // More than any buffer in between holds.
    for _ in 0..2000 {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert_eq!(connection.send(&Request::get("/x")).status, 401);
    }
    assert_eq!(Connection::open(admin).send(&Request::new("POST", "/-/reload")).status, 200);
    assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
