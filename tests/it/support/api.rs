//! An HTTP/1.1 API that records every request byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What has reached the API.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Request line and headers as they came, lines split.
    pub head: Vec<String>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Seen {
    /// The first line.
    pub fn line(&self) -> &str {
        &self.head[0]
    }

    /// All values of a header, name compared without case.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let pairs = self.head[1..].iter().filter_map(|line| line.split_once(':'));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The only value of a header; `None` without one, a panic with two.
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} stands there {} times: {:?}", all.len(), self.head);
        all.first().copied()
    }
}

/// A running API. Answers `200 {}`; `/status/NNN` answers NNN, `/slow/MS` waits first, `/silent` never answers.
pub struct RecordingApi {
    seen: Arc<Mutex<Vec<Seen>>>,
    url: String,
}

impl RecordingApi {
    /// On a port that the system picks.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let api = Self { seen: Arc::default(), url: format!("http://{address}") };
        let seen = api.seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                let _nodelay = stream.set_nodelay(true);
                std::thread::spawn(move || serve(stream.try_clone().unwrap(), stream, &seen));
            }
        });
        api
    }

    /// Behind TLS.
    pub fn start_tls(config: Arc<rustls::ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = Self { seen: Arc::default(), url: format!("https://{}", listener.local_addr().unwrap()) };
        let seen = api.seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, config) = (seen.clone(), config.clone());
                let _nodelay = stream.set_nodelay(true);
                std::thread::spawn(move || {
                    let tls = rustls::StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), stream);
                    let shared = Shared(Arc::new(Mutex::new(tls)));
                    serve(shared.clone(), shared, &seen);
                });
            }
        });
        api
    }

    /// On a Unix socket.
    pub fn start_unix(path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let api = Self { seen: Arc::default(), url: format!("unix:{}", path.display()) };
        let seen = api.seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || serve(stream.try_clone().unwrap(), stream, &seen));
            }
        });
        api
    }

    /// As `proxy.upstream` wants it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that has arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What arrived last; a panic without one.
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("nothing has reached the API")
    }
}

/// Read and written in turn by one thread.
struct Shared<S>(Arc<Mutex<S>>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Read> Read for Shared<S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}

impl<S: Write> Write for Shared<S> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

fn serve(reader: impl Read, mut writer: impl Write, seen: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(reader);
    while let Some(request) = read_request(&mut reader) {
        let path = request.line().split(' ').nth(1).unwrap_or_default().to_owned();
        seen.lock().unwrap().push(request);
        let argument = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.parse::<u64>().ok());
        if let Some(millis) = argument("/slow/") {
            std::thread::sleep(std::time::Duration::from_millis(millis));
        }
        if path == "/silent" {
            std::thread::sleep(std::time::Duration::from_secs(60));
            return;
        }
        let status = argument("/status/").unwrap_or(200);
        let answer =
            format!("HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut head = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let mut request = Seen { head, body: Vec::new() };
    if let Some(length) = request.all("content-length").first().and_then(|text| text.parse().ok()) {
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
    } else if request.all("transfer-encoding").iter().any(|coding| coding.contains("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let length = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).ok()?;
            if length == 0 {
                break;
            }
            request.body.extend_from_slice(&chunk[..length]);
        }
    }
    Some(request)
}
