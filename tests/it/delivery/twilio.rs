//! A stand-in for the API of the provider of text messages, which checks what it is sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use serde_json::json;

pub const ACCOUNT: &str = "AC0123456789";
pub const TOKEN: &str = "twilio token of a test";

/// On a port of loopback until the test's runtime ends.
#[derive(Clone)]
pub struct Twilio {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    sent: Vec<BTreeMap<String, String>>,
    /// The next message is accepted, and the answer is none.
    is_lost: bool,
    /// Texts of the messages that were refused.
    refused: Vec<String>,
    /// Answered first: status, code, message.
    refusals: Vec<(u16, i64, String)>,
    status: &'static str,
    error_code: Option<i64>,
    status_requests: usize,
    faults: Vec<String>,
}

impl Twilio {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared { status: "queued", ..Shared::default() }));
        let twilio = Self { address, shared };
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", post(send))
            .route("/2010-04-01/Accounts/{account}/Messages/{id}", get(status))
            .with_state(twilio.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        twilio
    }

    /// The fields of the accepted messages; panics on what Twilio would not take.
    pub fn sent(&self) -> Vec<BTreeMap<String, String>> {
        let shared = self.shared.lock().unwrap();
        assert!(shared.faults.is_empty(), "{:?}", shared.faults);
        shared.sent.clone()
    }

    pub fn refused(&self) -> Vec<String> {
        self.shared.lock().unwrap().refused.clone()
    }

    pub fn status_requests(&self) -> usize {
        self.shared.lock().unwrap().status_requests
    }

    pub fn refuse_next(&self, status: u16, code: i64, message: &str) {
        self.shared.lock().unwrap().refusals.push((status, code, message.to_owned()));
    }

    /// Accepts the next message, and answers with what no client understands.
    pub fn lose_next(&self) {
        self.shared.lock().unwrap().is_lost = true;
    }

    pub fn report(&self, status: &'static str, error_code: Option<i64>) {
        let mut shared = self.shared.lock().unwrap();
        (shared.status, shared.error_code) = (status, error_code);
    }

    fn check(&self, account: &str, headers: &HeaderMap) {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
        let mut shared = self.shared.lock().unwrap();
        if headers.get("authorization").is_none_or(|value| value != &format!("Basic {pair}")) || account != ACCOUNT {
            shared.faults.push("the login".into());
        }
    }
}

async fn send(State(twilio): State<Twilio>, Path(account): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    twilio.check(&account, &headers);
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let fields: BTreeMap<_, _> = body
        .split('&')
        .map(|field| field.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    let mut shared = twilio.shared.lock().unwrap();
    if headers.get("content-type").is_none_or(|value| value != "application/x-www-form-urlencoded") {
        shared.faults.push("the content type".into());
    }
    if fields.keys().map(String::as_str).collect::<Vec<_>>() != ["Body", "From", "To"] {
        shared.faults.push(format!("the fields: {:?}", fields.keys()));
    }
    if !shared.refusals.is_empty() {
        let (status, code, message) = shared.refusals.remove(0);
        shared.refused.push(fields["Body"].clone());
        let message = message.replace("BODY", &fields["Body"]);
        let problem = json!({"code": code, "message": message, "status": status});
        return (StatusCode::from_u16(status).unwrap(), problem.to_string()).into_response();
    }
    let id = format!("SM{:032}", shared.sent.len());
    shared.sent.push(fields);
    if std::mem::take(&mut shared.is_lost) {
        return (StatusCode::CREATED, "lost").into_response();
    }
    (StatusCode::CREATED, json!({"sid": id, "status": "queued"}).to_string()).into_response()
}

async fn status(
    State(twilio): State<Twilio>,
    Path((account, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    twilio.check(&account, &headers);
    let mut shared = twilio.shared.lock().unwrap();
    shared.status_requests += 1;
    if !id.starts_with("SM") || !id.ends_with(".json") {
        shared.faults.push(format!("the id {id}"));
    }
    json!({"status": shared.status, "error_code": shared.error_code, "error_message": null}).to_string().into_response()
}
