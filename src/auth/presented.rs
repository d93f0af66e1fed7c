//! The credential that a request presents; not yet verified.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use zeroize::Zeroizing;

use super::{Rejection, StrippedQuery};

const MAX_TOKEN_BYTES: usize = 4096;
/// User name, colon and password, decoded.
const MAX_BASIC_BYTES: usize = 1024;

/// Which credentials a request may present, and where it presents them.
#[derive(Debug, Clone)]
pub struct Accept {
    /// `Authorization: Bearer` (RFC 6750).
    pub bearer: bool,
    /// `Authorization: Basic` (RFC 7617).
    pub basic: bool,
    pub api_key_header: Option<HeaderName>,
    /// A query parameter; never forwarded.
    pub api_key_query: Option<Box<str>>,
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
}

impl Scheme {
    /// The label in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer => "bearer",
            Self::ApiKey => "api_key",
            Self::Basic => "basic",
        }
    }
}

/// The one credential of a request.
#[expect(clippy::large_enum_variant, reason = "lives on the stack for the length of a look-up; a box would allocate")]
pub enum Presented<'a> {
    Token {
        scheme: Scheme,
        /// Visible ASCII, not empty.
        token: Cow<'a, [u8]>,
    },
    Password(BasicCredentials),
}

/// A decoded Basic pair; on the stack, wiped when dropped.
pub struct BasicCredentials {
    bytes: Zeroizing<[u8; MAX_BASIC_BYTES]>,
    colon: usize,
    end: usize,
}

impl BasicCredentials {
    /// Not empty; UTF-8 without control characters.
    pub fn username(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.colon]).unwrap_or_default()
    }

    /// Not empty.
    pub fn password(&self) -> &[u8] {
        &self.bytes[self.colon + 1..self.end]
    }

    fn decode(encoded: &[u8]) -> Result<Self, Rejection> {
        let malformed = Rejection::CredentialMalformed;
        let mut bytes = Zeroizing::new([0_u8; MAX_BASIC_BYTES]);
        if encoded.len() > MAX_BASIC_BYTES.div_ceil(3) * 4 {
            return Err(malformed("The Basic credential is longer than 1,024 bytes."));
        }
        let end = STANDARD
            .decode_slice(encoded, bytes.as_mut())
            .map_err(|_| malformed("The Basic credential is not valid base64, or longer than 1,024 bytes."))?;
        let text =
            std::str::from_utf8(&bytes[..end]).map_err(|_| malformed("The Basic credential is not valid UTF-8."))?;
        if text.chars().any(char::is_control) {
            return Err(malformed("The Basic credential contains control characters."));
        }
        let colon = text.find(':').ok_or(malformed("The Basic credential contains no colon."))?;
        if colon == 0 {
            return Err(malformed("The user name of the Basic credential is empty."));
        }
        if colon + 1 == end {
            return Err(malformed("The password of the Basic credential is empty."));
        }
        Ok(Self { bytes, colon, end })
    }
}

impl<'a> Presented<'a> {
    /// Returns `None` without a credential of an accepted scheme.
    ///
    /// # Errors
    /// [`Rejection::CredentialMalformed`] for more than one credential, or one that cannot be read.
    pub fn read(accept: &Accept, headers: &'a HeaderMap, query: Option<&str>) -> Result<Option<Self>, Rejection> {
        let found = [authorization(accept, headers)?, api_key_header(accept, headers)?, api_key_query(accept, query)?];
        let mut found = found.into_iter().flatten();
        let first = found.next();
        if found.next().is_some() {
            return Err(Rejection::CredentialMalformed("The request presents more than one credential."));
        }
        match first {
            None => Ok(None),
            Some(Undecoded::Token { scheme, token }) => Ok(Some(Self::Token { scheme, token })),
            Some(Undecoded::Basic(encoded)) => Ok(Some(Self::Password(BasicCredentials::decode(encoded)?))),
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
    if scheme.eq_ignore_ascii_case(b"bearer") && accept.bearer {
        token(Scheme::Bearer, Cow::Borrowed(rest)).map(Some)
    } else if scheme.eq_ignore_ascii_case(b"basic") && accept.basic {
        Ok(Some(Undecoded::Basic(rest)))
    } else {
        Ok(None)
    }
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

fn token(scheme: Scheme, token: Cow<'_, [u8]>) -> Result<Undecoded<'_>, Rejection> {
    if token.is_empty() {
        return Err(Rejection::CredentialMalformed("The token is empty."));
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Rejection::CredentialMalformed("The token is longer than 4,096 bytes."));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(Rejection::CredentialMalformed("The token contains spaces or control characters."));
    }
    Ok(Undecoded::Token { scheme, token })
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
    Ok(first.map(http::HeaderValue::as_bytes))
}

#[cfg(test)]
#[path = "presented_tests.rs"]
mod tests;
