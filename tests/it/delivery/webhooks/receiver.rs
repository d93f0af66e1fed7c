//! A receiver of webhooks that can be as bad as they come.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const ANSWER: &str = "answer of the receiver";

/// Until the test's runtime ends.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// Bytes of answers below `/endless`.
    written: AtomicU64,
    /// The answer of `/gzip`.
    compressed: Mutex<Vec<u8>>,
    /// Nothing is answered while this is true.
    is_held: watch::Sender<bool>,
}

#[derive(Debug, Clone)]
pub struct Received {
    /// Without the empty line at its end.
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut values = headers.filter(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }
}

impl Receiver {
    /// With TLS, or in plain text.
    pub async fn start(address: &str, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        let (started, acceptor) = (receiver.clone(), tls.map(tokio_rustls::TlsAcceptor::from));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (receiver, acceptor) = (started.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => receiver.answer(stream).await,
                        Some(acceptor) => {
                            // A client that distrusts the certificate ends here.
                            if let Ok(stream) = acceptor.accept(stream).await {
                                receiver.answer(stream).await;
                            }
                        }
                    }
                });
            }
        });
        receiver
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub fn written(&self) -> u64 {
        self.shared.written.load(Ordering::SeqCst)
    }

    pub fn compress(&self, answer: Vec<u8>) {
        *self.shared.compressed.lock().unwrap() = answer;
    }

    /// Leaves requests without an answer until the next call.
    pub fn hold(&self, is_held: bool) {
        self.shared.is_held.send_replace(is_held);
    }

    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        let Some(received) = read(&mut stream).await else { return };
        let target = received.head.split(' ').nth(1).unwrap().to_owned();
        self.shared.received.lock().unwrap().push(received);
        let mut is_held = self.shared.is_held.subscribe();
        is_held.wait_for(|is_held| !is_held).await.unwrap();
        // The client may close at any time.
        let _closed = self.write(&mut stream, path(&target)).await;
    }

    async fn write<S: AsyncWrite + Unpin>(&self, stream: &mut S, target: &str) -> std::io::Result<()> {
        let parts: Vec<&str> = target.split(['/', '?']).skip(1).collect();
        match parts.as_slice() {
            ["status", status, headers @ ..] => {
                // `%20` where a header has a space.
                let headers: String = headers
                    .iter()
                    .map(|line| format!("{}\r\n", line.replace("%20", " ").replacen('=', ": ", 1)))
                    .collect();
                let length = ANSWER.len();
                let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(ANSWER.as_bytes()).await
            }
            ["redirect", host, ..] => {
                let head = format!("HTTP/1.1 302 x\r\nlocation: http://{host}/latest\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).await
            }
            ["close"] => Ok(()),
            ["nonsense"] => stream.write_all(b"nonsense\r\n\r\n").await,
            ["delay", millis] => {
                tokio::time::sleep(Duration::from_millis(millis.parse().unwrap())).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await
            }
            ["hang"] => std::future::pending().await,
            ["slow-head"] => trickle(stream, b"HTTP/1.1 200 OK\r\nx-slow: ").await,
            ["slow-body"] => trickle(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await,
            ["endless"] => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await?;
                loop {
                    stream.write_all(&[b'x'; 16 * 1024]).await?;
                    self.shared.written.fetch_add(16 * 1024, Ordering::SeqCst);
                }
            }
            ["gzip"] => {
                let body = self.shared.compressed.lock().unwrap().clone();
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&body).await
            }
            _ => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await,
        }?;
        stream.shutdown().await
    }
}

/// Clients of a forward proxy name the whole URL.
fn path(target: &str) -> &str {
    let url = target.strip_prefix("http://");
    url.and_then(|url| url.find('/').map(|path| &url[path..])).unwrap_or(target)
}

/// A byte a second behind the head, without end.
async fn trickle<S: AsyncWrite + Unpin>(stream: &mut S, head: &[u8]) -> std::io::Result<()> {
    stream.write_all(head).await?;
    loop {
        stream.write_all(b"x").await?;
        stream.flush().await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let received = Received { head, body: bytes[end + 4..].to_vec() };
            let length: usize = received.header("content-length").unwrap().parse().unwrap();
            if received.body.len() >= length {
                return Some(received);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
