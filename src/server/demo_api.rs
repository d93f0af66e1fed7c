//! The upstream of `claviger demo`: an API that returns what it received.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

/// Runs on a thread of its own until the process ends.
pub struct DemoApi {
    pub address: SocketAddr,
}

impl DemoApi {
    /// Listens on a loopback port that the system picks.
    ///
    /// # Errors
    /// When no port is free or the thread cannot be spawned.
    pub fn start() -> std::io::Result<Self> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(socket)?;
                axum::serve(listener, router()).await
            })
        };
        std::thread::Builder::new().name("demo-api".into()).spawn(serve)?;
        Ok(Self { address })
    }
}

fn router() -> Router {
    Router::new().route("/events", get(events)).fallback(echo)
}

async fn events() -> Response {
    pretty(&json!({"events": [{"id": 1, "name": "Open day"}, {"id": 2, "name": "Harvest supper"}]}))
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let length = axum::body::to_bytes(body, 1 << 20).await.map_or(0, |bytes: Bytes| bytes.len());
    pretty(&json!({
        "you_asked": format!("{} {}", parts.method, parts.uri),
        "body_bytes": length,
        "the_gate_says": identity(&parts.headers),
        "authorization_seen_by_the_api": parts.headers.contains_key("authorization"),
    }))
}

fn identity(headers: &HeaderMap) -> Map<String, Value> {
    let ours = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-claviger-"));
    ours.map(|(name, value)| (name.to_string(), Value::from(String::from_utf8_lossy(value.as_bytes())))).collect()
}

fn pretty(value: &Value) -> Response {
    ([("content-type", "application/json")], format!("{value:#}\n")).into_response()
}
