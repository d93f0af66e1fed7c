//! PgBouncer in front of a cluster.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::super::eventually;
use super::Cluster;
use super::installation::{Installation, ROLE};

/// Ends with this value.
pub struct PgBouncer {
    process: Child,
    port: u16,
    password: String,
    /// But for the mode.
    settings: String,
    folder: TempDir,
}

impl PgBouncer {
    /// `mode` is `session`, `transaction` or `statement`.
    pub fn start(cluster: &Cluster, mode: &str) -> Self {
        let installation = Installation::find();
        let folder = TempDir::with_prefix("claviger-pgbouncer-").unwrap();
        installation.give(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let password = cluster.password().to_owned();
        let users = folder.path().join("users");
        std::fs::write(&users, format!("\"{ROLE}\" \"{password}\"\n")).unwrap();
        installation.give(&users);
        let place = cluster.address();
        let (host, server) = place.split_once(':').unwrap();
        let (users, log) = (users.display(), folder.path().join("log"));
        let settings = format!(
            "[databases]\n* = host={host} port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {users}\n\
             default_pool_size = 20\nserver_login_retry = 1\nlogfile = {}\n",
            log.display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, format!("{settings}pool_mode = {mode}\n")).unwrap();
        installation.give(&file);
        let mut command = installation.command(Self::binary(), folder.path());
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let bouncer = Self { process, port, password, settings, folder };
        eventually("PgBouncer listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        bouncer
    }

    /// Changes the mode of the running pooler; connections stay open.
    pub fn change_mode(&self, mode: &str) {
        // In place: the file belongs to the pooler's user.
        std::fs::write(self.folder.path().join("pgbouncer.ini"), format!("{}pool_mode = {mode}\n", self.settings))
            .unwrap();
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), Signal::SIGHUP).unwrap();
    }

    fn binary() -> PathBuf {
        let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        places
            .into_iter()
            .map(PathBuf::from)
            .find(|file| file.is_file())
            .expect("no PgBouncer is installed; make test installs it, or on Debian: apt-get install pgbouncer")
    }

    /// For the role of the program, without TLS.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}:{}@127.0.0.1:{}/{database}?sslmode=disable", self.password, self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
