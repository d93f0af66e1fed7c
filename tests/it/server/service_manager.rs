//! Notifications to the service manager, and handover under it.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{Connection, Gate, GateBuilder, RecordingApi, Request, TOKEN, eventually};

const RECEIVE_TIMEOUT: Duration = Duration::from_secs(20);
const HANDOVER: &str = "handover: {socket: run/next.sock}";

/// A socket for `NOTIFY_SOCKET`.
struct ServiceManager {
    socket: UnixDatagram,
    folder: TempDir,
}

/// A process that the gate started; killed when dropped.
pub(super) struct Successor(pub(super) Pid);

impl Drop for Successor {
    fn drop(&mut self) {
        // It may have exited.
        let _ended = kill(self.0, Signal::SIGKILL);
    }
}

impl ServiceManager {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(RECEIVE_TIMEOUT)).unwrap();
        Self { socket, folder }
    }

    fn notified_by(&self, gate: GateBuilder) -> GateBuilder {
        gate.variable("NOTIFY_SOCKET", self.folder.path().join("notify").to_str().unwrap())
    }

    /// Lines of the next message.
    fn receive(&self) -> Vec<String> {
        receive(&self.socket)
    }

    fn has_no_message(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let nothing = self.socket.recv(&mut [0; 1]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        nothing
    }
}

fn receive(socket: &UnixDatagram) -> Vec<String> {
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).expect("no message");
    std::str::from_utf8(&bytes[..length]).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn ready_and_stopping_are_notified() {
    let api = RecordingApi::start();
    let manager = ServiceManager::new();
    let mut gate = manager.notified_by(Gate::before(api.url())).start();
    let message = manager.receive();
    assert_eq!(message[..2], ["READY=1".to_owned(), format!("MAINPID={}", gate.id())]);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert!(manager.has_no_message());
    gate.signal(Signal::SIGTERM);
    assert_eq!(manager.receive()[0], "STOPPING=1");
    assert_eq!(gate.wait().code(), Some(0));
}

#[test]
fn a_failed_start_is_not_notified_as_ready() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let manager = ServiceManager::new();
    let gate = Gate::before("http://127.0.0.1:9").admin(&taken.local_addr().unwrap().to_string());
    assert_eq!(manager.notified_by(gate).run().code, 1);
    assert!(manager.has_no_message());
}

#[test]
fn the_outcome_of_a_reload_is_notified() {
    let manager = ServiceManager::new();
    let gate = manager.notified_by(Gate::before("http://127.0.0.1:9")).start();
    manager.receive();
    let reload = |text: &str| {
        std::fs::write(gate.settings_file(), text).unwrap();
        gate.signal(Signal::SIGHUP);
        let (begun, ended) = (manager.receive(), manager.receive());
        assert_eq!(begun[0], "RELOADING=1");
        assert!(begun[1].strip_prefix("MONOTONIC_USEC=").unwrap().parse::<u64>().unwrap() > 0);
        assert_eq!(ended[0], "READY=1");
        ended[1].clone()
    };
    let good = std::fs::read_to_string(gate.settings_file()).unwrap();
    let refused = reload(&good.replace("listen:", "lisen:"));
    assert!(refused.starts_with("STATUS=serving the last good files; faults in those on disk: "), "{refused}");
    assert!(reload(&good).starts_with("STATUS=serving; reloaded: "));
}

/// systemd uses one for user services and in containers.
#[cfg(target_os = "linux")]
#[test]
fn the_notify_socket_may_be_an_abstract_name() {
    use std::os::linux::net::SocketAddrExt as _;
    let name = format!("claviger-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(RECEIVE_TIMEOUT)).unwrap();
    let _gate = Gate::before("http://127.0.0.1:9").variable("NOTIFY_SOCKET", &format!("@{name}")).start();
    assert_eq!(receive(&socket)[0], "READY=1");
}

#[test]
fn sigusr2_starts_a_successor_that_becomes_the_main_process() {
    let api = RecordingApi::start();
    let manager = ServiceManager::new();
    let mut old = manager.notified_by(Gate::before(api.url()).settings(HANDOVER)).start();
    manager.receive();
    let mut kept = old.connect();
    assert_eq!(kept.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    old.signal(Signal::SIGUSR2);
    let message = manager.receive();
    let id: i32 = message[1].strip_prefix("MAINPID=").unwrap().parse().unwrap();
    let new = Successor(Pid::from_raw(id));
    assert!(message[0] == "READY=1" && id.unsigned_abs() != old.id(), "{message:?}");
    eventually("the old process closes its connections", || {
        kept.send(&Request::get("/x").bearer(TOKEN)).header("connection") == Some("close")
    });
    assert_eq!(old.wait().code(), Some(0));
    let reply = Connection::open(old.address).send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(reply.status, 200);
    // A message of the old process would be taken for one of the new.
    assert!(manager.has_no_message());
    kill(new.0, Signal::SIGTERM).unwrap();
    assert_eq!(manager.receive()[0], "STOPPING=1");
    eventually("the new process exits", || std::net::TcpStream::connect(old.address).is_err());
}

#[test]
fn the_process_goes_on_when_its_successor_fails() {
    let api = RecordingApi::start();
    for (settings, says) in [("", "handover.socket is not set"), (HANDOVER, "this process goes on")] {
        let gate = Gate::before(api.url()).settings(settings).start();
        std::fs::write(gate.settings_file(), "proxy: {lisen: 127.0.0.1:0}").unwrap();
        gate.signal(Signal::SIGUSR2);
        eventually("it is logged", || gate.stderr().contains(says));
        assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert_eq!(gate.admin("GET", "/livez").status, 200);
    }
}
