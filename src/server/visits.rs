//! Connections of the admin listener: so many at most, and nothing on one takes for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::control::api::Peer;

/// At the same time; one more is closed at once.
const MOST: usize = 1000;
/// Of the head of a request.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A handshake.
    handshake: Duration,
    /// A whole head, and the time before it.
    head: Duration,
    /// From the head of a request to the end of its body.
    body: Duration,
    /// From the head of a request to that of its answer: an import of many credentials takes its time.
    request: Duration,
    /// All of a connection: whoever reads slowly holds no place for ever.
    connection: Duration,
}

/// The connections there are.
#[derive(Clone)]
pub(super) struct Visits {
    places: Arc<Semaphore>,
    over: watch::Sender<bool>,
    patience: Patience,
}

impl Default for Patience {
    fn default() -> Self {
        let [handshake, head] = [Duration::from_secs(10); 2];
        let [body, request, connection] = [2, 10, 15].map(|minutes| Duration::from_secs(minutes * 60));
        Self { handshake, head, body, request, connection }
    }
}

impl Visits {
    /// None yet.
    pub(super) fn new(patience: Patience) -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), over: watch::Sender::new(false), patience }
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        MOST - self.places.available_permits()
    }

    /// Nobody else is let in; whoever is waits for what is being answered, and for nothing more.
    pub(super) fn end(&self) {
        self.over.send_replace(true);
    }

    /// Lets people in until [`Visits::end`].
    pub(super) async fn receive(&self, mut listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
        let mut over = self.over.subscribe();
        loop {
            let (stream, address) = tokio::select! {
                // Waits by itself when the system has no more to give.
                visitor = Listener::accept(&mut listener) => visitor,
                _ = over.wait_for(|is_over| *is_over) => return,
            };
            let Ok(place) = self.places.clone().try_acquire_owned() else { continue };
            let (visits, router, tls) = (self.clone(), router.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => visits.attend(stream, address, router).await,
                    Some(tls) => {
                        if let Some(stream) = visits.shake_hands(stream, &tls).await {
                            visits.attend(stream, address, router).await;
                        }
                    }
                }
                drop(place);
            });
        }
    }

    /// Nobody waits for whoever does not, and the end least of all.
    async fn shake_hands(&self, stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
        let mut over = self.over.subscribe();
        tokio::select! {
            shaken = tokio::time::timeout(self.patience.handshake, tls.accept(stream)) => shaken.ok()?.ok(),
            _ = over.wait_for(|is_over| *is_over) => None,
        }
    }

    /// Answers the requests of one connection.
    async fn attend<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, address: SocketAddr, router: Router) {
        let answer = service_fn(|request| answer(request, address, router.clone(), self.patience));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        let mut over = self.over.subscribe();
        let whole = async {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                _ = over.wait_for(|is_over| *is_over) => connection.as_mut().graceful_shutdown(),
            }
            connection.await
        };
        match tokio::time::timeout(self.patience.connection, whole).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection of the admin listener has ended"),
            Err(_) => tracing::debug!("a connection of the admin listener took too long"),
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    address: SocketAddr,
    router: Router,
    patience: Patience,
) -> Result<Response, Infallible> {
    let (unread, read) = oneshot::channel();
    let mut request = request.map(|body| Body::new(Watched { body, _unread: unread }));
    request.extensions_mut().insert(ConnectInfo(Peer(address)));
    tokio::select! {
        answered = tokio::time::timeout(patience.request, router.oneshot(request)) => {
            answered.unwrap_or_else(|_| Ok(too_late()))
        }
        () = overdue(read, patience.body) => Ok(too_late()),
    }
}

fn too_late() -> Response {
    (StatusCode::REQUEST_TIMEOUT, [(CONNECTION, "close")], "this took too long\n").into_response()
}

/// Returns when the body has not been read after so long, and never where it has.
async fn overdue(read: oneshot::Receiver<Infallible>, limit: Duration) {
    // Whoever has read the body lets go of it.
    if tokio::time::timeout(limit, read).await.is_ok() {
        std::future::pending().await
    }
}

/// A body, and who waits for it to be read.
struct Watched {
    body: Incoming,
    _unread: oneshot::Sender<Infallible>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(300);
    const LONG_FOR_ALL: Patience =
        Patience { handshake: LONG, head: LONG, body: LONG, request: LONG, connection: LONG };

    async fn visits(patience: Patience) -> (Visits, SocketAddr) {
        let router = Router::new()
            .route("/never", get(std::future::pending::<()>))
            .route("/body", post(async |body: Bytes| body))
            .route("/work", post(work))
            .route("/much", get(async || vec![b'x'; 64 * 1024 * 1024]));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let visits = Visits::new(patience);
        let receiving = visits.clone();
        tokio::spawn(async move { receiving.receive(listener, router, None).await });
        (visits, address)
    }

    async fn work(body: Bytes) -> Bytes {
        tokio::time::sleep(SHORT * 3).await;
        body
    }

    async fn say(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// What comes until the other side closes.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(LONG / 2, stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "it is never closed");
        String::from_utf8_lossy(&rest).into_owned()
    }

    async fn until_nobody_is_there(visits: &Visits) {
        let start = Instant::now();
        while visits.open() > 0 {
            assert!(start.elapsed() < LONG / 2, "{} are still there", visits.open());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_given_up_and_so_is_a_body_that_never_comes() {
        let (visits, address) = visits(Patience { body: SHORT, request: SHORT * 2, ..LONG_FOR_ALL }).await;
        for request in [
            "GET /never HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
            "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        ] {
            let answer = rest(&mut say(address, request).await).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        }
        until_nobody_is_there(&visits).await;
    }

    /// An import that has come and is under way is another matter than one that does not come.
    #[tokio::test]
    async fn a_body_that_has_come_may_be_worked_on_for_longer() {
        let (visits, address) = visits(Patience { body: SHORT, ..LONG_FOR_ALL }).await;
        let request = "POST /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nwork";
        let answer = rest(&mut say(address, request).await).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("work"), "{answer}");
        until_nobody_is_there(&visits).await;
    }

    #[tokio::test]
    async fn whoever_does_not_read_an_answer_holds_no_place_for_ever() {
        let (visits, address) = visits(Patience { connection: SHORT, ..LONG_FOR_ALL }).await;
        let slow = say(address, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await;
        until_nobody_is_there(&visits).await;
        drop(slow);
    }

    #[tokio::test]
    async fn at_the_end_what_is_asked_is_answered_and_nobody_is_waited_for() {
        let (visits, address) = visits(LONG_FOR_ALL).await;
        let mut idle = say(address, "").await;
        let mut asking = say(address, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha").await;
        while visits.open() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(SHORT).await;
        visits.end();
        assert_eq!(rest(&mut idle).await, "");
        asking.write_all(b"lf").await.unwrap();
        assert!(rest(&mut asking).await.ends_with("half"));
        until_nobody_is_there(&visits).await;
        let mut late = TcpStream::connect(address).await;
        if let Ok(late) = &mut late {
            assert_eq!(rest(late).await, "");
        }
    }
}
