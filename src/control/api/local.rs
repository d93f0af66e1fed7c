//! The API within this process: the command line asks for the same things in the same words, without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Desk, PREFIX, router};
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

impl Local {
    /// For this caller, who has been recognised already.
    pub fn new(desk: Desk, caller: Caller) -> Self {
        Self { router: router(desk), caller }
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
        body: Option<&Value>,
    ) -> Result<LocalAnswer, axum::http::Error> {
        let content = body.map(Value::to_string);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{target}"))
            .body(content.map_or_else(Body::empty, Body::from))?;
        *request.headers_mut() = headers;
        if body.is_some() {
            request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        request.extensions_mut().insert(self.caller.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let body = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Ok(LocalAnswer { status: parts.status, headers: parts.headers, body })
    }
}
