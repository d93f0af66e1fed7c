//! Values that are written as text and mean something.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Serialize, Serializer};

/// Text that has been parsed into a `T`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parsed<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: fmt::Display> Serialize for Parsed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T> JsonSchema for Parsed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("text or a list")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany)
            }
        }

        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

/// Where to listen: an address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenAddress(pub SocketAddr);

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self)
            .map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080")
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A length of time, such as `500ms`, `30s` or `5m`; more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

impl Period {
    /// This many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl Parsed<Period> {
    /// As the standard library has it.
    pub fn duration(&self) -> Duration {
        self.0.0
    }
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration: jiff::SignedDuration =
            text.parse().map_err(|_| "must be a length of time, such as 500ms, 30s or 5m")?;
        let duration = Duration::try_from(duration).map_err(|_| "must not be negative")?;
        if duration.is_zero() { Err("must be more than zero") } else { Ok(Self(duration)) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

/// Where the API behind is: `http://host:port`, `https://host`, `unix:/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamUrl {
    /// Over TCP.
    Tcp {
        /// With TLS.
        tls: bool,
        /// Name or address, without brackets.
        host: String,
        /// The port, stated or the scheme's.
        port: u16,
    },
    /// Over a Unix socket.
    Unix(PathBuf),
}

impl FromStr for UpstreamUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be http://host:port, https://host:port or unix:/path/to/socket";
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(FORM) };
        }
        let uri: http::Uri = text.parse().map_err(|_| FORM)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(FORM),
        };
        let authority = uri.authority().ok_or(FORM)?;
        if authority.as_str().contains('@') {
            return Err("must not hold a user name or password");
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("must not have a path: requests are forwarded byte for byte");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(FORM);
        }
        if authority.as_str().rsplit_once(':').is_some_and(|(_, port)| port.is_empty()) {
            return Err(FORM);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        if port == 0 {
            return Err("must not name port 0");
        }
        Ok(Self::Tcp { tls, host: host.to_owned(), port })
    }
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { tls, host, port } => {
                let scheme = if *tls { "https" } else { "http" };
                let brackets = if host.contains(':') { ["[", "]"] } else { ["", ""] };
                write!(f, "{scheme}://{}{host}{}:{port}", brackets[0], brackets[1])
            }
        }
    }
}

/// What the names of identity headers begin with.
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
            return Err("must not be what proxies tell about the caller");
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
        // To many servers these are the same.
        if RESERVED.contains(&name.as_str().replace(['_', '.'], "-").as_str()) {
            return Err("must not be a header that means something else already");
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

/// A web address for people; `http` or `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(pub String);

impl FromStr for WebAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Option<http::Uri> = text.parse().ok();
        let fits = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
        if fits && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a web address, such as https://example.org/docs")
        }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address range such as `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange(pub ipnet::IpNet);

impl FromStr for AddressRange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(Into::into));
        let range: ipnet::IpNet =
            range.map_err(|_| "must be an address or a range, such as 192.0.2.7 or 10.0.0.0/8")?;
        if range.trunc() != range {
            return Err("has bits set behind its prefix length");
        }
        Ok(Self(as_ipv4(range).unwrap_or(range)))
    }
}

/// The range that is meant by an IPv4-mapped one (`::ffff:10.0.0.0/104`): nobody ever calls from such an address.
fn as_ipv4(range: ipnet::IpNet) -> Option<ipnet::IpNet> {
    let ipnet::IpNet::V6(range) = range else { return None };
    let address = range.addr().to_ipv4_mapped()?;
    let length = range.prefix_len().checked_sub(96)?;
    ipnet::Ipv4Net::new(address, length).ok().map(Into::into)
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_are_read_and_shown_alike() {
        for text in ["http://127.0.0.1:9000", "https://api.example.org:443", "unix:/run/api.sock", "http://[::1]:80"] {
            assert_eq!(text.parse::<UpstreamUrl>().unwrap().to_string(), text);
        }
        assert_eq!("https://api".parse::<UpstreamUrl>().unwrap().to_string(), "https://api:443");
        for odd in [
            "",
            "127.0.0.1:9000",
            "ftp://x",
            "http://",
            "http://x/base",
            "http://u:p@x",
            "unix:sock",
            "http://x:0",
            "http://x:",
        ] {
            assert!(odd.parse::<UpstreamUrl>().is_err(), "{odd}");
        }
    }

    #[test]
    fn lengths_of_time_read_back() {
        for text in ["500ms", "30s", "5m", "1h 30m"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for odd in ["", "30", "-1s", "0s", "soon"] {
            assert!(odd.parse::<Period>().is_err(), "{odd}");
        }
    }

    /// Whatever begins with it is removed from every request.
    #[test]
    fn identity_headers_take_nothing_away_that_is_not_theirs() {
        for fine in ["X-Claviger-", "x-acme-2-", "X-A-"] {
            assert_eq!(fine.parse::<HeaderPrefix>().unwrap().0, fine);
        }
        for odd in
            ["Content-", "Accept-", "Sec-", "X-", "X--", "x-forwarded-", "X-Forwarded-Acme-", "X-Acme", "X-A b-", ""]
        {
            assert!(odd.parse::<HeaderPrefix>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_header_that_has_a_meaning_of_its_own_carries_neither_key_nor_version() {
        for odd in [
            "Expect",
            "Trailer",
            "Content-Type",
            "X-Forwarded-For",
            "X_Forwarded_For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "traceparent",
            "tracestate",
            "Cookie",
        ] {
            assert!(odd.parse::<HeaderField>().is_err(), "{odd}");
        }
        assert!("X-API-Key".parse::<HeaderField>().is_ok());
    }

    /// Callers over IPv4 have IPv4 addresses here, on whatever socket they come.
    #[test]
    fn a_range_of_ipv4_written_as_ipv6_is_one_of_ipv4() {
        let range = |text: &str| text.parse::<AddressRange>().map(|range| range.to_string());
        assert_eq!(range("::ffff:10.0.0.0/104").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(range("::ffff:192.0.2.7").as_deref(), Ok("192.0.2.7/32"));
        assert_eq!(range("::ffff:0:0/96").as_deref(), Ok("0.0.0.0/0"));
        assert_eq!(range("2001:db8::/32").as_deref(), Ok("2001:db8::/32"));
        assert_eq!(range("::/0").as_deref(), Ok("::/0"));
        assert!(range("::ffff:10.0.0.0/90").is_err() && range("::ffff:0:0/95").is_err());
    }
}
