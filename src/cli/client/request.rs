//! What is asked of a desk.

use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Everything that means something in a path or a query.
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

/// What is asked for.
pub(in crate::cli) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    revision: Option<HeaderValue>,
    pub(super) once: Option<HeaderValue>,
    /// What is sent, and what kind of text that is.
    pub(super) content: Option<(&'static str, String)>,
}

impl Request {
    pub(in crate::cli) fn get(path: &str) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub(in crate::cli) fn post(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::POST, path, Some((JSON, body.into().to_string())))
    }

    /// A file.
    pub(in crate::cli) fn post_text(path: &str, text: String) -> Self {
        Self::new(Method::POST, path, Some((TEXT, text)))
    }

    pub(in crate::cli) fn put(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::PUT, path, Some((JSON, body.into().to_string())))
    }

    pub(in crate::cli) fn patch(path: &str, body: impl Into<Value>) -> Self {
        Self::new(Method::PATCH, path, Some((JSON, body.into().to_string())))
    }

    pub(in crate::cli) fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// Only if the thing is still as it was seen.
    pub(in crate::cli) fn at(self, revision: Option<HeaderValue>) -> Self {
        Self { revision, ..self }
    }

    /// Done once, however often it has to be sent until there is an answer.
    ///
    /// # Errors
    /// When the system gives no randomness: whoever knew the key could guess at what was asked for.
    pub(in crate::cli) fn once(self) -> anyhow::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
        let key = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        Ok(Self { once: Some(HeaderValue::try_from(key)?), ..self })
    }

    /// Of the thing it is about, or of the account that it is about things of.
    pub(super) fn id(&self) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let account = || query.split('&').find_map(|parameter| parameter.strip_prefix("account="));
        let id = path.split('/').nth(2).or_else(account).unwrap_or_default();
        percent_decode_str(id).decode_utf8_lossy().into_owned()
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let kind = self.content.as_ref().map(|(kind, _)| HeaderValue::from_static(kind));
        let given = [(IF_MATCH, self.revision.clone()), (IDEMPOTENCY_KEY, self.once.clone()), (CONTENT_TYPE, kind)];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn new(method: Method, path: &str, content: Option<(&'static str, String)>) -> Self {
        Self { method, path: path.to_owned(), revision: None, once: None, content }
    }
}

/// A path of the API out of words that may hold anything.
pub(in crate::cli) fn path(words: &[&str]) -> String {
    words.iter().fold(String::new(), |path, word| path + "/" + &encoded(word))
}

/// A query out of what is given.
pub(in crate::cli) fn query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_deref()?))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { path.to_owned() } else { format!("{path}?{}", given.join("&")) }
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
