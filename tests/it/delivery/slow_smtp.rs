//! A small mail server within the test's process, without TLS and login, which takes its time before each answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const MAX_DELAY_MICROS: u64 = 3000;

/// A mail whose last line has arrived; its client may not have the answer yet.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub to: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Of the link to a secret.
    pub ticket: Option<String>,
}

/// On a port of loopback until the test's runtime ends. Cheap to clone.
#[derive(Clone)]
pub struct SlowSmtp {
    pub address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl SlowSmtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), arrived: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let server = accepting.clone();
                // A client that is killed ends its conversation.
                tokio::spawn(async move { server.converse(stream).await });
            }
        });
        server
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut to, mut line) = (String::new(), String::new());
        answer(&mut stream, "220 mail.test").await?;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let verb = line.split(' ').next().unwrap_or_default().trim_end().to_ascii_uppercase();
            match verb.as_str() {
                "RCPT" => line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to),
                "DATA" => {
                    answer(&mut stream, "354 go on").await?;
                    let mut text = String::new();
                    while line != ".\r\n" {
                        line.clear();
                        if stream.read_line(&mut line).await? == 0 {
                            return Ok(());
                        }
                        text.push_str(&line);
                    }
                    self.arrived.lock().unwrap().push(read(&to, &text));
                }
                "QUIT" => return answer(&mut stream, "221 bye").await,
                _ => {}
            }
            answer(&mut stream, "250 fine").await?;
        }
    }
}

async fn answer(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    tokio::time::sleep(Duration::from_micros(fastrand::u64(0..MAX_DELAY_MICROS))).await;
    stream.write_all(format!("{text}\r\n").as_bytes()).await
}

fn read(to: &str, raw: &str) -> Arrived {
    // Lines that quoted-printable has folded.
    let text = raw.replace("=\r\n", "");
    let header = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")).expect("an id of the mail");
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let ticket = text.split_once("/reveal/").map(|(_, rest)| rest.chars().take_while(|one| is_part(*one)).collect());
    Arrived { to: to.to_owned(), message_id: header.trim_end_matches('>').to_owned(), ticket }
}
