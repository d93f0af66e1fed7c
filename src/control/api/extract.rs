//! Bodies, queries and ids of requests. Unknown fields are refused.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::control::operations::NotFound;
use crate::control::web::middleware::MAX_BODY_BYTES;
use crate::control::web::problem::{Code, Problem};
use crate::credential::Label;

const NOT_JSON: &str = "the body must be JSON, and the header must say so; send Content-Type: application/json";

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// A JSON body, or the default where the body is empty.
pub(super) struct MaybeBody<T>(pub(super) T);

pub(super) struct Query<T>(pub(super) T);

/// Deserialised from a JSON object only: derived code would also accept an array of the values in the order of the
/// fields.
pub(super) struct JsonObject<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::english(Code::UnsupportedMediaType, NOT_JSON));
        }
        let body = Bytes::from_request(request, state).await.map_err(Problem::from)?;
        read(&body).map(Self)
    }
}

/// Of a request with events.
pub(super) const MAX_EVENTS_BYTES: usize = 256 * 1024;

/// A JSON object, or a list of them.
pub(super) struct EventsBody<T>(pub(super) Vec<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for EventsBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::english(Code::UnsupportedMediaType, NOT_JSON));
        }
        let body = Bytes::from_request(request, state).await.map_err(Problem::from)?;
        let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        if !is_list {
            return read(&body).map(|one| Self(vec![one]));
        }
        let read: Result<Vec<JsonObject<T>>, _> = serde_json::from_slice(&body);
        read.map(|list| Self(list.into_iter().map(|JsonObject(one)| one).collect())).map_err(unreadable)
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
        Err(Problem::english(Code::UnsupportedMediaType, NOT_JSON))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Problem::english(Code::Malformed, format!("the query cannot be read: {}", cause(&error))))
    }
}

/// A type for each kind of id in a path; one that is not valid is the id of no resource.
macro_rules! path_ids {
    ($($name:ident: $kind:literal;)*) => {$(
        pub(super) struct $name(pub(super) Label);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let id = Path::<String>::from_request_parts(parts, state).await.ok();
                let id = id.and_then(|Path(id)| id.parse().ok());
                id.map(Self).ok_or_else(|| NotFound($kind).into())
            }
        }
    )*};
}

path_ids! {
    AccountId: "account";
    AccessRequestId: "access request";
    CredentialId: "credential";
    OperatorTokenId: "operator token";
    PublisherId: "publisher";
    UserId: "user";
    WebhookId: "webhook";
}

/// The ids of a webhook and of one of its deliveries.
pub(super) struct DeliveryId(pub(super) Label, pub(super) Label);

impl<S: Send + Sync> FromRequestParts<S> for DeliveryId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ids = Path::<(String, String)>::from_request_parts(parts, state).await.ok();
        let ids = ids.and_then(|Path((webhook, delivery))| Some(Self(webhook.parse().ok()?, delivery.parse().ok()?)));
        ids.ok_or_else(|| NotFound("delivery").into())
    }
}

impl From<BytesRejection> for Problem {
    fn from(error: BytesRejection) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!(
                "the body is too large: the limit is {MAX_BODY_BYTES} bytes, and {MAX_EVENTS_BYTES} bytes for POST /events"
            );
            return Self::english(Code::TooLarge, detail);
        }
        Self::english(Code::Malformed, "the connection ended before the whole body arrived; send it again")
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map(|JsonObject(read)| read).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err calls")]
fn unreadable(error: serde_json::Error) -> Problem {
    Problem::english(Code::Malformed, format!("the body cannot be read: {}", without_value(error.to_string())))
}

/// A value in the wrong place may be a password: the message names its type only.
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = JsonObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(JsonObject)
    }
}
