//! Which headers the API behind sees: ours, once; the caller's, as they came; forged ones, never.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use pingora::http::RequestHeader;
use uuid::Uuid;

pub(in crate::proxy) use crate::auth::is_trusted_proxy as is_trusted;
use crate::auth::{Admission, Rules, forwarded_for};
use crate::credential::VersionCatalog;

// As they are looked for, and as they are written.
pub(in crate::proxy) const FORWARDED_FOR: (HeaderName, &str) =
    (HeaderName::from_static("x-forwarded-for"), "X-Forwarded-For");
const FORWARDED_PROTO: (HeaderName, &str) = (HeaderName::from_static("x-forwarded-proto"), "X-Forwarded-Proto");
const FORWARDED_HOST: (HeaderName, &str) = (HeaderName::from_static("x-forwarded-host"), "X-Forwarded-Host");

/// The headers that are ours, and those that must not be imitated.
pub(in crate::proxy) struct HeaderNames {
    prefix: Box<str>,
    credential: Bytes,
    account: Bytes,
    version: Bytes,
    scopes: Bytes,
    request_id: Bytes,
    code: Bytes,
    authorization: Option<HeaderName>,
    api_key: Option<HeaderName>,
    api_version: Option<HeaderName>,
}

/// How the caller reached us.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct Caller {
    /// The address at the other end of the connection.
    pub(in crate::proxy) peer: IpAddr,
    /// Whether that is a proxy whose word counts.
    pub(in crate::proxy) is_trusted: bool,
    /// Whether the connection is encrypted.
    pub(in crate::proxy) is_tls: bool,
}

/// What to do with a header of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Remove,
}

impl HeaderNames {
    /// For identity headers that begin with `prefix`.
    pub(in crate::proxy) fn new(prefix: &str, rules: &Rules) -> Self {
        let name = |rest: &str| Bytes::from(format!("{prefix}{rest}").into_bytes().into_boxed_slice());
        Self {
            prefix: prefix.to_ascii_lowercase().into(),
            credential: name("Credential"),
            account: name("Account"),
            version: name("Version"),
            scopes: name("Scopes"),
            request_id: name("Request-Id"),
            code: name("Code"),
            // Where we do not look at it, it is between the caller and the API behind.
            authorization: (rules.accept.bearer || rules.accept.basic).then_some(AUTHORIZATION),
            api_key: rules.accept.api_key_header.clone(),
            api_version: rules.versions.header.clone(),
        }
    }

    /// Removes what the caller may not say, and the credential unless it is to be forwarded.
    pub(in crate::proxy) fn strip(&self, request: &mut RequestHeader, caller: Caller, forward_credential: bool) {
        for name in &self.doomed(&request.headers, caller.is_trusted, forward_credential) {
            request.remove_header(name);
        }
    }

    /// What has to go.
    pub(in crate::proxy) fn doomed(
        &self,
        headers: &HeaderMap,
        is_trusted: bool,
        forward_credential: bool,
    ) -> Vec<HeaderName> {
        let fate = |name: &HeaderName| self.fate(name, is_trusted, forward_credential);
        // Collecting allocates only where there is something.
        headers.keys().filter(|name| fate(name) == Fate::Remove).cloned().collect()
    }

    /// True where a header would have to go, and a proxy that writes ours would leave it: one that begins like ours and
    /// is none of them, or is one of those that are taken out but for `_` or `.` in its name.
    pub(in crate::proxy) fn are_imitated(&self, headers: &HeaderMap) -> bool {
        let ours = [&self.credential, &self.account, &self.version, &self.scopes, &self.request_id];
        let is_written = |name: &str| ours.iter().any(|ours| ours.eq_ignore_ascii_case(name.as_bytes()));
        let is_left = |name: &str| folded_starts_with(name, &self.prefix) || name.contains(['_', '.']);
        let is_imitation = |name: &HeaderName| {
            self.fate(name, true, true) == Fate::Remove && is_left(name.as_str()) && !is_written(name.as_str())
        };
        headers.keys().any(is_imitation)
    }

    /// Where credentials are looked for.
    pub(in crate::proxy) fn credential_headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.authorization.iter().chain(&self.api_key)
    }

    /// Names the id of a request.
    pub(in crate::proxy) fn request_id(&self) -> Bytes {
        self.request_id.clone()
    }

    /// Names the code of a refusal.
    pub(in crate::proxy) fn code(&self) -> Bytes {
        self.code.clone()
    }

    fn fate(&self, name: &HeaderName, is_trusted: bool, forward_credential: bool) -> Fate {
        let text = name.as_str();
        let imitates = |ours: &Option<HeaderName>| ours.as_ref().is_some_and(|ours| folded_eq(text, ours.as_str()));
        let is_exactly = |ours: &Option<HeaderName>| ours.as_ref() == Some(name);
        let is_ours = folded_starts_with(text, &self.prefix);
        let is_forwarded =
            folded_starts_with(text, "x-forwarded-") || folded_eq(text, "forwarded") || folded_eq(text, "x-real-ip");
        let is_credential = is_exactly(&self.authorization) || is_exactly(&self.api_key);
        let is_odd_spelling = (imitates(&self.api_key) && !is_exactly(&self.api_key))
            || (imitates(&self.api_version) && !is_exactly(&self.api_version));
        let is_believed = is_trusted && is_forwarded && !text.contains(['_', '.']);
        let remove =
            is_ours || is_odd_spelling || (is_forwarded && !is_believed) || (is_credential && !forward_credential);
        if remove { Fate::Remove } else { Fate::Keep }
    }

    /// Tells the API behind who is calling. Nothing of the caller's can be left under these names.
    ///
    /// # Errors
    /// When a header cannot be set; the request must not be forwarded then.
    pub(in crate::proxy) fn identify(
        &self,
        request: &mut RequestHeader,
        admission: &Admission,
        versions: &VersionCatalog,
        id: Uuid,
    ) -> pingora::Result<()> {
        for (name, value) in self.identity(admission, versions, id)? {
            if let Some(value) = value {
                request.insert_header(name.clone(), value)?;
            }
        }
        // Also where the API itself looks: the caller may have named none, or had its header taken off
        // on the way by naming it in Connection.
        if let (Some(header), Some(version)) = (&versions.header, admission.served(versions)) {
            request.insert_header(header, shared(version.name.to_bytes())?)?;
        }
        Ok(())
    }

    /// The same by name, with `None` for what there is nothing to say about.
    ///
    /// # Errors
    /// When a header cannot be made.
    pub(in crate::proxy) fn identity(
        &self,
        admission: &Admission,
        versions: &VersionCatalog,
        id: Uuid,
    ) -> pingora::Result<[(&Bytes, Option<HeaderValue>); 5]> {
        let value = |bytes: Option<Bytes>| bytes.map(shared).transpose();
        let credential = admission.credential.as_deref();
        let scopes = credential.and_then(|credential| credential.scopes.as_ref());
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let id = Bytes::copy_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
        Ok([
            (&self.credential, value(credential.map(|credential| credential.id.to_bytes()))?),
            (&self.account, value(credential.map(|credential| credential.account.id.to_bytes()))?),
            (&self.version, value(admission.served(versions).map(|version| version.name.to_bytes()))?),
            (&self.scopes, value(scopes.map(|scopes| scopes.joined()))?),
            (&self.request_id, Some(shared(id)?)),
        ])
    }
}

fn shared(bytes: Bytes) -> pingora::Result<HeaderValue> {
    use pingora::{ErrorType::InternalError, OrErr};
    HeaderValue::from_maybe_shared(bytes).or_err(InternalError, "identity is not a header value")
}

/// False where the length of the body is stated twice or as a list: what is forwarded would be read
/// one way here and another way behind (RFC 9112, 6.3).
pub(in crate::proxy) fn has_one_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let is_plain = lengths.next().is_none_or(|length| length.as_bytes().iter().all(u8::is_ascii_digit));
    is_plain && lengths.next().is_none()
}

/// Says where the request came from, over what an untrusted caller said.
///
/// # Errors
/// When a header cannot be set.
pub(in crate::proxy) fn set_forwarded(request: &mut RequestHeader, caller: Caller) -> pingora::Result<()> {
    let peer = caller.peer.to_canonical();
    match joined(&request.headers, &FORWARDED_FOR.0) {
        Some(before) => request.insert_header(FORWARDED_FOR.1, format!("{before}, {peer}"))?,
        None => request.insert_header(FORWARDED_FOR.1, address_value(peer)?)?,
    }
    if !request.headers.contains_key(&FORWARDED_PROTO.0) {
        let scheme = HeaderValue::from_static(if caller.is_tls { "https" } else { "http" });
        request.insert_header(FORWARDED_PROTO.1, scheme)?;
    }
    if !request.headers.contains_key(&FORWARDED_HOST.0) {
        let host = request.headers.get(HOST).cloned();
        if let Some(host) = host.or_else(|| authority(request)) {
            request.insert_header(FORWARDED_HOST.1, host)?;
        }
    }
    Ok(())
}

/// Nearly every request has one, and most of them are of IPv4, which `Display` writes in ten times as long.
fn address_value(address: IpAddr) -> pingora::Result<HeaderValue> {
    use pingora::{ErrorType::InternalError, OrErr};
    let value = match address {
        IpAddr::V4(address) => {
            let digits = address.octets().map(|octet| [octet / 100, octet / 10 % 10, octet % 10]);
            let (mut text, mut length) = ([0; 16], 0);
            for octet in digits {
                let zeros = octet[..2].iter().take_while(|digit| **digit == 0).count();
                for digit in &octet[zeros..] {
                    text[length] = b'0' + digit;
                    length += 1;
                }
                text[length] = b'.';
                length += 1;
            }
            HeaderValue::from_bytes(&text[..length - 1])
        }
        IpAddr::V6(address) => HeaderValue::from_str(&address.to_string()),
    };
    value.or_err(InternalError, "the address is not a header value")
}

/// The host of a request of HTTP/2.
pub(in crate::proxy) fn authority(request: &RequestHeader) -> Option<HeaderValue> {
    request.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
}

/// The address that the request came from: the peer, or what trusted proxies say in front of it.
/// `None` where one of them says something that is no address: whoever that was, it is not the proxy.
pub(in crate::proxy) fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> Option<IpAddr> {
    if is_trusted(peer, trusted) && headers.contains_key(&FORWARDED_FOR.0) {
        forwarded_address(headers, trusted)
    } else {
        Some(peer)
    }
}

/// The address that trusted proxies name. `None` where there is none, and where one of them names no address.
pub(in crate::proxy) fn forwarded_address(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    forwarded_for(headers.get_all(&FORWARDED_FOR.0).iter().map(HeaderValue::as_bytes), trusted)
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    // What is no text is no address either, and must not vanish from the chain.
    let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("unknown")).collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}

/// True where a header asks the API behind to take the request for one of another method, as many
/// frameworks do; the verdict was about the method of the request.
pub(in crate::proxy) fn has_second_method(headers: &HeaderMap) -> bool {
    const NAMES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
    headers.keys().any(|name| NAMES.iter().any(|override_| folded_eq(name.as_str(), override_)))
}

/// HTTP/2 may send cookies one by one; an API of HTTP/1 must see one header (RFC 9113, 8.2.3).
///
/// # Errors
/// When the header cannot be set.
pub(in crate::proxy) fn join_cookies(request: &mut RequestHeader) -> pingora::Result<()> {
    let mut cookies = request.headers.get_all(COOKIE).iter();
    if request.version == http::Version::HTTP_2 || cookies.nth(1).is_none() {
        return Ok(());
    }
    let all: Vec<&[u8]> = request.headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    let joined = all.join(&b"; "[..]);
    request.insert_header(COOKIE, joined)
}

/// Servers turn `-`, `_` and `.` into one another (CGI, WSGI, PHP): names that are the same to one
/// of them are the same here. `lower` is in lower case with hyphens.
fn folded_starts_with(name: &str, lower: &str) -> bool {
    let fold = |byte: u8| if matches!(byte, b'_' | b'.') { b'-' } else { byte.to_ascii_lowercase() };
    name.len() >= lower.len() && name.bytes().map(fold).zip(lower.bytes().map(fold)).all(|(a, b)| a == b)
}

fn folded_eq(name: &str, lower: &str) -> bool {
    name.len() == lower.len() && folded_starts_with(name, lower)
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
