//! What is answered when something was done.

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::PREFIX;
use super::problem::{Code, Problem};
use crate::credential::Label;

/// Says that a call with this Idempotency-Key was answered before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A body, and what it is a state of.
pub(super) struct Answer<T> {
    status: StatusCode,
    revision: Option<i64>,
    location: Option<String>,
    is_replayed: bool,
    body: T,
}

impl<T> Answer<T> {
    /// What was asked for.
    pub(super) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, revision: None, location: None, is_replayed: false, body }
    }

    /// What was made, and where it is found from now on.
    pub(super) fn created(body: T, location: String) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::ok(body) }
    }

    /// With the revision as its `ETag`.
    pub(super) fn of_revision(self, revision: i64) -> Self {
        Self { revision: Some(revision), ..self }
    }

    /// Whether it was answered before.
    pub(super) fn replayed(self, is_replayed: bool) -> Self {
        Self { is_replayed, ..self }
    }
}

/// What was answered to a call that comes again.
///
/// # Errors
/// When nobody can read any more what it was.
pub(super) fn answered_before<T: DeserializeOwned>(facts: Value) -> Result<T, Problem> {
    let unreadable = |_| Problem::new(Code::Internal, "what was answered before cannot be read any more");
    serde_json::from_value(facts).map_err(unreadable)
}

/// Where a thing of this kind is found.
pub(super) fn location(kind: &str, id: &Label) -> String {
    // Of what a label may hold, only a slash would be read as something else.
    format!("{PREFIX}/{kind}/{}", id.as_str().replace('/', "%2F"))
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let Ok(mut body) = serde_json::to_vec(&self.body) else {
            return Problem::new(Code::Internal, "the answer cannot be written").into_response();
        };
        body.push(b'\n');
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let texts = [(ETAG, self.revision.map(|revision| format!("\"{revision}\""))), (LOCATION, self.location)];
        for (name, text) in texts {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(name, value);
            }
        }
        if self.is_replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
