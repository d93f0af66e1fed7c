//! The API within this process: the command line asks for the same things in the same words, without a socket.

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{ControlState, PREFIX, router};
use crate::control::operations::Caller;

/// Whoever sits beside the database, in front of the API.
#[derive(Clone)]
pub struct Local {
    router: Router,
    caller: Caller,
}

/// What came back.
#[derive(Debug)]
pub struct LocalAnswer {
    /// As over HTTP.
    pub status: StatusCode,
    /// As over HTTP.
    pub headers: HeaderMap,
    /// JSON, or a text where it is none; null for nothing.
    pub body: Value,
}

/// What comes back, and is read while it is made.
pub struct LocalStream {
    /// As over HTTP.
    pub status: StatusCode,
    /// As over HTTP.
    pub headers: HeaderMap,
    body: BodyDataStream,
}

impl Local {
    /// For this caller, who has been recognised already.
    pub fn new(state: ControlState, caller: Caller) -> Self {
        Self { router: router(state), caller }
    }

    /// One request. `target` is what follows [`PREFIX`], with its query.
    ///
    /// # Errors
    /// When that is no target.
    pub async fn send(
        &self,
        method: Method,
        target: &str,
        headers: HeaderMap,
        content: Option<String>,
    ) -> Result<LocalStream, axum::http::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{target}"))
            .body(content.map_or_else(Body::empty, Body::from))?;
        *request.headers_mut() = headers;
        request.extensions_mut().insert(self.caller.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        Ok(LocalStream { status: parts.status, headers: parts.headers, body: body.into_data_stream() })
    }
}

impl LocalStream {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// When it ends before it is whole.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, axum::Error> {
        self.body.try_next().await
    }

    /// All of it at once.
    pub async fn whole(self) -> LocalAnswer {
        let pieces: Result<Vec<Bytes>, _> = self.body.try_collect().await;
        let bytes = pieces.unwrap_or_default().concat();
        let body = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        LocalAnswer { status: self.status, headers: self.headers, body }
    }
}
