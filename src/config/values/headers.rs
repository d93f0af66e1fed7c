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
        // Many servers treat these characters as equal.
        if RESERVED.contains(&name.as_str().replace(['_', '.'], "-").as_str()) {
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

/// An HTTP method in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodName(pub http::Method);

impl FromStr for MethodName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
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
