//! Webhooks through a forward proxy, which decides about addresses.

use std::sync::{Arc, Mutex};

use claviger::config::Webhooks;
use claviger::delivery::webhooks::{AttemptError, WebhookClient, WebhookOutcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Bed, request, rules};

/// Connects every CONNECT with this port of loopback, and refuses names that begin with `refused`. Returns the address
/// and the first lines of requests.
async fn proxy(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = lines.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    client.read_buf(&mut head).await.unwrap();
                }
                let line = String::from_utf8(head).unwrap().lines().next().unwrap().to_owned();
                let is_refused = line.contains("refused");
                seen.lock().unwrap().push(line);
                if is_refused {
                    return client.write_all(b"HTTP/1.1 407 denied\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                }
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (url, lines)
}

#[tokio::test]
async fn a_proxy_gets_the_name_and_the_receiver_the_event() {
    let bed = Bed::new().await;
    let port = bed.receiver.address.port();
    let (proxy, lines) = proxy(port).await;
    let settings = Webhooks { proxy: Some(proxy), allow: Box::default(), ..bed.settings.clone() };
    let client = WebhookClient::new(&settings).unwrap();
    let response = client.send(&bed.url("/x"), &rules(&settings), &request()).await;
    assert_eq!((response.outcome, response.excerpt), (WebhookOutcome::Delivered, None));
    assert_eq!(*lines.lock().unwrap(), [format!("CONNECT hooks.example:{port} HTTP/1.1")]);
    // Names that only the proxy can resolve are no fault here; addresses are, as everywhere.
    let response = client.send(&format!("https://refused.example:{port}/"), &rules(&settings), &request()).await;
    assert_eq!(response.error, Some(AttemptError::ConnectionFailed));
    let response = client.send(&format!("https://127.0.0.1:{port}/"), &rules(&settings), &request()).await;
    assert_eq!(response.error, Some(AttemptError::DestinationNotAllowed));
    assert_eq!((lines.lock().unwrap().len(), bed.receiver.received().len()), (2, 1));
    // Settings without a proxy cannot be fooled by rules with one.
    let response = bed.client.send(&bed.url("/x"), &rules(&settings), &request()).await;
    assert_eq!(response.error, Some(AttemptError::AddressNotPublic));
}
