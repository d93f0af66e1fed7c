//! A request to the management API.

use std::fs::File;

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters with a meaning in a path or a query.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'/')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

pub(in crate::cli) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    revision: Option<HeaderValue>,
    pub(super) idempotency_key: Option<HeaderValue>,
    pub(super) content: Option<Content>,
}

pub(super) enum Content {
    Json(String),
    /// A text that may not fit into memory.
    File(File),
}

impl Content {
    fn media_type(&self) -> &'static str {
        match self {
            Self::Json(_) => JSON,
            Self::File(_) => TEXT,
        }
    }
}

impl Request {
    pub(in crate::cli) fn get(path: &str) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub(in crate::cli) fn post(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::POST, path, Some(Content::Json(body.into().to_string())))
    }

    /// The rest of this file.
    pub(in crate::cli) fn post_file(path: &str, file: File) -> Self {
        Self::new(Method::POST, path, Some(Content::File(file)))
    }

    pub(in crate::cli) fn put(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::PUT, path, Some(Content::Json(body.into().to_string())))
    }

    pub(in crate::cli) fn patch(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::PATCH, path, Some(Content::Json(body.into().to_string())))
    }

    pub(in crate::cli) fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// Sets `If-Match`: the request fails if the resource has changed.
    pub(in crate::cli) fn if_match(self, revision: Option<HeaderValue>) -> Self {
        Self { revision, ..self }
    }

    /// Adds a random `Idempotency-Key`: the request has one effect, however often it is sent.
    ///
    /// # Errors
    /// When the system returns no random bytes.
    pub(in crate::cli) fn idempotent(self) -> anyhow::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| anyhow::anyhow!("the system returned no random bytes"))?;
        let key = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        Ok(Self { idempotency_key: Some(HeaderValue::try_from(key)?), ..self })
    }

    /// Id of the resource in the path, else the account in the query.
    pub(super) fn id(&self) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let account = || query.split('&').find_map(|parameter| parameter.strip_prefix("account="));
        let id = path.split('/').nth(2).or_else(account).unwrap_or_default();
        percent_decode_str(id).decode_utf8_lossy().into_owned()
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let kind = self.content.as_ref().map(|content| HeaderValue::from_static(content.media_type()));
        let given =
            [(IF_MATCH, self.revision.clone()), (IDEMPOTENCY_KEY, self.idempotency_key.clone()), (CONTENT_TYPE, kind)];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn new(method: Method, path: &str, content: Option<Content>) -> Self {
        Self { method, path: path.to_owned(), revision: None, idempotency_key: None, content }
    }
}

/// Joins segments, percent-encoded.
pub(in crate::cli) fn path(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |path, segment| path + "/" + &encoded(segment))
}

/// Appends the parameters that have a value.
pub(in crate::cli) fn query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_deref()?))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { path.to_owned() } else { format!("{path}?{}", given.join("&")) }
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
