//! The proxies themselves, with the files of `deploy/forward-auth` and other ports.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::super::shipped;
use crate::support::{Connection, Request};

const TIMEOUT: Duration = Duration::from_secs(30);

/// One of those that can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    Nginx,
    Traefik,
    Caddy,
    Envoy,
    EnvoyGrpc,
}

/// A running one; ended when dropped.
pub(super) struct RunningProxy {
    pub(super) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Proxy {
    /// Where its files are, and which.
    fn files(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Nginx => ("nginx", &["nginx.conf"]),
            Self::Traefik => ("traefik", &["traefik.yaml", "routes.yaml"]),
            Self::Caddy => ("caddy", &["Caddyfile"]),
            Self::Envoy => ("envoy", &["envoy.yaml"]),
            Self::EnvoyGrpc => ("envoy", &["envoy-grpc.yaml"]),
        }
    }

    fn command(self, folder: &Path) -> Command {
        let (program, arguments): (PathBuf, &[&str]) = match self {
            Self::Nginx => ("nginx".into(), &["-p", ".", "-c", "nginx.conf", "-g", "daemon off; user root;"]),
            Self::Traefik => (installed("traefik"), &["--configFile=traefik.yaml"]),
            Self::Caddy => (installed("caddy"), &["run", "--config", "Caddyfile"]),
            Self::Envoy => (installed("envoy"), &["-c", "envoy.yaml"]),
            Self::EnvoyGrpc => (installed("envoy"), &["-c", "envoy-grpc.yaml"]),
        };
        let mut command = Command::new(program);
        command.current_dir(folder).args(arguments);
        if matches!(self, Self::Envoy | Self::EnvoyGrpc) {
            command.args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]);
        }
        // Debian puts into sbin what only root uses as a rule.
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
        // What a program of this kind writes at home belongs to the test.
        command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
        command
    }

    /// In front of an API, with the address of the gate.
    pub(super) fn start(self, api: &str, gate: SocketAddr) -> RunningProxy {
        let folder = TempDir::new().unwrap();
        let address = free();
        let (place, names) = self.files();
        for name in names {
            let text = std::fs::read_to_string(shipped("forward-auth").join(place).join(name)).unwrap();
            let places = [("8080", address.to_string()), ("9000", api.to_owned()), ("8082", gate.to_string())];
            let moved = places.iter().fold(text, |text, (port, to)| moved(&text, port, to));
            std::fs::write(folder.path().join(name), moved).unwrap();
        }
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = self.command(folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{self:?}: {error}; `make test` installs it"));
        let mut running = RunningProxy { address, child, _folder: folder };
        let start = Instant::now();
        // Some listen before they know their routes.
        while !asks(address) {
            let has_ended = running.child.try_wait().unwrap().is_some();
            if has_ended || start.elapsed() >= TIMEOUT {
                let log = std::fs::read_to_string(running._folder.path().join("log")).unwrap();
                panic!("{self:?} does not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

/// True once it refuses those who bring nothing.
fn asks(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
        && Connection::open(address).send(&Request::get("/visits").header("Connection", "close")).status == 401
}

/// With another port in the place of a shipped one, wherever that stands.
fn moved(text: &str, port: &str, to: &str) -> String {
    let (_, new) = to.rsplit_once(':').unwrap();
    [":", "port_value: "]
        .iter()
        .fold(text.to_owned(), |text, before| text.replace(&format!("{before}{port}"), &format!("{before}{new}")))
}

/// A port that is free now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Put there by `make test`.
fn installed(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin").join(program)
}

impl Drop for RunningProxy {
    fn drop(&mut self) {
        // nginx ends its workers only when it is asked to.
        let id = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        let _told = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let start = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && start.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
