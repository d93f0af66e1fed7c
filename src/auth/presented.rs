//! The credential that a request presents; not yet verified.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, SEC_WEBSOCKET_PROTOCOL};
use zeroize::Zeroizing;

use super::{Rejection, StrippedQuery};
use crate::credential::normalized_chars;

const MAX_TOKEN_BYTES: usize = 4096;
/// User name, colon and password, decoded.
const MAX_BASIC_BYTES: usize = 1024;

/// Which credentials a request may present, and where it presents them.
#[derive(Debug, Clone, Default)]
pub struct Accept {
    /// `Authorization: Bearer` (RFC 6750).
    pub bearer: bool,
    /// `Authorization: Basic` (RFC 7617).
    pub basic: bool,
    pub api_key_header: Option<HeaderName>,
    /// A query parameter; never forwarded.
    pub api_key_query: Option<Box<str>>,
    /// Further schemes of `Authorization` that carry a token.
    pub schemes: Box<[Box<str>]>,
    /// `Authorization` with nothing but a token.
    pub bare_token: bool,
    /// The part of a Basic pair that may carry a token. With `basic`, only if the other part is empty.
    pub basic_token: Option<BasicPart>,
    /// The element of `Sec-WebSocket-Protocol` that a token follows.
    pub websocket_protocol: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasicPart {
    Username,
    Password,
}

impl Accept {
    /// Whether a credential can be presented in `Authorization`.
    pub fn reads_authorization(&self) -> bool {
        self.bearer || self.reads_basic() || self.bare_token || !self.schemes.is_empty()
    }

    pub fn reads_basic(&self) -> bool {
        self.basic || self.basic_token.is_some()
    }
}

/// How a credential was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Not presented, or not readable.
    None,
    /// `Authorization: Bearer`.
    Bearer,
    /// Header or query parameter.
    ApiKey,
    /// `Authorization: Basic`.
    Basic,
    /// A further scheme of `Authorization`, or a bare token.
    Custom,
    /// `Sec-WebSocket-Protocol`.
    WebSocket,
}

impl Scheme {
    /// In the order of their discriminants.
    pub const ALL: [Self; 6] = [Self::None, Self::Bearer, Self::ApiKey, Self::Basic, Self::Custom, Self::WebSocket];

    /// The label in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::ApiKey => "api_key",
            Self::Basic => "basic",
            Self::Custom => "custom",
            Self::WebSocket => "websocket",
        }
    }
}

/// The one credential of a request.
#[expect(clippy::large_enum_variant, reason = "lives on the stack for the length of a lookup; a box would allocate")]
pub enum Presented<'a> {
    Token {
        scheme: Scheme,
        /// Visible ASCII, not empty.
        token: Cow<'a, [u8]>,
    },
    Password(BasicCredentials),
}

/// A decoded Basic pair in NFC; on the stack, wiped when dropped.
pub struct BasicCredentials {
    bytes: Zeroizing<[u8; MAX_BASIC_BYTES]>,
    colon: usize,
    end: usize,
}

impl BasicCredentials {
    /// UTF-8 without control characters.
    pub fn username(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.colon]).unwrap_or_default()
    }

    pub fn password(&self) -> &[u8] {
        &self.bytes[self.colon + 1..self.end]
    }

    fn decode(encoded: &[u8]) -> Result<Self, Rejection> {
        const TOO_LONG: Rejection = Rejection::CredentialMalformed("The Basic credential is longer than 1,024 bytes.");
        let malformed = Rejection::CredentialMalformed;
        if encoded.len() > MAX_BASIC_BYTES.div_ceil(3) * 4 {
            return Err(TOO_LONG);
        }
        let mut raw = Zeroizing::new([0_u8; MAX_BASIC_BYTES]);
        let length = STANDARD
            .decode_slice(encoded, raw.as_mut())
            .map_err(|_| malformed("The Basic credential is not valid base64, or longer than 1,024 bytes."))?;
        let (bytes, end) = match raw[..length].is_ascii() {
            true => (raw, length),
            false => normalize(&raw[..length]).ok_or(TOO_LONG)?,
        };
        let text = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
        if text.chars().any(char::is_control) {
            return Err(malformed("The Basic credential contains control characters."));
        }
        let colon = text.find(':').ok_or(malformed("The Basic credential contains no colon."))?;
        Ok(Self { bytes, colon, end })
    }

    /// A user name with its password.
    fn into_pair(self) -> Result<Presented<'static>, Rejection> {
        if self.username().is_empty() {
            return Err(Rejection::CredentialMalformed("The user name of the Basic credential is empty."));
        }
        if self.password().is_empty() {
            return Err(Rejection::CredentialMalformed("The password of the Basic credential is empty."));
        }
        Ok(Presented::Password(self))
    }
}

/// `None` for a text that is too long in NFC.
fn normalize(raw: &[u8]) -> Option<(Zeroizing<[u8; MAX_BASIC_BYTES]>, usize)> {
    let mut bytes = Zeroizing::new([0_u8; MAX_BASIC_BYTES]);
    let mut end = 0;
    for character in normalized_chars(raw) {
        let next = end + character.len_utf8();
        character.encode_utf8(bytes.get_mut(end..next)?);
        end = next;
    }
    Some((bytes, end))
}

impl<'a> Presented<'a> {
    /// Returns `None` without a credential of an accepted scheme.
    ///
    /// # Errors
    /// [`Rejection::CredentialMalformed`] for more than one credential, or one that cannot be read.
    pub fn read(accept: &Accept, headers: &'a HeaderMap, query: Option<&str>) -> Result<Option<Self>, Rejection> {
        let found = [
            authorization(accept, headers)?,
            api_key_header(accept, headers)?,
            api_key_query(accept, query)?,
            websocket_protocol(accept, headers)?,
        ];
        let mut found = found.into_iter().flatten();
        let first = found.next();
        if found.next().is_some() {
            return Err(Rejection::CredentialMalformed("The request presents more than one credential."));
        }
        match first {
            None => Ok(None),
            Some(Undecoded::Token { scheme, token }) => Ok(Some(Self::Token { scheme, token })),
            Some(Undecoded::Basic(encoded)) => basic(accept, encoded).map(Some),
        }
    }

    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Token { scheme, .. } => *scheme,
            Self::Password(_) => Scheme::Basic,
        }
    }
}

/// A credential before it is decoded; small, so that it can be moved.
enum Undecoded<'a> {
    Token { scheme: Scheme, token: Cow<'a, [u8]> },
    Basic(&'a [u8]),
}

fn authorization<'a>(accept: &Accept, headers: &'a HeaderMap) -> Result<Option<Undecoded<'a>>, Rejection> {
    let Some(value) = single(headers, &AUTHORIZATION, "The request has more than one Authorization header.")? else {
        return Ok(None);
    };
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => (&value[..space], value[space + 1..].trim_ascii()),
        None => (value.trim_ascii_end(), &b""[..]),
    };
    let is_further = || accept.schemes.iter().any(|further| further.as_bytes().eq_ignore_ascii_case(scheme));
    if scheme.eq_ignore_ascii_case(b"bearer") && accept.bearer {
        token(Scheme::Bearer, Cow::Borrowed(rest)).map(Some)
    } else if scheme.eq_ignore_ascii_case(b"basic") && accept.reads_basic() {
        Ok(Some(Undecoded::Basic(rest)))
    } else if is_further() {
        token(Scheme::Custom, Cow::Borrowed(rest)).map(Some)
    } else if accept.bare_token && rest.is_empty() {
        token(Scheme::Custom, Cow::Borrowed(scheme)).map(Some)
    } else {
        Ok(None)
    }
}

fn basic(accept: &Accept, encoded: &[u8]) -> Result<Presented<'static>, Rejection> {
    let pair = BasicCredentials::decode(encoded)?;
    let (part, other) = match accept.basic_token {
        None => return pair.into_pair(),
        Some(BasicPart::Username) => (pair.username().as_bytes(), pair.password()),
        Some(BasicPart::Password) => (pair.password(), pair.username().as_bytes()),
    };
    if accept.basic && !other.is_empty() {
        return pair.into_pair();
    }
    check_token(part)?;
    Ok(Presented::Token { scheme: Scheme::Basic, token: Cow::Owned(part.to_vec()) })
}

fn api_key_header<'a>(accept: &Accept, headers: &'a HeaderMap) -> Result<Option<Undecoded<'a>>, Rejection> {
    let Some(name) = &accept.api_key_header else { return Ok(None) };
    let value = single(headers, name, "The request has more than one API key header.")?;
    value.map(|value| token(Scheme::ApiKey, Cow::Borrowed(value.trim_ascii()))).transpose()
}

fn api_key_query<'a>(accept: &Accept, query: Option<&str>) -> Result<Option<Undecoded<'a>>, Rejection> {
    let (Some(name), Some(query)) = (&accept.api_key_query, query) else { return Ok(None) };
    let Some(found) = StrippedQuery::of(query, name) else { return Ok(None) };
    if found.is_repeated {
        return Err(Rejection::CredentialMalformed("The query contains the API key more than once."));
    }
    token(Scheme::ApiKey, Cow::Owned(found.value)).map(Some)
}

fn websocket_protocol<'a>(accept: &Accept, headers: &'a HeaderMap) -> Result<Option<Undecoded<'a>>, Rejection> {
    let Some(name) = &accept.websocket_protocol else { return Ok(None) };
    let mut elements = elements(headers).skip_while(|element| *element != name.as_bytes());
    if elements.next().is_none() {
        return Ok(None);
    }
    let presented = elements.next().unwrap_or_default();
    if presented == name.as_bytes() || elements.any(|element| element == name.as_bytes()) {
        return Err(Rejection::CredentialMalformed("The WebSocket protocols contain more than one token."));
    }
    token(Scheme::WebSocket, Cow::Borrowed(presented)).map(Some)
}

/// The elements of all `Sec-WebSocket-Protocol` headers.
fn elements(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// WebSocket protocols without the element that announces a token and without the token.
#[derive(Debug, PartialEq, Eq)]
pub struct StrippedProtocols {
    /// The other protocols; `None` if there are none.
    pub rest: Option<HeaderValue>,
}

impl StrippedProtocols {
    /// Returns `None` if the headers do not contain the protocol `name`.
    pub fn of(headers: &HeaderMap, name: &str) -> Option<Self> {
        let mut is_token = false;
        let mut is_found = false;
        let mut rest = Vec::new();
        for element in elements(headers) {
            if element == name.as_bytes() {
                (is_found, is_token) = (true, true);
            } else if !std::mem::take(&mut is_token) {
                rest.push(element);
            }
        }
        // A value that was read from headers is valid in one; if not, the protocols are dropped.
        let rest = (!rest.is_empty()).then(|| HeaderValue::from_bytes(&rest.join(&b", "[..])).ok()).flatten();
        is_found.then_some(Self { rest })
    }
}

fn token(scheme: Scheme, token: Cow<'_, [u8]>) -> Result<Undecoded<'_>, Rejection> {
    check_token(&token)?;
    Ok(Undecoded::Token { scheme, token })
}

fn check_token(token: &[u8]) -> Result<(), Rejection> {
    if token.is_empty() {
        return Err(Rejection::CredentialMalformed("The token is empty."));
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Rejection::CredentialMalformed("The token is longer than 4,096 bytes."));
    }
    if !token.is_ascii() {
        return Err(Rejection::CredentialMalformed("The token contains characters outside ASCII."));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(Rejection::CredentialMalformed("The token contains spaces or control characters."));
    }
    Ok(())
}

/// The value of a header that must not be repeated; `repeated` is the detail of the rejection.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    repeated: &'static str,
) -> Result<Option<&'a [u8]>, Rejection> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Rejection::CredentialMalformed(repeated));
    }
    Ok(first.map(HeaderValue::as_bytes))
}

#[cfg(test)]
#[path = "presented_tests.rs"]
mod tests;
