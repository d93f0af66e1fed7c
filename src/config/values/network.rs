//! Addresses to listen on, to connect to and to trust.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

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

/// The address of the API behind: `http://host:port`, `https://host`, `unix:/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamUrl {
    Tcp {
        tls: bool,
        /// An IPv6 address without brackets.
        host: String,
        /// The default of the scheme where none is written.
        port: u16,
    },
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

/// The target of a check of the API behind: a path, and perhaps a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPath(pub String);

impl FromStr for CheckPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_target = text.parse::<http::uri::PathAndQuery>().is_ok_and(|target| target.as_str() == text);
        if is_target && text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a path, such as /healthz")
        }
    }
}

impl fmt::Display for CheckPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A web address with scheme `http` or `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(pub String);

impl FromStr for WebAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Option<http::Uri> = text.parse().ok();
        let fits = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
        if fits && plain {
            // `HTTP://` is as good, and checks compare with the lower case.
            let scheme = text.find("://").unwrap_or_default();
            Ok(Self(text[..scheme].to_ascii_lowercase() + &text[scheme..]))
        } else {
            Err("must be a web address, such as https://example.org/docs")
        }
    }
}

/// Without user and password.
impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        write!(f, "{scheme}://{host}{path}")
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
            return Err("has bits set after its prefix");
        }
        Ok(Self(as_ipv4(range).unwrap_or(range)))
    }
}

/// The IPv4 range of an IPv4-mapped one (`::ffff:10.0.0.0/104`): addresses of callers are never mapped.
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
