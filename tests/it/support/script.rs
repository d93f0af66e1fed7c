//! An API that plays a script byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A running API; every connection is played by the same script, on a thread of its own.
pub struct ScriptedApi {
    url: String,
}

impl ScriptedApi {
    /// On a port that the system picks.
    pub fn start(script: impl Fn(&mut Exchange) + Clone + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0", script)
    }

    /// At an address and port.
    pub fn start_at(address: &str, script: impl Fn(&mut Exchange) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = script.clone();
                let _nodelay = stream.set_nodelay(true);
                std::thread::spawn(move || script(&mut Exchange { stream: BufReader::new(stream) }));
            }
        });
        Self { url }
    }

    /// As `proxy.upstream` wants it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// One connection, as the API sees it.
pub struct Exchange {
    stream: BufReader<TcpStream>,
}

impl Exchange {
    /// The lines of the next head; empty when the gate has closed the connection.
    pub fn head(&mut self) -> Vec<String> {
        let mut head = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return head;
            }
            head.push(line);
        }
    }

    /// The next chunk of a chunked body; empty at its end.
    pub fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut chunk = self.take(length + 2);
        chunk.truncate(length);
        chunk
    }

    /// Exactly so many bytes.
    pub fn take(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Sends bytes. The gate may have gone; its own tests tell.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _gone = self.stream.get_mut().write_all(bytes.as_ref());
    }

    /// The socket itself, before anything was read.
    pub fn socket(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        // A connection that ends is an empty line, which ends a head too.
        let _ended = self.stream.read_until(b'\n', &mut line);
        String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()
    }
}
