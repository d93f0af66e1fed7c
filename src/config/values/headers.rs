//! Names of headers and methods.

use std::fmt;
use std::str::FromStr;

/// The prefix of identity headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPrefix(pub String);

impl FromStr for HeaderPrefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name =
            text.get(..2).filter(|start| start.eq_ignore_ascii_case("x-")).and_then(|_| text[2..].strip_suffix('-'));
        let fits = text.len() <= 40
            && name.is_some_and(|name| {
                name.starts_with(|first: char| first.is_ascii_alphanumeric())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            });
        if !fits {
            return Err("must be X-, a name of letters, digits and hyphens, and a hyphen, such as X-Claviger-");
        }
        if text.to_ascii_lowercase().starts_with("x-forwarded-") {
            return Err("must not be the prefix of the X-Forwarded headers");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for HeaderPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a header, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField(pub http::HeaderName);

impl FromStr for HeaderField {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RESERVED: [&str; 16] = [
            "authorization",
            "connection",
            "content-length",
            "content-type",
            "cookie",
            "expect",
            "host",
            "te",
            "traceparent",
            "tracestate",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
        ];
        let name: http::HeaderName = text.parse().map_err(|_| "must be the name of a header")?;
        // Some servers treat all characters but letters and digits as equal.
        let folded = name.as_str().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        if RESERVED.contains(&folded.as_str()) {
            return Err("must not be a header with another meaning");
        }
        Ok(Self(name))
    }
}

impl fmt::Display for HeaderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A scheme of Authorization (RFC 9110, 11.1), other than the two that have a meaning of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthScheme(pub String);

impl FromStr for AuthScheme {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > 40 || !is_token(text) {
            return Err("must be the name of a scheme, such as Token");
        }
        if ["bearer", "basic"].iter().any(|own| text.eq_ignore_ascii_case(own)) {
            return Err("has a key of its own: accept.bearer, accept.basic");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a WebSocket subprotocol (RFC 6455, 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolName(pub String);

impl FromStr for ProtocolName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > 40 || !is_token(text) {
            return Err("must be the name of a WebSocket protocol, such as bearer");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ProtocolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// An HTTP method in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodName(pub http::Method);

impl FromStr for MethodName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "*" => Err("must name one method, such as GET: * stands for none"),
            Ok(method) if !text.bytes().any(|byte| byte.is_ascii_lowercase()) => Ok(Self(method)),
            _ => Err("must be an HTTP method in capitals, such as GET"),
        }
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}
