//! What comes with a request, read strictly: what nobody knows is refused.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::json_object::Object;
use super::problem::{Code, Problem};

/// More than anybody has to say.
pub(in crate::control) const LARGEST_BODY: usize = 64 * 1024;

/// The body, as JSON.
pub(super) struct Body<T>(pub(super) T);

/// The body, as JSON, where there is one.
pub(super) struct MaybeBody<T>(pub(super) T);

/// The query.
pub(super) struct Query<T>(pub(super) T);

/// The one id in the path.
pub(super) struct Id(pub(super) String);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "the body must be JSON, and say so: Content-Type: application/json";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let body = Bytes::from_request(request, state).await.map_err(Problem::from)?;
        read(&body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.headers().contains_key(CONTENT_TYPE) {
            return Body::from_request(request, state).await.map(|Body(body)| Self(body));
        }
        let body = Bytes::from_request(request, state).await.map_err(Problem::from)?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        Err(Problem::new(Code::UnsupportedMediaType, "a body must say what it is: Content-Type: application/json"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Problem::new(Code::Malformed, format!("the query cannot be read: {}", cause(&error))))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(id)| Self(id))
            .map_err(|_| Problem::new(Code::NotFound, "nothing has an id that is not UTF-8"))
    }
}

/// Too long, or cut off.
impl From<BytesRejection> for Problem {
    fn from(error: BytesRejection) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(Code::TooLarge, format!("a body may have {LARGEST_BODY} bytes"));
        }
        Self::new(Code::Malformed, "the body was cut off")
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map(|Object(read)| read).map_err(|error| {
        Problem::new(Code::Malformed, format!("the body cannot be read: {}", without_value(error.to_string())))
    })
}

/// What was there instead of what was expected may be a password in the wrong place: its kind is told, and not itself.
fn without_value(error: String) -> String {
    let is_of_value =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|start| error.starts_with(start));
    let (value, expected) = (error.find(['`', '"']), error.rfind(", expected "));
    match (value, expected) {
        (Some(value), Some(expected)) if is_of_value && value < expected => {
            format!("{}{}", error[..value].trim_end(), &error[expected..])
        }
        _ => error,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').map_or((kind, None), |(kind, rest)| (kind, Some(rest)));
    let is_utf8 = |text: &str| {
        text.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset") && value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    };
    kinds.next().is_none()
        && kind.trim().eq_ignore_ascii_case("application/json")
        && parameters.is_none_or(|text| text.trim().is_empty() || is_utf8(text))
}

fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}
