//! An HTTP/1.1 client that sends exactly the given bytes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// Longer than any step takes, so that a hanging test fails.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A request, head written out line by line.
#[derive(Debug, Clone)]
pub struct Request {
    line: String,
    host: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Any method and target.
    pub fn new(method: &str, target: &str) -> Self {
        let line = format!("{method} {target} HTTP/1.1");
        Self { line, host: "api.example.org".into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Another `Host`.
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// `GET`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// `Authorization: Bearer`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// `Authorization: Basic`.
    pub fn basic(self, username: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{username}:{password}"));
        self.header("Authorization", format!("Basic {pair}"))
    }

    /// A body with its length.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.header("Content-Length", length)
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{}\r\nHost: {}\r\n", self.line, self.host);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let matching = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        matching.map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The `code` of a problem document; empty for anything else.
    pub fn code(&self) -> String {
        match self.header("content-type") {
            Some("application/problem+json") => self.json()["code"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        }
    }
}

/// Anything that bytes go through: a socket, or TLS over one.
pub trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// One connection, kept from request to request.
pub struct Connection {
    stream: BufReader<Box<dyn Stream>>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        Self::over(patient(TcpStream::connect(address).unwrap()))
    }

    /// With TLS, and what the other side shows for itself; `None` when one side does not like the other.
    pub fn open_tls(address: SocketAddr, config: &Arc<ClientConfig>) -> Option<(Self, CertificateDer<'static>)> {
        let stream = patient(TcpStream::connect(address).unwrap());
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).ok()?;
        }
        let shown = tls.conn.peer_certificates()?.first()?.clone().into_owned();
        Some((Self::over(tls), shown))
    }

    /// From another address of this machine.
    pub fn from(address: Ipv4Addr, to: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((address, 0).into()).unwrap();
            socket.connect(to).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        Self::over(patient(stream))
    }

    /// Over a stream that is connected.
    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)) }
    }

    /// Sends bytes; `false` when the peer has closed.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
    }

    /// Sends a request and reads its answer.
    pub fn send(&mut self, request: &Request) -> Reply {
        assert!(self.write(&request.bytes()), "the peer has closed the connection");
        let is_head = request.line.starts_with("HEAD ");
        self.reply(is_head).expect("the connection ended without an answer")
    }

    /// Reads an answer, skipping 1xx; `None` when the connection ends first.
    pub fn reply(&mut self, is_head: bool) -> Option<Reply> {
        loop {
            let reply = self.any_reply(is_head)?;
            if reply.status >= 200 || reply.status == 101 {
                return Some(reply);
            }
        }
    }

    /// Reads an answer or a 1xx, whichever comes.
    pub fn any_reply(&mut self, is_head: bool) -> Option<Reply> {
        let mut reply = self.head()?;
        let status = reply.status;
        if is_head || status < 200 || status == 204 || status == 304 {
            return Some(reply);
        }
        if let Some(length) = reply.header("content-length").and_then(|text| text.parse().ok()) {
            reply.body = vec![0; length];
            self.stream.read_exact(&mut reply.body).ok()?;
        } else if reply.header("transfer-encoding").is_some() {
            while let chunk @ [_, ..] = &self.chunk()?[..] {
                reply.body.extend_from_slice(chunk);
            }
        } else {
            self.stream.read_to_end(&mut reply.body).ok()?;
        }
        Some(reply)
    }

    /// Reads the head of an answer and leaves its body where it is.
    pub fn head(&mut self) -> Option<Reply> {
        let line = self.line()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut reply = Reply { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            reply.headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Some(reply)
    }

    /// Reads one chunk of a chunked body; empty at its end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line()?, 16).ok()?;
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(length);
        Some(chunk)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// True when the other side closes the connection before it sends anything more; false when it does neither.
    pub fn is_closed(&mut self) -> bool {
        match self.stream.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Whatever comes until the other side closes.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _closed = self.stream.read_to_end(&mut rest);
        rest
    }
}

/// A socket on which nothing waits for ever.
fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
