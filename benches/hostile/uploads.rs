//! Two thousand refused uploads at once, which the gate reads on from within the limits of a drain.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::measure::{compare, settle};
use super::support::{Api, Gate};

const UPLOADS: usize = 2000;
const STREAMS: usize = 100;
/// 10 MB in pieces, at a pace that leaves the machine time for good traffic.
const PIECE: &[u8] = &[b'x'; 4096];
const PIECES: usize = 2500;
const PACE: Duration = Duration::from_secs(1);
/// Between two uploads of a client. One that the gate does not read on from ends at once; trying again without a pause
/// would measure new connections.
const INTERVAL: Duration = Duration::from_secs(10);

/// Prints a ratio, and the memory of the gate, for each protocol.
pub fn run() {
    let api = Api::start();
    let limits = "limits: {connections: 20000, connections_per_address: 20000, streams: 4000}";
    let gate = Gate::start(&api, limits, "");
    compare("nothing", gate.address, || ());
    let before = gate.memory();
    for (what, connections, streams) in [("HTTP/1.1", UPLOADS, 0), ("HTTP/2", UPLOADS / STREAMS, STREAMS)] {
        let begin = || start(&gate, connections, streams);
        compare(&format!("{UPLOADS} refused uploads over {what}"), gate.address, begin);
        let crowd = begin();
        println!("  memory of the gate: {before:.0} MiB before, {:.0} MiB meanwhile", gate.memory());
        drop(crowd);
    }
}

/// Uploads until the runtime is dropped.
fn start(gate: &Gate, connections: usize, streams: usize) -> Uploads {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let address = gate.address;
    for number in 0..connections {
        // The first ones come within a second.
        let delay = PACE * number as u32 / connections as u32;
        runtime.spawn(async move {
            tokio::time::sleep(delay).await;
            let mut turns = tokio::time::interval(INTERVAL);
            loop {
                turns.tick().await;
                if streams == 0 {
                    let _refused = upload_http1(address).await;
                } else {
                    let _refused = upload_http2(address, streams).await;
                }
            }
        });
    }
    settle(gate);
    Uploads(Some(runtime))
}

/// Ended when dropped.
struct Uploads(Option<Runtime>);

impl Drop for Uploads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn body() -> Body {
    let pieces = futures_util::stream::iter(0..PIECES).then(|_| async {
        tokio::time::sleep(PACE).await;
        Ok::<_, Infallible>(Bytes::from_static(PIECE))
    });
    Body::from_stream(pieces)
}

async fn upload_http1(address: SocketAddr) -> hyper::Result<()> {
    let Ok(stream) = TcpStream::connect(address).await else { return Ok(()) };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // To its end: the client goes on to send.
    let connection = tokio::spawn(connection);
    let request = http::Request::post("/x").header("host", "a").body(body()).unwrap();
    assert_eq!(sender.send_request(request).await?.status(), 401);
    let _ended = connection.await;
    Ok(())
}

async fn upload_http2(address: SocketAddr, streams: usize) -> hyper::Result<()> {
    let Ok(stream) = TcpStream::connect(address).await else { return Ok(()) };
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let uploads = (0..streams).map(|_| {
        let mut sender = sender.clone();
        async move {
            let mut turns = tokio::time::interval(INTERVAL);
            while sender.ready().await.is_ok() {
                turns.tick().await;
                let request = http::Request::post("http://a/x").body(body()).unwrap();
                let Ok(response) = sender.send_request(request).await else { return };
                assert_eq!(response.status(), 401);
                let _end = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await;
            }
        }
    });
    futures_util::future::join_all(uploads).await;
    Ok(())
}
