//! The management API within this process: the command line sends it the same requests as over HTTP, without a socket.

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{PREFIX, router};
use crate::control::operations::Caller;
use crate::control::web::state::ControlState;

#[derive(Clone)]
pub struct InProcessApi {
    router: Router,
    caller: Caller,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct InProcessAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// JSON, or the text where it is not JSON; null where it is empty.
    pub body: Value,
}

/// A response whose body is read as it is written.
pub struct InProcessStream {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: BodyDataStream,
}

impl InProcessApi {
    /// Every request is this caller's; nothing is authenticated.
    pub fn new(state: ControlState, caller: Caller) -> Self {
        Self { router: router(state), caller }
    }

    /// `target` follows [`PREFIX`] and includes the query.
    ///
    /// # Errors
    /// When `target` is not a valid path and query.
    pub async fn send(
        &self,
        method: Method,
        target: &str,
        headers: HeaderMap,
        content: Option<String>,
    ) -> Result<InProcessStream, axum::http::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{target}"))
            .body(content.map_or_else(Body::empty, Body::from))?;
        *request.headers_mut() = headers;
        request.extensions_mut().insert(self.caller.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        Ok(InProcessStream { status: parts.status, headers: parts.headers, body: body.into_data_stream() })
    }
}

impl InProcessStream {
    /// The next part of the body; `None` at its end.
    ///
    /// # Errors
    /// When the body breaks off.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, axum::Error> {
        self.body.try_next().await
    }

    /// Reads the body to its end; one that breaks off is empty.
    pub async fn whole(self) -> InProcessAnswer {
        let pieces: Result<Vec<Bytes>, _> = self.body.try_collect().await;
        let bytes = pieces.unwrap_or_default().concat();
        let body = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        InProcessAnswer { status: self.status, headers: self.headers, body }
    }
}
