//! Responses to requests that succeeded.

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::PREFIX;
use crate::control::operations::Outcome;
use crate::control::views::{
    AccessRequestView, AccountView, CredentialView, OperatorTokenView, PublisherView, UserView, WebhookView,
};
use crate::control::web::problem::{Code, Problem};

/// `true` where the response repeats that of an earlier call with the same Idempotency-Key.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON body with the headers that describe it.
pub(super) struct ApiResponse<T> {
    status: StatusCode,
    revision: Option<i64>,
    location: Option<String>,
    is_replayed: bool,
    body: T,
}

impl<T> ApiResponse<T> {
    pub(super) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, revision: None, location: None, is_replayed: false, body }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn with_replayed(self, is_replayed: bool) -> Self {
        Self { is_replayed, ..self }
    }
}

impl<T: Resource> ApiResponse<T> {
    /// With the revision as its `ETag`.
    pub(super) fn resource(body: T) -> Self {
        Self { revision: Some(body.revision()), is_replayed: body.is_replayed(), ..Self::ok(body) }
    }

    pub(super) fn created(body: T) -> Self {
        // Of the characters of an id, only the slash has another meaning in a path.
        let location = format!("{PREFIX}/{}/{}", T::COLLECTION, body.id().replace('/', "%2F"));
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::resource(body) }
    }

    /// The view of a record.
    pub(super) fn of<R>(record: &R) -> Self
    where
        T: for<'r> From<&'r R>,
    {
        Self::resource(T::from(record))
    }

    /// A new record, or the stored response of the earlier call that created it.
    ///
    /// # Errors
    /// When the stored response cannot be read.
    pub(super) fn created_once<R>(outcome: Outcome<R>) -> Result<Self, Problem>
    where
        T: DeserializeOwned + for<'r> From<&'r R>,
    {
        Ok(match outcome {
            Outcome::Fresh(record) => Self::created(T::from(&record)),
            Outcome::Replayed(stored) => Self::created(replayed(stored)?).with_replayed(true),
        })
    }
}

macro_rules! resources {
    ($($view:ty: $collection:literal;)*) => {$(
        impl Resource for $view {
            const COLLECTION: &'static str = $collection;

            fn id(&self) -> &str {
                &self.id
            }

            fn revision(&self) -> i64 {
                self.revision
            }
        }
    )*};
}

resources! {
    AccessRequestView: "access-requests";
    AccountView: "accounts";
    CredentialView: "credentials";
    OperatorTokenView: "operator-tokens";
    PublisherView: "publishers";
    UserView: "users";
    WebhookView: "webhooks";
}

/// Reads the stored response of an earlier call with the same Idempotency-Key.
///
/// # Errors
/// When it does not have the form of this version.
pub(super) fn replayed<T: DeserializeOwned>(stored: Value) -> Result<T, Problem> {
    let unreadable = |_| Problem::english(Code::Internal, "the stored response of the earlier call cannot be read");
    serde_json::from_value(stored).map_err(unreadable)
}

/// A representation with a path and revisions.
pub(super) trait Resource {
    /// Under [`PREFIX`].
    const COLLECTION: &'static str;

    fn id(&self) -> &str;

    fn revision(&self) -> i64;

    /// True where it repeats the response of an earlier call.
    fn is_replayed(&self) -> bool {
        false
    }
}

impl<T: Serialize> IntoResponse for ApiResponse<T> {
    fn into_response(self) -> Response {
        let Ok(mut body) = serde_json::to_vec(&self.body) else {
            return Problem::english(Code::Internal, "the response cannot be serialised").into_response();
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
