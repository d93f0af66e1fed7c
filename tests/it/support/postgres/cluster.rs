//! A private server that a test can stop, start and disconnect.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::super::{Authority, eventually, folder_in_memory};
use super::installation::{Installation, ROLE, SUPERUSER};
use super::{Database, ask};

/// Without `fsync`, only a crash of the machine loses commits.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'
max_connections = 500
shared_buffers = 16MB
fsync = off
full_page_writes = off
password_encryption = 'scram-sha-256'
timezone = 'UTC'
ssl = on
ssl_cert_file = '../cert.pem'
ssl_key_file = '../key.pem'
";

const ALONE: &str = "wal_level = minimal\nmax_wal_senders = 0\n";
/// For streaming replication.
const REPLICATED: &str = "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on\nwal_keep_size = '256MB'\nwal_retrieve_retry_interval = '100ms'\n";

/// A private server with an empty data folder. It ends with this value, or with the process, even by SIGKILL.
pub struct Cluster {
    installation: Installation,
    authority: Authority,
    password: String,
    folder: PathBuf,
    port: u16,
    keeper: Mutex<Keeper>,
}

/// Processes that do not run until this is dropped.
pub struct Frozen(Vec<u32>);

impl Drop for Frozen {
    fn drop(&mut self) {
        self.0.iter().for_each(|process| signal(*process, Signal::SIGCONT));
    }
}

fn signal(process: u32, signal: Signal) {
    // It may have ended.
    let _sent = kill(Pid::from_raw(process.try_into().unwrap()), signal);
}

/// A shell with the server as its child. It outlives this process until the server has ended.
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Both disconnect all clients; on disk, one is a shutdown and the other a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowToStop {
    Fast,
    Immediate,
}

impl Cluster {
    /// On a free port of 127.0.0.1 and on a Unix socket, with a certificate for `localhost` and `127.0.0.1`.
    pub fn start() -> Self {
        Self::start_in(folder_in_memory("claviger-pg-"))
    }

    /// The same with its data in this folder.
    pub fn start_in(folder: TempDir) -> Self {
        Self::start_with_data(folder, ALONE, Installation::provide_data)
    }

    /// A server that can have a [`Self::standby`].
    pub fn start_replicated() -> Self {
        Self::start_with(REPLICATED, Installation::provide_data)
    }

    /// A hot standby of this server, by streaming replication. Restarts this server, whose data it copies.
    pub fn standby(&self) -> Self {
        self.stop(HowToStop::Fast);
        let standby = Self::start_with(&self.standby_settings(), |installation, folder| {
            installation.copy_data(&self.folder, folder);
            std::fs::write(folder.join("data/standby.signal"), "").unwrap();
            installation.give(&folder.join("data/standby.signal"));
            self.password.clone()
        });
        self.start_again();
        standby
    }

    /// Restarts this server as a standby of the other one, which has been promoted.
    pub fn follow(&self, primary: &Self) {
        let settings = std::fs::read_to_string(self.folder.join("data/postgresql.conf")).unwrap();
        std::fs::write(self.folder.join("data/postgresql.conf"), settings + primary.standby_settings().as_str())
            .unwrap();
        std::fs::write(self.folder.join("data/standby.signal"), "").unwrap();
        self.installation.give(&self.folder.join("data/standby.signal"));
        self.start_again();
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        assert_eq!(self.execute("SELECT pg_promote()::text"), "true");
    }

    /// Makes a standby lose its primary, and with that everything that is written from now on.
    pub fn stop_following(&self, primary: &Self) {
        self.execute("ALTER SYSTEM SET primary_conninfo = ''");
        self.execute("SELECT pg_reload_conf()");
        let followers = "SELECT count(*) FROM pg_stat_replication";
        eventually("the standby is cut off", || primary.execute(followers) == "0");
    }

    /// Makes it fall silent: connections stay open, and nothing answers until the value is dropped.
    pub fn freeze(&self) -> Frozen {
        let server = self.process();
        let is_child = |process: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|of| of.trim() == server.to_string()))
        };
        // The server first, so that it starts no more.
        signal(server, Signal::SIGSTOP);
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let backends = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child);
        let frozen = Frozen(std::iter::once(server).chain(backends).collect());
        frozen.0.iter().for_each(|process| signal(*process, Signal::SIGSTOP));
        frozen
    }

    /// Waits until a standby has replayed everything that this server has written.
    pub fn is_replayed_by(&self, standby: &Self) {
        // A fast shutdown sends the rest to a standby that is connected.
        let streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        eventually("the standby streams", || self.execute(streaming) == "1");
        let written = self.execute("SELECT pg_current_wal_lsn()::text");
        let replayed = format!("SELECT (pg_last_wal_replay_lsn() >= '{written}')::text");
        eventually("the standby catches up", || standby.execute(&replayed) == "true");
    }

    fn standby_settings(&self) -> String {
        let (port, password) = (self.port, &self.password);
        format!(
            "{REPLICATED}primary_conninfo = 'host=127.0.0.1 port={port} user={SUPERUSER} password={password} sslmode=disable'\n"
        )
    }

    fn start_with(more: &str, data: impl FnOnce(&Installation, &Path) -> String) -> Self {
        Self::start_with_data(folder_in_memory("claviger-pg-"), more, data)
    }

    fn start_with_data(folder: TempDir, more: &str, data: impl FnOnce(&Installation, &Path) -> String) -> Self {
        let installation = Installation::find();
        installation.give(folder.path());
        let keeper = Mutex::new(Keeper::start(&installation, folder.path()));
        // From here on the keeper removes it.
        let folder = folder.keep();
        let password = data(&installation, &folder);
        let mut cluster = Self { installation, authority: Authority::new(), password, folder, port: 0, keeper };
        cluster.authority.write(&cluster.ca());
        cluster.write_certificate(&["localhost", "127.0.0.1"]);
        // Another process may take the port before the server does.
        let has_started = (0..10).any(|_| {
            cluster.port = free_port();
            let place = format!("port = {}\nunix_socket_directories = '{}'\n", cluster.port, cluster.folder.display());
            std::fs::write(cluster.folder.join("data/postgresql.conf"), SETTINGS.to_owned() + more + place.as_str())
                .unwrap();
            cluster.order("start")
        });
        assert!(has_started, "PostgreSQL does not start:\n{}", cluster.log());
        cluster
    }

    /// Stops it; certificate, databases and commits stay.
    pub fn stop(&self, how: HowToStop) {
        let signal = match how {
            HowToStop::Fast => "INT",
            HowToStop::Immediate => "QUIT",
        };
        assert!(self.order(signal), "PostgreSQL does not stop:\n{}", self.log());
    }

    /// On the same port, with the same data.
    pub fn start_again(&self) {
        assert!(self.order("start"), "PostgreSQL does not start again:\n{}", self.log());
    }

    /// Terminates all client connections; clients can reconnect at once.
    pub fn terminate_connections(&self) {
        self.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        );
    }

    /// Presents a certificate for these names to new connections.
    pub fn certify(&self, names: &[&str]) {
        let loaded = || self.execute("SELECT pg_conf_load_time()");
        let before = loaded();
        self.write_certificate(names);
        self.execute("SELECT pg_reload_conf()");
        eventually("PostgreSQL has reloaded its settings", || loaded() != before);
    }

    /// For the role of the program, with `sslmode=verify-full`.
    pub fn url(&self, database: &str) -> String {
        let (password, port, ca) = (&self.password, self.port, self.ca());
        let verified = format!("sslmode=verify-full&sslrootcert={}", ca.display());
        format!("postgres://{ROLE}:{password}@localhost:{port}/{database}?{verified}")
    }

    /// The same without TLS.
    pub fn plain_url(&self, database: &str) -> String {
        self.url_of(ROLE, database)
    }

    /// Of every role.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The same through the Unix socket.
    pub fn socket_url(&self, database: &str) -> String {
        let host = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{ROLE}:{}@{host}:{}/{database}?sslmode=disable", self.password, self.port)
    }

    /// A new, empty database here.
    pub fn fresh_database(&self) -> Database {
        Database::create(&self.plain_url("postgres"), |name| self.url(name), |name| self.plain_url(name))
    }

    /// A new database here, like `template`, which must have no connections.
    pub fn copy_of(&self, template: &Database) -> Database {
        Database::copy(template, |name| self.url(name), |name| self.plain_url(name))
    }

    /// Runs SQL as superuser; the first value of the first row as text, empty without one.
    pub fn execute(&self, sql: &str) -> String {
        ask(&self.url_of(SUPERUSER, "postgres"), sql)
    }

    /// The certificate of the authority that has signed the server's, as a file.
    pub fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Removed with the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Process id of the server.
    pub fn process(&self) -> u32 {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }

    /// The server's log.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/{database}?sslmode=disable", self.password, self.port)
    }

    fn write_certificate(&self, names: &[&str]) {
        self.authority.issue_for(names).write(&self.folder);
        let key = self.folder.join("key.pem");
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
        self.installation.give(&key);
        self.installation.give(&self.folder.join("cert.pem"));
    }

    fn order(&self, order: &str) -> bool {
        self.keeper.lock().unwrap().order(order)
    }
}

impl Keeper {
    fn start(installation: &Installation, folder: &Path) -> Self {
        let mut command = installation.command("/bin/sh", folder);
        command.args(["-c", include_str!("keeper.sh"), "keeper"]).arg(installation.server()).arg(folder);
        // The test runner kills the process group of a test; the keeper must survive that.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { orders: process.stdin.take(), process, answers }
    }

    /// The keeper bounds every wait.
    fn order(&mut self, order: &str) -> bool {
        let orders = self.orders.as_mut().unwrap();
        orders.write_all(format!("{order}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer == "0\n"
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _reaped = self.process.wait();
    }
}

/// Below the ephemeral ports: one of those could be taken while the server is stopped.
fn free_port() -> u16 {
    let random = |_| TcpListener::bind(("127.0.0.1", fastrand::u16(10_000..32_000)));
    let listener = (0..100).find_map(|turn| random(turn).ok()).expect("a free port");
    listener.local_addr().unwrap().port()
}
