//! A server with TLS before the stand-in of the provider of text messages.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes requests on to `behind`; answers paths below `/redirect` with a redirect to it, and below `/long` without end.
/// Returns the port.
pub async fn start(folder: &Path, behind: SocketAddr) -> u16 {
    let certificates = CertificateDer::pem_file_iter(folder.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that distrusts the certificate ends here.
                let Ok(mut client) = acceptor.accept(stream).await else { return };
                let mut head = vec![0; 8192];
                let length = client.read(&mut head).await.unwrap();
                let text = String::from_utf8_lossy(&head[..length]).into_owned();
                if text.starts_with("POST /redirect") {
                    let path = "/2010-04-01/Accounts/x/Messages.json";
                    let answer = format!(
                        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{behind}{path}\r\nContent-Length: 0\r\n\r\n"
                    );
                    client.write_all(answer.as_bytes()).await.unwrap();
                } else if text.starts_with("POST /long") {
                    client.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000000\r\n\r\n").await.unwrap();
                    while client.write_all(&[b' '; 4096]).await.is_ok() {}
                } else {
                    let mut server = TcpStream::connect(behind).await.unwrap();
                    server.write_all(&head[..length]).await.unwrap();
                    let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    port
}
