//! What a request brought along; not yet believed.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use zeroize::Zeroizing;

use super::{Rejection, StrippedQuery};

const LONGEST_TOKEN: usize = 4096;
const LONGEST_PAIR: usize = 1024;

/// Which credentials a request may present, and where.
#[derive(Debug, Clone)]
pub struct Accept {
    /// `Authorization: Bearer` (RFC 6750).
    pub bearer: bool,
    /// `Authorization: Basic` (RFC 7617).
    pub basic: bool,
    /// The header of an API key.
    pub api_key_header: Option<HeaderName>,
    /// The query parameter of an API key; never forwarded.
    pub api_key_query: Option<Box<str>>,
}

/// How a credential was presented. Also a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Nothing was, or nothing that could be read.
    None,
    /// `Authorization: Bearer`.
    Bearer,
    /// API key header or query parameter.
    ApiKey,
    /// `Authorization: Basic`.
    Basic,
}

impl Scheme {
    /// The word in metrics and logs.
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
    /// A bearer token or API key.
    Token {
        /// Which of the two.
        scheme: Scheme,
        /// Visible ASCII, not empty.
        token: Cow<'a, [u8]>,
    },
    /// A Basic pair.
    Password(BasicCredentials),
}

/// User name and password of a Basic pair, decoded on the stack and wiped when dropped.
pub struct BasicCredentials {
    bytes: Zeroizing<[u8; LONGEST_PAIR]>,
    colon: usize,
    end: usize,
}

impl BasicCredentials {
    /// Before the first colon; UTF-8 without control characters.
    pub fn username(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.colon]).unwrap_or_default()
    }

    /// After the first colon; not empty.
    pub fn password(&self) -> &[u8] {
        &self.bytes[self.colon + 1..self.end]
    }

    fn decode(encoded: &[u8]) -> Result<Self, Rejection> {
        let malformed = Rejection::CredentialMalformed;
        let mut bytes = Zeroizing::new([0_u8; LONGEST_PAIR]);
        if encoded.len() > LONGEST_PAIR.div_ceil(3) * 4 {
            return Err(malformed("The Basic credential is over-long."));
        }
        let end = STANDARD
            .decode_slice(encoded, bytes.as_mut())
            .map_err(|_| malformed("The Basic credential is not valid base64, or over-long."))?;
        let text =
            std::str::from_utf8(&bytes[..end]).map_err(|_| malformed("The Basic credential is not valid UTF-8."))?;
        if text.chars().any(char::is_control) {
            return Err(malformed("The Basic credential holds control characters."));
        }
        let colon = text.find(':').ok_or(malformed("The Basic credential holds no colon."))?;
        if colon == 0 {
            return Err(malformed("The user name is empty."));
        }
        if colon + 1 == end {
            return Err(malformed("The password is empty."));
        }
        Ok(Self { bytes, colon, end })
    }
}

impl<'a> Presented<'a> {
    /// Finds the one credential of a request; `None` when it brought none of an accepted kind.
    ///
    /// # Errors
    /// [`Rejection::CredentialMalformed`] for more than one, one twice, or one that cannot be read.
    pub fn read(accept: &Accept, headers: &'a HeaderMap, query: Option<&str>) -> Result<Option<Self>, Rejection> {
        let places = [authorization(accept, headers)?, api_key_header(accept, headers)?, api_key_query(accept, query)?];
        let mut found = places.into_iter().flatten();
        let first = found.next();
        if found.next().is_some() {
            return Err(Rejection::CredentialMalformed("The request presents more than one credential."));
        }
        match first {
            None => Ok(None),
            Some(Named::Token { scheme, token }) => Ok(Some(Self::Token { scheme, token })),
            Some(Named::Pair(encoded)) => Ok(Some(Self::Password(BasicCredentials::decode(encoded)?))),
        }
    }

    /// How it was presented.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Token { scheme, .. } => *scheme,
            Self::Password(_) => Scheme::Basic,
        }
    }
}

/// A credential where it was found; small, unlike one that is decoded.
enum Named<'a> {
    Token { scheme: Scheme, token: Cow<'a, [u8]> },
    Pair(&'a [u8]),
}

fn authorization<'a>(accept: &Accept, headers: &'a HeaderMap) -> Result<Option<Named<'a>>, Rejection> {
    let Some(value) = only(headers, &AUTHORIZATION, "The Authorization header stands there twice.")? else {
        return Ok(None);
    };
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => (&value[..space], value[space + 1..].trim_ascii()),
        None => (value.trim_ascii_end(), &b""[..]),
    };
    if scheme.eq_ignore_ascii_case(b"bearer") && accept.bearer {
        token(Scheme::Bearer, Cow::Borrowed(rest)).map(Some)
    } else if scheme.eq_ignore_ascii_case(b"basic") && accept.basic {
        Ok(Some(Named::Pair(rest)))
    } else {
        Ok(None)
    }
}

fn api_key_header<'a>(accept: &Accept, headers: &'a HeaderMap) -> Result<Option<Named<'a>>, Rejection> {
    let Some(name) = &accept.api_key_header else { return Ok(None) };
    let value = only(headers, name, "The API key header stands there twice.")?;
    value.map(|value| token(Scheme::ApiKey, Cow::Borrowed(value.trim_ascii()))).transpose()
}

fn api_key_query<'a>(accept: &Accept, query: Option<&str>) -> Result<Option<Named<'a>>, Rejection> {
    let (Some(name), Some(query)) = (&accept.api_key_query, query) else { return Ok(None) };
    let Some(found) = StrippedQuery::of(query, name) else { return Ok(None) };
    if found.is_repeated {
        return Err(Rejection::CredentialMalformed("The API key stands in the query twice."));
    }
    token(Scheme::ApiKey, Cow::Owned(found.value)).map(Some)
}

fn token(scheme: Scheme, token: Cow<'_, [u8]>) -> Result<Named<'_>, Rejection> {
    if token.is_empty() {
        return Err(Rejection::CredentialMalformed("The token is empty."));
    }
    if token.len() > LONGEST_TOKEN {
        return Err(Rejection::CredentialMalformed("The token is over-long."));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(Rejection::CredentialMalformed("The token holds spaces or control characters."));
    }
    Ok(Named::Token { scheme, token })
}

/// The only value of a header; two are two readings.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName, twice: &'static str) -> Result<Option<&'a [u8]>, Rejection> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Rejection::CredentialMalformed(twice));
    }
    Ok(first.map(http::HeaderValue::as_bytes))
}

#[cfg(test)]
#[path = "presented_tests.rs"]
mod tests;
