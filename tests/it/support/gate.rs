//! The real program, started as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Connection, Ended, Reply, Request, Run, claviger, config_map, credentials};

pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// Settings and files of a gate.
pub struct GateBuilder {
    upstream: Option<String>,
    admin: String,
    console: String,
    settings: String,
    proxy: String,
    credentials: Option<String>,
    database: Option<String>,
    log: String,
    variables: Vec<(String, String)>,
    folder: TempDir,
    is_config_map: bool,
}

/// A running gate; ended when dropped.
pub struct Gate {
    pub(super) child: Child,
    folder: Arc<TempDir>,
    pub address: SocketAddr,
    pub admin: SocketAddr,
    /// The listener of the management API; the admin listener's where this process serves none.
    pub console: SocketAddr,
    /// The forward-auth listener.
    pub forward_auth_addr: SocketAddr,
    stdout: Output,
    stderr: Output,
}

type Output = Arc<Mutex<String>>;

impl Gate {
    /// In front of an upstream, with the usual credentials.
    pub fn before(upstream: &str) -> GateBuilder {
        GateBuilder { upstream: Some(upstream.to_owned()), ..Self::nowhere() }
    }

    /// The management API alone, on this database. `address` and `admin` are the same.
    pub fn management_only(database: &str) -> GateBuilder {
        Self::nowhere().database(database)
    }

    /// For forward-auth, with the usual credentials; `settings` are further keys of `forward_auth`.
    pub fn forward_auth(settings: &str) -> GateBuilder {
        Self::nowhere().settings(&format!("forward_auth: {{listen: 127.0.0.1:0, {settings}}}"))
    }

    /// With these settings, but for those of the admin listener, the credentials and the log.
    pub fn from_settings(settings: &str) -> GateBuilder {
        Self::nowhere().settings(settings)
    }

    fn nowhere() -> GateBuilder {
        GateBuilder {
            upstream: None,
            admin: "127.0.0.1:0".into(),
            console: "127.0.0.1:0".into(),
            settings: String::new(),
            proxy: String::new(),
            credentials: Some(credentials()),
            database: None,
            log: "log: {format: json, level: debug}\n".into(),
            variables: Vec::new(),
            folder: TempDir::new().unwrap(),
            is_config_map: false,
        }
    }

    /// Any command line that serves, on ports that the system picks; `folder` lives as long as the gate.
    pub fn launch(command: &mut Command, folder: impl Into<Arc<TempDir>>) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let start = Instant::now();
        let [address, admin, forward_auth_addr, console] = loop {
            if let Some(addresses) = addresses(&stderr.lock().unwrap()) {
                break addresses;
            }
            let has_ended = child.try_wait().unwrap().is_some();
            if has_ended || start.elapsed() >= TIMEOUT {
                // Nothing else would end it.
                let _ended = child.kill();
                panic!("the gate does not start:\n{}", stderr.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Self { child, folder: folder.into(), address, admin, console, forward_auth_addr, stdout, stderr }
    }

    /// Another process that takes over from this one, with the files as they are now.
    pub fn upgrade(&self) -> Self {
        let mut command = claviger();
        command.args(["serve", "--upgrade", "--config"]).arg(self.settings_file());
        Self::launch(&mut command, self.folder.clone())
    }

    /// A new connection to it.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// One request on a connection of its own.
    pub fn send(&self, request: &Request) -> Reply {
        self.connect().send(request)
    }

    /// Raw bytes on a connection of their own, and whatever comes back until it is closed.
    pub fn send_raw(&self, bytes: &[u8]) -> String {
        let mut connection = self.connect();
        connection.write(bytes);
        String::from_utf8_lossy(&connection.rest()).into_owned()
    }

    /// One request to the admin listener.
    pub fn admin(&self, method: &str, target: &str) -> Reply {
        let request = Request::new(method, target).host("localhost").header("Connection", "close");
        Connection::open(self.admin).send(&request)
    }

    /// The value of a line of `/metrics`, labels written as there; 0 without one.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.admin("GET", "/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The same, which then lives as long as the longer of the two.
    pub fn shared_folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// Its settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.folder().join("claviger.yaml")
    }

    /// Its credentials file.
    pub fn credentials_file(&self) -> PathBuf {
        self.folder().join("credentials.yaml")
    }

    /// Everything on standard output so far: the access log.
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// Everything on standard error so far: the operational log.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Waits until the operational log has this text. What is counted in a metric may be logged a moment later.
    pub fn awaits_log(&self, text: &str) {
        eventually(&format!("the log says: {text}"), || self.stderr().contains(text));
    }

    /// The access log, line by line, once it has this many lines.
    pub fn access_log(&self, lines: usize) -> Vec<serde_json::Value> {
        eventually("the access log has its lines", || self.stdout().lines().count() >= lines);
        let text = self.stdout();
        let mut log: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // A line is written when its request is over, which may be after the next one has begun. Ids sort by arrival.
        log.sort_by_key(|line| line["request_id"].to_string());
        log
    }

    /// Replaces the credentials file as editors do, and waits until it is in force.
    pub fn replace_credentials(&self, text: &str) {
        let before = self.reloads("success");
        self.rename_over(&self.credentials_file(), text);
        eventually("the new set is in force", || self.reloads("success") > before);
    }

    /// Writes a file beside another and renames it over that one.
    pub fn rename_over(&self, file: &Path, text: &str) {
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(&fresh, file).unwrap();
    }

    /// How many reloads had this result.
    pub fn reloads(&self, result: &str) -> f64 {
        self.metric(&format!("claviger_config_reloads_total{{result=\"{result}\"}}"))
    }
}

impl GateBuilder {
    /// More settings, as YAML at the root of the file.
    pub fn settings(mut self, yaml: &str) -> Self {
        self.settings.push_str(yaml);
        self.settings.push('\n');
        self
    }

    /// More settings under `proxy`, indented by two.
    pub fn proxy(mut self, yaml: &str) -> Self {
        self.proxy.push_str(yaml);
        self.proxy.push('\n');
        self
    }

    /// Another address of the admin listener, and more settings of it behind a comma.
    pub fn admin(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.admin);
        self
    }

    /// Another address of the console listener, and more settings of it behind a comma.
    pub fn console(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.console);
        self
    }

    /// Another credentials file.
    pub fn credentials(mut self, yaml: &str) -> Self {
        self.credentials = Some(yaml.to_owned());
        self
    }

    /// Credentials of a database, and none of a file unless [`GateBuilder::credentials`] comes later.
    pub fn database(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self.credentials = None;
        self
    }

    /// Another `log` section.
    pub fn log(mut self, yaml: &str) -> Self {
        self.log = yaml.to_owned();
        self
    }

    /// Files as Kubernetes mounts a ConfigMap: links into a folder that is swapped as a whole.
    pub fn config_map(mut self) -> Self {
        self.is_config_map = true;
        self
    }

    /// Where the files will be; for certificates and the like.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A variable of its environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it listens.
    pub fn start(self) -> Gate {
        self.start_as(|_| ())
    }

    /// The same, after a change to its command line.
    pub fn start_as(self, change: impl FnOnce(&mut Command)) -> Gate {
        let mut command = self.command();
        change(&mut command);
        Gate::launch(&mut command, self.folder)
    }

    /// Runs it to its end, where it is expected not to start.
    pub fn run(&self) -> Ended {
        Run::of(self.command()).end()
    }

    /// The command line that starts it, with its files written; they are gone when this is.
    pub fn command(&self) -> Command {
        let folder = self.folder.path();
        let file = self.credentials.as_ref().map(|_| "file: credentials.yaml".to_owned());
        let database = self.database.as_ref().map(|url| format!("database: '{url}'"));
        let proxy = self
            .upstream
            .as_ref()
            .map(|upstream| format!("proxy:\n  listen: 127.0.0.1:0\n  upstream: {upstream}\n{}", self.proxy));
        let listen = format!("console: {{listen: {}", self.console);
        let (console, settings) = match self.settings.contains("console: {") {
            true => (String::new(), self.settings.replacen("console: {", &format!("{listen}, "), 1)),
            false => (format!("{listen}}}\n"), self.settings.clone()),
        };
        let settings = format!(
            "{}admin: {{listen: {}}}\n{console}credentials: {{{}}}\n{}{}",
            proxy.unwrap_or_default(),
            self.admin,
            file.into_iter().chain(database).collect::<Vec<_>>().join(", "),
            self.log,
            settings
        );
        let credentials = self.credentials.as_deref();
        if self.is_config_map {
            config_map::write(folder, &settings, credentials.unwrap_or_default());
        } else {
            std::fs::write(folder.join("claviger.yaml"), settings).unwrap();
            if let Some(credentials) = credentials {
                std::fs::write(folder.join("credentials.yaml"), credentials).unwrap();
            }
        }
        let mut command = claviger();
        command.args(["serve", "--config"]).arg(folder.join("claviger.yaml"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// From the line in which the gate says that it listens.
fn addresses(stderr: &str) -> Option<[SocketAddr; 4]> {
    let line = stderr.lines().find(|line| line.contains("claviger listens"))?;
    if let Ok(line) = serde_json::from_str::<serde_json::Value>(line) {
        let address = |field: &str| line[field].as_str()?.split(' ').next()?.parse().ok();
        let admin = address("admin")?;
        // A process with the management API alone has no other.
        let others = ["proxy", "forward_auth", "console"].map(|field| address(field).unwrap_or(admin));
        let [proxy, forward_auth, console] = others;
        return Some([proxy, admin, forward_auth, console]);
    }
    let field = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.parse().ok());
    let admin = field("admin=")?;
    Some([field("proxy=")?, admin, admin, field("console=").unwrap_or(admin)])
}

fn collect(stream: impl Read + Send + 'static) -> Output {
    let output = Output::default();
    let collected = output.clone();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            collected.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    output
}

/// [`eventually`] for a condition that is asynchronous.
pub async fn eventually_async(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < TIMEOUT, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Polls until `holds` returns true, and panics after a timeout.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < TIMEOUT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
