//! What a service manager hears of a process, and how one process follows another under it.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{Connection, Gate, GateBuilder, RecordingApi, Request, TOKEN, eventually};

const PATIENCE: Duration = Duration::from_secs(20);
const HANDOVER: &str = "handover: {socket: run/next.sock}";

/// Whoever has started the process, as far as it can tell.
struct ServiceManager {
    socket: UnixDatagram,
    folder: TempDir,
}

/// A process that nobody here has started; ended when dropped.
pub(super) struct Next(pub(super) Pid);

impl Drop for Next {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = kill(self.0, Signal::SIGKILL);
    }
}

impl ServiceManager {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, folder }
    }

    fn watching(&self, gate: GateBuilder) -> GateBuilder {
        gate.variable("NOTIFY_SOCKET", self.folder.path().join("notify").to_str().unwrap())
    }

    /// What is said next, line by line.
    fn hears(&self) -> Vec<String> {
        hears(&self.socket)
    }

    fn has_heard_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let nothing = self.socket.recv(&mut [0; 1]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        nothing
    }
}

fn hears(socket: &UnixDatagram) -> Vec<String> {
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).expect("nothing is said");
    std::str::from_utf8(&bytes[..length]).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_process_says_when_callers_are_let_in_and_when_it_stops() {
    let api = RecordingApi::start();
    let manager = ServiceManager::new();
    let mut gate = manager.watching(Gate::before(api.url())).start();
    let said = manager.hears();
    assert_eq!(said[..2], ["READY=1".to_owned(), format!("MAINPID={}", gate.id())]);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert!(manager.has_heard_nothing());
    gate.signal(Signal::SIGTERM);
    assert_eq!(manager.hears()[0], "STOPPING=1");
    assert_eq!(gate.wait().code(), Some(0));
}

#[test]
fn a_process_that_does_not_come_up_never_says_that_it_is_ready() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let manager = ServiceManager::new();
    let gate = Gate::before("http://127.0.0.1:9").admin(&taken.local_addr().unwrap().to_string());
    assert_eq!(manager.watching(gate).run().code, 1);
    assert!(manager.has_heard_nothing());
}

#[test]
fn what_became_of_a_reload_is_said() {
    let manager = ServiceManager::new();
    let gate = manager.watching(Gate::before("http://127.0.0.1:9")).start();
    manager.hears();
    let reload = |text: &str| {
        std::fs::write(gate.settings_file(), text).unwrap();
        gate.signal(Signal::SIGHUP);
        let (begun, ended) = (manager.hears(), manager.hears());
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

/// As systemd has it for services of users and in containers.
#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_may_listen_at_a_name_that_is_no_file() {
    use std::os::linux::net::SocketAddrExt as _;
    let name = format!("claviger-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let _gate = Gate::before("http://127.0.0.1:9").variable("NOTIFY_SOCKET", &format!("@{name}")).start();
    assert_eq!(hears(&socket)[0], "READY=1");
}

#[test]
fn a_signal_starts_the_program_that_is_on_disk_now_which_becomes_the_main_process() {
    let api = RecordingApi::start();
    let manager = ServiceManager::new();
    let mut old = manager.watching(Gate::before(api.url()).settings(HANDOVER)).start();
    manager.hears();
    let mut kept = old.connect();
    assert_eq!(kept.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    old.signal(Signal::SIGUSR2);
    let said = manager.hears();
    let id: i32 = said[1].strip_prefix("MAINPID=").unwrap().parse().unwrap();
    let new = Next(Pid::from_raw(id));
    assert!(said[0] == "READY=1" && id.unsigned_abs() != old.id(), "{said:?}");
    eventually("the old one sees its callers off", || {
        kept.send(&Request::get("/x").bearer(TOKEN)).header("connection") == Some("close")
    });
    assert_eq!(old.wait().code(), Some(0));
    let reply = Connection::open(old.address).send(&Request::get("/x").bearer(TOKEN));
    assert_eq!(reply.status, 200);
    // What the old one might say now would be taken for the new one's.
    assert!(manager.has_heard_nothing());
    kill(new.0, Signal::SIGTERM).unwrap();
    assert_eq!(manager.hears()[0], "STOPPING=1");
    eventually("the new one ends", || std::net::TcpStream::connect(old.address).is_err());
}

#[test]
fn where_the_next_process_does_not_come_up_this_one_goes_on() {
    let api = RecordingApi::start();
    for (settings, says) in [("", "handover.socket is not set"), (HANDOVER, "this one goes on")] {
        let gate = Gate::before(api.url()).settings(settings).start();
        std::fs::write(gate.settings_file(), "proxy: {lisen: 127.0.0.1:0}").unwrap();
        gate.signal(Signal::SIGUSR2);
        eventually("it says so", || gate.stderr().contains(says));
        assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert_eq!(gate.admin("GET", "/livez").status, 200);
    }
}
