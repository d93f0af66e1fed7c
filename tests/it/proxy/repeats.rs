//! Requests whose kept connection is lost: which are sent again, and over what.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use crate::support::{Authority, Gate, GateBuilder, Request, TOKEN};

const KEPT: usize = 20;
const REQUESTS: usize = 60;

/// An API whose first connections answer one request each, and close when the next one arrives. Later connections
/// answer all.
#[derive(Clone)]
struct Forgetful {
    /// Connections that close on their second request.
    first: Arc<AtomicUsize>,
    /// Answers of the first connections come together, so that there are as many.
    together: Arc<Barrier>,
    /// How often each request line has arrived.
    arrivals: Arc<Mutex<HashMap<String, usize>>>,
}

impl Forgetful {
    fn new() -> Self {
        Self { first: Arc::default(), together: Arc::new(Barrier::new(KEPT)), arrivals: Arc::default() }
    }

    fn start(&self) -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (api, accepting) = (self.clone(), listener.try_clone().unwrap());
        std::thread::spawn(move || {
            for stream in accepting.incoming().flatten() {
                let api = api.clone();
                std::thread::spawn(move || api.serve(stream));
            }
        });
        listener
    }

    fn serve(&self, stream: impl Read + Write) {
        let is_first = self.first.fetch_add(1, Ordering::SeqCst) < KEPT;
        let mut stream = BufReader::new(stream);
        for number in 0.. {
            let Some(line) = read_request(&mut stream) else { return };
            *self.arrivals.lock().unwrap().entry(line).or_default() += 1;
            match (is_first, number) {
                (true, 0) => drop(self.together.wait()),
                (true, _) => return,
                (false, _) => {}
            }
            if stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_err() {
                return;
            }
        }
    }

    fn times(&self, line: &str) -> usize {
        self.arrivals.lock().unwrap().get(line).copied().unwrap_or_default()
    }
}

/// The request line, once the whole request was read.
fn read_request(stream: &mut BufReader<impl Read>) -> Option<String> {
    let (mut first, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let line = line.trim_end();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
        first.get_or_insert_with(|| line.trim_end_matches(" HTTP/1.1").to_owned());
    }
    stream.read_exact(&mut vec![0; length]).ok()?;
    first
}

/// Leaves the gate with connections that are lost at their next request.
fn keep_connections(gate: &Gate) {
    std::thread::scope(|scope| {
        for _ in 0..KEPT {
            scope.spawn(|| assert_eq!(gate.send(&Request::get("/first").bearer(TOKEN)).status, 200));
        }
    });
}

fn one_worker(url: &str) -> GateBuilder {
    Gate::before(url).proxy("  threads: 1")
}

#[test]
fn get_whose_kept_connection_is_lost_is_repeated_on_a_new_one() {
    let api = Forgetful::new();
    let listener = api.start();
    let gate = one_worker(&format!("http://{}", listener.local_addr().unwrap())).start();
    keep_connections(&gate);
    let statuses: Vec<_> = (0..REQUESTS).map(|number| gate.send(&get(number)).status).collect();
    assert_eq!(statuses, [200; REQUESTS]);
    assert!((0..REQUESTS).all(|number| api.times(&format!("GET /{number}")) <= 2));
    let repeated = (0..REQUESTS).filter(|number| api.times(&format!("GET /{number}")) == 2).count();
    assert_eq!(repeated, KEPT, "each kept connection was lost");
}

fn get(number: usize) -> Request {
    Request::get(&format!("/{number}")).bearer(TOKEN)
}

#[test]
fn parallel_requests_on_lost_connections_are_all_repeated() {
    let api = Forgetful::new();
    let listener = api.start();
    let gate = Gate::before(&format!("http://{}", listener.local_addr().unwrap())).start();
    keep_connections(&gate);
    let lost = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..REQUESTS {
            let (gate, lost) = (&gate, &lost);
            scope.spawn(move || {
                let status = gate.send(&get(number)).status;
                lost.fetch_add(usize::from(status != 200), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(lost.load(Ordering::SeqCst), 0);
}

#[test]
fn only_bodiless_get_head_and_options_are_repeated() {
    let api = Forgetful::new();
    let listener = api.start();
    let gate = one_worker(&format!("http://{}", listener.local_addr().unwrap())).start();
    keep_connections(&gate);
    let repeated = ["GET", "HEAD", "OPTIONS"];
    for method in repeated {
        assert_eq!(gate.send(&Request::new(method, "/repeated").bearer(TOKEN)).status, 200, "{method}");
        assert_eq!(api.times(&format!("{method} /repeated")), 2);
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        assert_eq!(gate.send(&Request::new(method, "/once").bearer(TOKEN)).status, 502, "{method}");
        assert_eq!(api.times(&format!("{method} /once")), 1);
    }
    for method in ["POST", "PUT", "GET"] {
        let request = Request::new(method, "/with-body").bearer(TOKEN).body("hello");
        assert_eq!(gate.send(&request).status, 502, "{method}");
        assert_eq!(api.times(&format!("{method} /with-body")), 1);
    }
}

/// Closed without close_notify, as an API does that dies.
#[test]
fn get_is_repeated_over_tls_too() {
    let authority = Authority::new();
    let config = authority.server(&authority.issue("127.0.0.1"), false);
    let api = Forgetful::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let serving = api.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (api, config) = (serving.clone(), config.clone());
            std::thread::spawn(move || {
                let connection = rustls::ServerConnection::new(config).unwrap();
                api.serve(rustls::StreamOwned::<_, TcpStream>::new(connection, stream));
            });
        }
    });
    let builder = one_worker(&url).proxy("  upstream_tls: {ca: ca.pem}");
    authority.write(&builder.folder().join("ca.pem"));
    let gate = builder.start();
    keep_connections(&gate);
    assert!((0..REQUESTS).all(|number| gate.send(&get(number)).status == 200));
    assert!((0..REQUESTS).all(|number| api.times(&format!("GET /{number}")) <= 2));
    assert_eq!(gate.send(&Request::new("POST", "/post").bearer(TOKEN).body("hello")).status, 200);
    assert_eq!(api.times("POST /post"), 1);
}

/// Serves HTTP/2 until `is_over`, and then ends each connection at its next request.
async fn serve_http2(listener: tokio::net::TcpListener, is_over: Arc<AtomicBool>, posts: Arc<AtomicUsize>) {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    while let Ok((stream, _)) = listener.accept().await {
        let (is_over, posts) = (is_over.clone(), posts.clone());
        // Of this connection: it was there before.
        let is_old = !is_over.load(Ordering::SeqCst);
        let (close, closed) = tokio::sync::oneshot::channel::<()>();
        let close = Arc::new(Mutex::new(Some(close)));
        let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let is_lost = is_old && is_over.load(Ordering::SeqCst);
            posts.fetch_add(usize::from(request.method() == http::Method::POST), Ordering::SeqCst);
            let close = close.lock().unwrap().take_if(|_| is_lost);
            async move {
                if is_lost {
                    drop(close);
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(http::Response::new(axum::body::Body::empty()))
            }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                _ = connection => {}
                _ = closed => {}
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn get_is_repeated_over_http2_too_and_post_is_not() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (is_over, posts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(serve_http2(listener, is_over.clone(), posts.clone()));
    let ask = |gate: &Gate, method: &str| gate.send(&Request::new(method, "/x").bearer(TOKEN)).status;
    for (method, status) in [("GET", 200), ("OPTIONS", 200), ("POST", 502), ("DELETE", 502)] {
        is_over.store(false, Ordering::SeqCst);
        let gate = one_worker(&url).proxy("  upstream_protocol: http2").start();
        assert_eq!(ask(&gate, method), 200);
        posts.store(0, Ordering::SeqCst);
        is_over.store(true, Ordering::SeqCst);
        assert_eq!(ask(&gate, method), status, "{method}");
        assert!(posts.load(Ordering::SeqCst) <= 1);
    }
}
