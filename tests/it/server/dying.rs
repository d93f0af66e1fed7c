//! Listeners that die and resources that run out.

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

/// Duplicates of the listening sockets of a gate, as a successor receives them; the last is the admin listener's.
pub fn sockets(path: &Path) -> Vec<OwnedFd> {
    ask(path).0
}

/// The same, with the stream on which the gate waits for the successor.
pub fn ask(path: &Path) -> (Vec<OwnedFd>, UnixStream) {
    eventually("a successor may connect", || path.exists());
    let stream = UnixStream::connect(path).unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0; 64];
    recvmsg(&stream, &mut [IoSliceMut::new(&mut word)], &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
    let rights = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        _ => None,
    });
    (rights.flatten().collect(), stream)
}

#[test]
fn a_dead_proxy_listener_ends_the_process_with_an_error() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}").start();
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    // As after a kernel fault: connecting fails, and accepting fails for ever.
    rustix::net::shutdown(&sockets[0], rustix::net::Shutdown::Both).unwrap();
    let start = Instant::now();
    assert_eq!(gate.wait().code(), Some(1));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let says = format!("the listener on {} has died", gate.address);
    eventually("it is logged", || gate.stderr().contains(&says));
}

/// Clients of one of two addresses are cut off.
#[test]
fn a_dead_listener_beside_a_live_one_ends_the_process() {
    let api = RecordingApi::start();
    let mut gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}");
    gate = gate.variable("CLAVIGER__PROXY__LISTEN", "['127.0.0.1:0', '[::1]:0']");
    let mut gate = gate.start();
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    assert_eq!(sockets.len(), 3);
    rustix::net::shutdown(&sockets[1], rustix::net::Shutdown::Both).unwrap();
    assert_eq!(gate.wait().code(), Some(1));
}

#[test]
fn a_dead_admin_listener_stops_no_request() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("handover: {socket: run/next.sock}").start();
    let sockets = sockets(&gate.folder().join("run/next.sock"));
    rustix::net::shutdown(&sockets[1], rustix::net::Shutdown::Both).unwrap();
    eventually("the admin listener is dead", || TcpStream::connect(gate.admin).is_err());
    eventually("accepting has failed and was tried again", || {
        gate.stderr().contains("the admin listener still accepts no connections")
    });
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

/// Most systems set a soft limit of 1,024, and a far higher hard one.
#[test]
fn the_soft_limit_on_file_descriptors_is_raised_and_a_low_hard_one_is_reported() {
    let api = RecordingApi::start();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    let mut command = std::process::Command::new("sh");
    let program = claviger();
    command.current_dir(folder.path()).args(["-c", "ulimit -Sn 128; ulimit -Hn 900; exec \"$@\"", "sh"]);
    command.arg(program.get_program()).args(["serve", "--upstream", api.url(), "--credentials", "credentials.yaml"]);
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let gate = Gate::launch(&mut command, folder);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gate.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[3..5], ["900", "900"], "{line}");
    let warning = "connections need 20128 file descriptors, and the system allows 900";
    eventually("the low limit is logged", || gate.stderr().contains(warning));
}

/// Running out of descriptors is temporary: the process neither ends nor spins.
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
    eventually("the descriptors have run out", || gate.stderr().contains("no file descriptor is left"));
    let before = gate.cpu();
    std::thread::sleep(Duration::from_secs(3));
    let spent = gate.cpu() - before;
    assert!(spent < Duration::from_millis(300), "it spins: {spent:?}");
    assert_eq!(gate.stderr().matches("no file descriptor is left").count(), 1);
    drop(crowd);
    // The first descriptors that are free can be those of callers: then none is left towards the API.
    eventually("it serves again", || gate.send(&Request::get("/x").bearer(TOKEN)).status == 200);
    eventually("it is logged", || gate.stderr().contains("file descriptors are available again"));
}

/// Checks the means of the tests above.
#[test]
fn a_listening_socket_that_was_shut_down_accepts_no_connection() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut waiting = TcpStream::connect(address).unwrap();
    rustix::net::shutdown(&socket, rustix::net::Shutdown::Both).unwrap();
    assert!(socket.accept().is_err() && TcpStream::connect(address).is_err());
    let _closed = waiting.shutdown(Shutdown::Write);
    assert!(matches!(waiting.read(&mut [0; 1]), Ok(0) | Err(_)));
}

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
    eventually("the process serves", || UnixStream::connect(&path).is_ok());
    let address = |index: usize| TcpListener::from(sockets(&path).remove(index)).local_addr().unwrap();
    let (gate, admin) = (address(0), address(1));
    let mut connection = Connection::open(gate);
    // More lines than the buffers hold.
    for _ in 0..2000 {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert_eq!(connection.send(&Request::get("/x")).status, 401);
    }
    assert_eq!(Connection::open(admin).send(&Request::new("POST", "/-/reload").host("localhost")).status, 200);
    assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
