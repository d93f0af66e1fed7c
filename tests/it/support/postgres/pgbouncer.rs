//! PgBouncer in front of a cluster.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::super::eventually;
use super::Cluster;
use super::installation::{Installation, ROLE};

/// Ends with this value.
pub struct PgBouncer {
    process: Child,
    port: u16,
    password: String,
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
        let settings = folder.path().join("pgbouncer.ini");
        let place = cluster.address();
        let (host, server) = place.split_once(':').unwrap();
        let text = format!(
            "[databases]\n* = host={host} port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\n\
             default_pool_size = 20\nlogfile = {}\n",
            users.display(),
            folder.path().join("log").display()
        );
        std::fs::write(&settings, text).unwrap();
        installation.give(&settings);
        let mut command = installation.command(Self::binary(), folder.path());
        command.arg("-q").arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let bouncer = Self { process, port, password, folder };
        eventually("PgBouncer listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        bouncer
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
