//! Bench support: the release binary, an API for it, and a plain client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The key of the client is that of RFC 6455.
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/// The token of `acme-billing`.
pub const TOKEN: &str = "token-of-the-benches";

/// A running gate; ended when dropped.
pub struct Gate {
    child: Child,
    folder: Arc<TempDir>,
    /// For callers.
    pub address: SocketAddr,
    /// For operators.
    pub admin: SocketAddr,
    /// For people, where there is a database.
    pub console: Option<SocketAddr>,
}

impl Gate {
    /// In front of an API. `settings` is YAML at the root, `credentials` further entries.
    pub fn start(api: &Api, settings: &str, credentials: &str) -> Self {
        Self::start_with(api, "", settings, credentials)
    }

    /// The same with an SQLite database beside the file.
    pub fn start_with_database(api: &Api, settings: &str) -> Self {
        Self::start_with_database_at(api, "sqlite:claviger.db", settings)
    }

    /// The same with the database at this address.
    pub fn start_with_database_at(api: &Api, url: &str, settings: &str) -> Self {
        Self::start_with_console(api, url, "", settings)
    }

    /// The same; `console` is further keys of the console in YAML, each behind a comma.
    pub fn start_with_console(api: &Api, url: &str, console: &str, settings: &str) -> Self {
        let settings = format!("console: {{listen: 127.0.0.1:0{console}}}\n{settings}");
        Self::start_with(api, &format!(", database: '{url}'"), &settings, "")
    }

    fn start_with(api: &Api, database: &str, settings: &str, credentials: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = format!(
            "proxy: {{listen: 127.0.0.1:0, upstream: 'http://{}', upgrades: [{{path: /socket}}]}}\nadmin: {{listen: 127.0.0.1:0}}\n\
             credentials: {{file: credentials.yaml{database}}}\nhandover: {{socket: run/s}}\nlog: {{format: json}}\n{settings}\n",
            api.address
        );
        std::fs::write(folder.path().join("claviger.yaml"), file).unwrap();
        let gate = |folder| Self::launch(folder, &[]);
        write_credentials(folder.path(), credentials);
        gate(Arc::new(folder))
    }

    /// Another process that takes over from this one.
    pub fn upgrade(&self) -> Self {
        Self::launch(self.folder.clone(), &["--upgrade"])
    }

    fn launch(folder: Arc<TempDir>, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        command.current_dir(folder.path()).args(["serve", "--migrate", "--config", "claviger.yaml"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("claviger listens")));
        let line: serde_json::Value = serde_json::from_str(&line.expect("the gate does not start")).unwrap();
        // Without a reader the gate would lose lines.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let address = |field: &str| line[field].as_str().unwrap().parse().unwrap();
        let console = line["console"].as_str().and_then(|address| address.parse().ok());
        Self { address: address("proxy"), admin: address("admin"), console, child, folder }
    }

    /// Puts other credentials in force.
    pub fn reload(&self, credentials: &str) -> bool {
        write_credentials(self.folder.path(), credentials);
        // The admin listener refuses a Host that names another machine.
        let request = format!("POST /-/reload HTTP/1.1\r\nhost: {}\r\n\r\n", self.admin);
        Client::open(self.admin).ask(request.as_bytes()).is_ok_and(|answer| answer.status == 200)
    }

    /// Puts tokens, by id, into the database.
    pub fn import(&self, tokens: &[(&str, &str)]) {
        let row = |(id, token): &(&str, &str)| format!("{id},acme,{}\n", digest(token));
        let text: String = tokens.iter().map(row).collect();
        std::fs::write(self.folder.path().join("in.csv"), format!("id,account,token\n{text}")).unwrap();
        self.command(&["credential", "import", "in.csv"]);
    }

    /// What a command with the settings of this gate prints.
    pub fn command(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        command.current_dir(self.folder.path()).args(arguments).args(["--config", "claviger.yaml"]);
        let done = command.stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Connections to the SQLite database.
    pub fn database_connections(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.id())).into_iter().flatten().flatten();
        files.filter(|file| std::fs::read_link(file.path()).is_ok_and(|file| file.ends_with("claviger.db"))).count()
    }

    /// Waits for the process to end by itself; true when it did, and well.
    pub fn ends_well(mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it holds of the machine's memory, in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim();
        line.trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn write_credentials(folder: &Path, more: &str) {
    let digest = digest(TOKEN);
    let text = format!("credentials:\n  - {{id: acme-billing, account: acme, token: '{digest}'}}\n{more}\n");
    let fresh = folder.join("credentials.new");
    std::fs::write(&fresh, text).unwrap();
    std::fs::rename(fresh, folder.join("credentials.yaml")).unwrap();
}

/// As files have it.
fn digest(token: &str) -> String {
    Sha256::digest(token).iter().fold("sha256:".to_owned(), |text, byte| text + format!("{byte:02x}").as_str())
}

/// An API that answers `{}` to everything, `/big` with more than a socket holds, and `/socket` with a WebSocket that
/// echoes bytes.
pub struct Api {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<AtomicU64>,
}

impl Api {
    /// On a port that the system picks.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = api.seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                let small = std::thread::Builder::new().stack_size(128 * 1024);
                // Without a thread the connection is closed, and the bench says so.
                let _thread = small.spawn(move || serve(stream, &seen));
            }
        });
        api
    }

    /// How many requests have reached it whole.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }
}

fn serve(stream: TcpStream, seen: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(4096, stream);
    while let Some(head) = Head::read(&mut reader)? {
        std::io::copy(&mut reader.by_ref().take(head.length), &mut std::io::sink())?;
        seen.fetch_add(1, Ordering::Relaxed);
        if head.line.contains(" /socket ") {
            writer.write_all(SWITCHING)?;
            std::io::copy(&mut reader, &mut writer)?;
            return Ok(());
        }
        if head.line.contains(" /big ") {
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4194304\r\n\r\n")?;
            (0..64).try_for_each(|_| writer.write_all(&[b'x'; 65536]))?;
        } else {
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")?;
        }
    }
    Ok(())
}

/// The head of a request or an answer, as far as it matters here.
struct Head {
    line: String,
    length: u64,
    closes: bool,
}

impl Head {
    /// `None` when the connection ends before it begins.
    fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut head = Self { line: String::new(), length: 0, closes: false };
        if reader.read_line(&mut head.line)? == 0 {
            return Ok(None);
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some((name, value)) = line.split_once(':') else { return Ok(Some(head)) };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.parse().unwrap_or_default();
            }
            head.closes |= name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close");
        }
    }
}

/// An answer.
pub struct Answer {
    /// As in its first line.
    pub status: u16,
    /// The next request needs another connection.
    pub closes: bool,
}

/// One kept connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self(BufReader::with_capacity(4096, stream))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends before.
    pub fn ask(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        self.0.get_mut().write_all(request)?;
        let head = Head::read(&mut self.0)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        std::io::copy(&mut self.0.by_ref().take(head.length), &mut std::io::sink())?;
        let status = head.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Ok(Answer { status, closes: head.closes })
    }
}

/// A WebSocket to `/socket`.
pub struct WebSocket(Client);

impl WebSocket {
    /// # Errors
    /// When the API or the gate refuses it.
    pub fn open(address: SocketAddr) -> std::io::Result<Self> {
        let mut client = Client::open(address);
        let head = format!(
            "GET /socket HTTP/1.1\r\nhost: api.example.org\r\nauthorization: Bearer {TOKEN}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        match client.ask(head.as_bytes())?.status {
            101 => Ok(Self(client)),
            status => Err(std::io::Error::other(format!("status {status}"))),
        }
    }

    /// Sends a text frame, and reads it back; the mask is zero.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn echo(&mut self) -> std::io::Result<()> {
        const FRAME: [u8; 10] = *b"\x81\x84\0\0\0\0ping";
        let mut echoed = [0; FRAME.len()];
        self.0.0.get_mut().write_all(&FRAME)?;
        self.0.0.read_exact(&mut echoed)?;
        if echoed == FRAME { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) }
    }
}

/// A request without a body, as it goes over the wire.
pub fn request(method: &str, target: &str, authorization: Option<&str>) -> Vec<u8> {
    let line = authorization.map_or(String::new(), |value| format!("authorization: {value}\r\n"));
    format!("{method} {target} HTTP/1.1\r\nhost: api.example.org\r\n{line}\r\n").into_bytes()
}
