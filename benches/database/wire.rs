//! A minimal API and client.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Starts an API that answers every request with 200; returns its URL.
pub async fn api() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut buffer = vec![0; 16 * 1024];
                let mut kept = 0;
                while let Ok(length) = stream.read(&mut buffer[kept..]).await {
                    kept += length;
                    if length == 0 {
                        break;
                    }
                    if buffer[..kept].ends_with(b"\r\n\r\n") {
                        kept = 0;
                        if stream.write_all(ANSWER).await.is_err() {
                            break;
                        }
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

/// A keep-alive connection to a gate.
pub struct Client {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { address, stream, buffer: Vec::with_capacity(4096) }
    }

    /// Status of a GET with this token.
    pub async fn status(&mut self, token: &str) -> u16 {
        let request = format!("GET /things HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token}\r\n\r\n");
        let answer = tokio::time::timeout(TIMEOUT, self.exchange(request.as_bytes())).await;
        match answer.expect("an answer in time") {
            Ok((status, is_last)) => {
                if is_last {
                    *self = Self::connect(self.address).await;
                }
                status
            }
            Err(error) => panic!("the connection is lost: {error}"),
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<(u16, bool)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let length: usize = value("content-length:").map_or(0, |length| length.parse().unwrap());
            if self.buffer.len() >= end + 4 + length {
                let status = head[9..12].parse().unwrap();
                return Ok((status, value("connection:") == Some("close")));
            }
        }
    }
}
