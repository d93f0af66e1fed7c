//! Headers sent to the API: sets identity headers, forwards those of the caller, removes forged ones.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, HeaderName, SEC_WEBSOCKET_PROTOCOL, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use pingora::http::{RequestHeader, ResponseHeader};
use uuid::Uuid;

use super::forwarded_headers::{Caller, authority};
use super::upstream_head::{PreparedName, UpstreamHead};
use crate::auth::{Rules, StrippedProtocols, StrippedQuery};
use crate::config::raw::{Identity, IdentityHeader};
use crate::credential::VersionCatalog;
use crate::proxy::decide::admitted::Admitted;

/// The names of our headers, and those that a caller must not imitate.
pub(in crate::proxy) struct HeaderNames {
    prefix: Box<str>,
    /// In the order of [`IdentityHeader::ALL`].
    identity: [OwnHeader; IdentityHeader::ALL.len()],
    code: Bytes,
    authorization: Option<HeaderName>,
    api_key: Option<HeaderName>,
    api_version: Option<PreparedName>,
}

/// An identity header.
struct OwnHeader {
    name: PreparedName,
    /// False where the settings leave it out.
    is_sent: bool,
}

impl OwnHeader {
    /// `None` where it is not sent, or has no value.
    fn value(&self, bytes: impl FnOnce() -> Option<Bytes>) -> pingora::Result<Option<HeaderValue>> {
        if self.is_sent { bytes().map(shared).transpose() } else { Ok(None) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Keep,
    Remove,
}

impl HeaderNames {
    /// `None` where the prefix is not that of a header.
    pub(in crate::proxy) fn new(settings: &Identity, rules: &Rules) -> Option<Self> {
        let prefix = settings.prefix.0.0.as_str();
        let spelling = |rest: &str| Bytes::from(format!("{prefix}{rest}").into_bytes().into_boxed_slice());
        let own = |header: IdentityHeader, rest: &str| {
            let name = PreparedName::new(spelling(rest))?;
            Some(OwnHeader { name, is_sent: settings.headers.contains(&header) })
        };
        Some(Self {
            prefix: prefix.to_ascii_lowercase().into(),
            identity: [
                own(IdentityHeader::Credential, "Credential")?,
                own(IdentityHeader::Account, "Account")?,
                own(IdentityHeader::Version, "Version")?,
                own(IdentityHeader::Scopes, "Scopes")?,
                own(IdentityHeader::RequestId, "Request-Id")?,
            ],
            code: spelling("Code"),
            // Forwarded to the API if no accepted scheme reads it.
            authorization: rules.accept.reads_authorization().then_some(AUTHORIZATION),
            api_key: rules.accept.api_key_header.clone(),
            api_version: rules.versions.header.clone().map(PreparedName::from),
        })
    }

    /// Removes headers that a caller must not send, and the credential unless `forward_credential`.
    pub(in crate::proxy) fn strip(&self, request: &mut RequestHeader, caller: Caller, forward_credential: bool) {
        for name in &self.to_remove(&request.headers, caller.is_trusted, forward_credential) {
            request.remove_header(name);
        }
    }

    pub(in crate::proxy) fn to_remove(
        &self,
        headers: &HeaderMap,
        is_trusted: bool,
        forward_credential: bool,
    ) -> Vec<HeaderName> {
        let action = |name: &HeaderName| self.action(name, is_trusted, forward_credential);
        // An empty Vec does not allocate.
        headers.keys().filter(|name| action(name) == Action::Remove).cloned().collect()
    }

    /// True where the headers contain one that must be removed and that a front proxy would leave in place: a name with
    /// our prefix that is none of ours, or is one that is not sent, which the proxy need not know; or another spelling of
    /// a name that is removed.
    pub(in crate::proxy) fn has_spoofed(&self, headers: &HeaderMap) -> bool {
        let is_overwritten =
            |name: &HeaderName| self.identity.iter().any(|ours| ours.is_sent && ours.name.name() == name);
        let is_left = |name: &str| folded_starts_with(name, &self.prefix) || !is_standard_spelling(name);
        let is_spoofed = |name: &HeaderName| {
            self.action(name, true, true) == Action::Remove && is_left(name.as_str()) && !is_overwritten(name)
        };
        headers.keys().any(is_spoofed)
    }

    /// The headers that a credential is read from.
    pub(in crate::proxy) fn credential_headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.authorization.iter().chain(&self.api_key)
    }

    /// The identity headers that are not sent.
    pub(in crate::proxy) fn unsent(&self) -> impl Iterator<Item = &HeaderName> {
        self.identity.iter().filter(|ours| !ours.is_sent).map(|ours| ours.name.name())
    }

    /// The name of the header for the request id, which refusals have whether or not the API gets it.
    pub(in crate::proxy) fn request_id(&self) -> Bytes {
        let [.., request_id] = &self.identity;
        request_id.name.spelling().clone()
    }

    /// The name of the header for the code of a refusal.
    pub(in crate::proxy) fn code(&self) -> Bytes {
        self.code.clone()
    }

    fn action(&self, name: &HeaderName, is_trusted: bool, forward_credential: bool) -> Action {
        let text = name.as_str();
        let is_exactly = |ours: &Option<HeaderName>| ours.as_ref() == Some(name);
        let is_ours = folded_starts_with(text, &self.prefix);
        let is_forwarded =
            folded_starts_with(text, "x-forwarded-") || folded_eq(text, "forwarded") || folded_eq(text, "x-real-ip");
        let is_credential = is_exactly(&self.authorization) || is_exactly(&self.api_key);
        let is_other_spelling = |ours: &HeaderName| folded_eq(text, ours.as_str()) && ours != name;
        let is_folded_spelling = self.api_key.as_ref().is_some_and(is_other_spelling)
            || self.api_version.as_ref().map(PreparedName::name).is_some_and(is_other_spelling);
        let is_trusted_value = is_trusted && is_forwarded && is_standard_spelling(text);
        let remove = is_ours
            || is_folded_spelling
            || (is_forwarded && !is_trusted_value)
            || (is_credential && !forward_credential);
        if remove { Action::Remove } else { Action::Keep }
    }

    /// Names the caller to the API; replaces whatever the caller sent under these names.
    ///
    /// # Errors
    /// When a value is not valid in a header; the request must not be forwarded then.
    pub(in crate::proxy) fn identify(
        &self,
        head: &mut impl UpstreamHead,
        admitted: &Admitted,
        versions: &VersionCatalog,
        id: Uuid,
    ) -> pingora::Result<()> {
        for (name, value) in self.identity(admitted, versions, id)? {
            if let Some(value) = value {
                head.set(name, value)?;
            }
        }
        // Also in the API's own header: the caller may have sent none, or may have had it removed as hop-by-hop by
        // naming it in Connection.
        if let (Some(header), Some(version)) = (&self.api_version, admitted.admission().served(versions)) {
            head.set(header, shared(version.name.to_bytes())?)?;
        }
        Ok(())
    }

    /// The identity headers; `None` for those that are not sent, and those without a value.
    ///
    /// # Errors
    /// When a value is not valid in a header.
    pub(in crate::proxy) fn identity(
        &self,
        admitted: &Admitted,
        versions: &VersionCatalog,
        id: Uuid,
    ) -> pingora::Result<[(&PreparedName, Option<HeaderValue>); IdentityHeader::ALL.len()]> {
        let admission = admitted.admission();
        let caller = admission.credential.as_deref();
        let scopes = || caller.and_then(|credential| credential.scopes.as_ref()).map(|scopes| scopes.joined());
        let id = || {
            let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
            Some(Bytes::copy_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes()))
        };
        let [credential, account, version, scope_list, request_id] = &self.identity;
        Ok([
            (&credential.name, credential.value(|| caller.map(|credential| credential.id.to_bytes()))?),
            (&account.name, account.value(|| caller.map(|credential| credential.account.id.to_bytes()))?),
            (&version.name, version.value(|| admission.served(versions).map(|version| version.name.to_bytes()))?),
            (&scope_list.name, scope_list.value(scopes)?),
            (&request_id.name, request_id.value(id)?),
        ])
    }
}

fn shared(bytes: Bytes) -> pingora::Result<HeaderValue> {
    use pingora::{ErrorType::InternalError, OrErr};
    HeaderValue::from_maybe_shared(bytes).or_err(InternalError, "identity is not a header value")
}

/// False where Content-Length is repeated or a list: the upstream could take another of them than we do (RFC 9112, 6.3).
pub(in crate::proxy) fn has_one_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let is_plain = lengths.next().is_none_or(|length| length.as_bytes().iter().all(u8::is_ascii_digit));
    is_plain && lengths.next().is_none()
}

/// False where chunked is applied twice, which recipients read in different ways (RFC 9112, 7).
pub(in crate::proxy) fn is_chunked_once(headers: &HeaderMap) -> bool {
    let values = headers.get_all(TRANSFER_ENCODING).iter();
    let codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    codings.filter(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked")).count() < 2
}

/// True where a header overrides the method, as many frameworks allow; the verdict is about the method of the request.
pub(in crate::proxy) fn has_second_method(headers: &HeaderMap) -> bool {
    const NAMES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    headers.keys().any(|name| NAMES.iter().any(|override_| folded_eq(name.as_str(), override_)))
}

/// HTTP/2 may send cookies in several fields; an HTTP/1 upstream must receive one (RFC 9113, 8.2.3).
pub(in crate::proxy) fn join_cookies(request: &mut RequestHeader) -> pingora::Result<()> {
    let mut cookies = request.headers.get_all(COOKIE).iter();
    if request.version == http::Version::HTTP_2 || cookies.nth(1).is_none() {
        return Ok(());
    }
    let all: Vec<&[u8]> = request.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    let joined = all.join(&b"; "[..]);
    request.insert_header(COOKIE, joined)
}

/// Compares names as servers do that map every character but letters and digits to `_` (CGI, RFC 3875, 4.1.18; lighttpd
/// maps all of them, others some). Only for removal and refusal: a header is read by its exact name. `lower` is in lower
/// case.
fn folded_starts_with(name: &str, lower: &str) -> bool {
    let fold = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
    name.len() >= lower.len() && name.bytes().map(fold).zip(lower.bytes().map(fold)).all(|(a, b)| a == b)
}

/// Without a character that only folding maps to a hyphen.
fn is_standard_spelling(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// False for a name that HTTP/1.1 does not allow (RFC 9110, 5.1); parsers of HTTP/2 accept some of them.
pub(in crate::proxy) fn has_valid_names(headers: &HeaderMap) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    headers.keys().all(|name| name.as_str().bytes().all(is_token))
}

/// Removes the token from the WebSocket protocols.
pub(in crate::proxy) fn strip_websocket_token(request: &mut RequestHeader, name: &str) -> pingora::Result<()> {
    let Some(stripped) = StrippedProtocols::of(&request.headers, name) else { return Ok(()) };
    request.remove_header(&SEC_WEBSOCKET_PROTOCOL);
    stripped.rest.map_or(Ok(()), |rest| request.insert_header(SEC_WEBSOCKET_PROTOCOL, rest))
}

/// Chooses the protocol that announced the token where the API chose none: a browser closes a connection without a
/// choice.
pub(in crate::proxy) fn choose_websocket_protocol(
    response: &mut ResponseHeader,
    request: &HeaderMap,
    name: &str,
) -> pingora::Result<()> {
    let is_accepted = response.status == StatusCode::SWITCHING_PROTOCOLS;
    if !is_accepted || response.headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(());
    }
    match StrippedProtocols::of(request, name) {
        Some(_) => response.insert_header(SEC_WEBSOCKET_PROTOCOL, name),
        None => Ok(()),
    }
}

fn folded_eq(name: &str, lower: &str) -> bool {
    name.len() == lower.len() && folded_starts_with(name, lower)
}

/// Removes the API key from the query; the rest is forwarded unchanged.
pub(in crate::proxy) fn strip_query_key(request: &mut RequestHeader, name: &str) -> pingora::Result<()> {
    let raw = String::from_utf8_lossy(request.raw_path()).into_owned();
    let Some((path, query)) = raw.split_once('?') else { return Ok(()) };
    let Some(stripped) = StrippedQuery::of(query, name) else { return Ok(()) };
    let target = if stripped.rest.is_empty() { path.to_owned() } else { format!("{path}?{}", stripped.rest) };
    // Setting the target drops HTTP/2's authority, which is the host of the request.
    if let (false, Some(host)) = (request.headers.contains_key(HOST), authority(&request.uri)) {
        request.insert_header(HOST, host)?;
    }
    request.set_raw_path(target.as_bytes())
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
