//! Servers, addresses and secrets of messages.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use zeroize::Zeroizing;

const SMTPS_PORT: u16 = 465;
const SUBMISSION_PORT: u16 = 587;

/// `smtps://host[:port]` or `smtp://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// An IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    /// TLS from the start; otherwise STARTTLS.
    pub is_implicit_tls: bool,
}

impl MailServer {
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// Whether this host never leaves the machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

impl FromStr for MailServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be smtps://HOST (TLS from the start) or smtp://HOST (STARTTLS)";
        let uri: http::Uri = text.parse().map_err(|_| FORM)?;
        let is_implicit_tls = match uri.scheme_str() {
            Some("smtps") => true,
            Some("smtp") => false,
            _ => return Err(FORM),
        };
        let authority = uri.authority().ok_or(FORM)?;
        if authority.as_str().contains('@') {
            return Err("must not hold a user name or password; set username and password_file");
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(FORM);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        // The port is what stands behind the host, a number or not.
        let has_port = authority.as_str().len() > authority.host().len();
        let is_port_odd = has_port && authority.port_u16().is_none();
        if host.is_empty() || is_port_odd {
            return Err(FORM);
        }
        let port = authority.port_u16().unwrap_or(if is_implicit_tls { SMTPS_PORT } else { SUBMISSION_PORT });
        match (is_implicit_tls, port) {
            (_, 0) => Err("must not name port 0"),
            (true, 25 | SUBMISSION_PORT) => Err("names a port of STARTTLS; write smtp://HOST, or port 465"),
            (false, SMTPS_PORT) => Err("names a port with TLS from the start; write smtps://HOST, or port 587"),
            _ => Ok(Self { host: host.to_owned(), port, is_implicit_tls }),
        }
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_implicit_tls { "smtps" } else { "smtp" };
        let brackets = if self.host.contains(':') { ["[", "]"] } else { ["", ""] };
        write!(f, "{scheme}://{}{}{}:{}", brackets[0], self.host, brackets[1], self.port)
    }
}

/// An e-mail address, with a name or without: `Example <keys@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    pub name: Option<String>,
    pub address: String,
}

impl FromStr for MailAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must have an address: keys@example.org, or Example <keys@example.org>";
        if text.chars().any(char::is_control) {
            return Err("must be on one line, without control characters");
        }
        let (name, address) = match text.split_once('<') {
            None => ("", text.trim()),
            Some((name, rest)) => (name, rest.trim_end().strip_suffix('>').ok_or(FORM)?),
        };
        let name = name.trim().trim_matches('"').trim();
        if name.contains(['<', '>', '"']) || name.chars().count() > 100 {
            return Err(FORM);
        }
        let (local, domain) = address.rsplit_once('@').ok_or(FORM)?;
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(&byte))
        };
        let is_dotted = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
        if address.len() > 254 || !is_plain(local) || !is_plain(domain) || !is_dotted(local) || !is_dotted(domain) {
            return Err(FORM);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() })
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// The name of a header that no part of a mail depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MailHeader(pub String);

impl FromStr for MailHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let has_prefix = text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        if is_name && has_prefix && (3..=60).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be the name of a header that begins with X-")
        }
    }
}

impl fmt::Display for MailHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The beginning of numbers of a country: `+44`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCode(pub String);

impl FromStr for CountryCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let is_code = (1..=7).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_code && !digits.starts_with('0') {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a + and the digits of a country code, such as \"+44\"")
        }
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A password or token of another service. No `Display`, no `Serialize`, a redacted `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretText {
    type Err = &'static str;

    /// Without the end of line that editors add.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text.len() > 1024 || text.chars().any(char::is_control) {
            return Err("must be at most 1024 characters on one line");
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_says_how_it_speaks_tls() {
        let server = |text: &str| text.parse::<MailServer>();
        for (text, shown) in [
            ("smtps://smtp.example.org", "smtps://smtp.example.org:465"),
            ("smtp://smtp.example.org", "smtp://smtp.example.org:587"),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525"),
            ("smtps://[::1]:4465", "smtps://[::1]:4465"),
            ("smtp://mail:25", "smtp://mail:25"),
        ] {
            assert_eq!(server(text).unwrap().to_string(), shown);
        }
        assert!(
            server("smtp://[::1]:2525").unwrap().is_loopback() && server("smtp://localhost").unwrap().is_loopback()
        );
        assert!(!server("smtp://localhost.example.org").unwrap().is_loopback());
        for junk in [
            "",
            "smtp.example.org",
            "smtp:",
            "smtp://",
            "http://x",
            "smtp://x:0",
            "smtp://x:",
            "smtp://x/y",
            "smtp://x?y",
            "smtp://me:secret@x",
            "smtps://x:587",
            "smtps://x:25",
            "smtp://x:465",
            "smtp://x:99999",
            "smtp://a b",
        ] {
            assert!(server(junk).is_err(), "{junk}");
        }
    }

    #[test]
    fn a_sender_has_an_address() {
        let shown = |text: &str| text.parse::<MailAddress>().map(|address| address.to_string());
        assert_eq!(shown("keys@example.org").as_deref(), Ok("keys@example.org"));
        assert_eq!(shown("\"Example, Inc\" <keys@example.org>").as_deref(), Ok("Example, Inc <keys@example.org>"));
        assert_eq!(shown("Bücher <keys@example.org>").as_deref(), Ok("Bücher <keys@example.org>"));
        for junk in [
            "",
            "Example",
            "<>",
            "Example <>",
            "Example <keys>",
            "@x",
            "a@",
            "a@b@c",
            "a b@c.d",
            "A <a@b.c",
            "a@.b",
            "a@b..c",
            "A\r\nBcc: x@y.z <a@b.c>",
            "<a@b.c> <d@e.f>",
            "A <a@b.c>, B <d@e.f>",
        ] {
            assert!(shown(junk).is_err(), "{junk}");
        }
    }

    #[test]
    fn headers_countries_and_secrets_refuse_junk() {
        assert!("X-PM-Track-Links".parse::<MailHeader>().is_ok());
        for junk in ["", "X-", "Subject", "Bcc", "X-a: b", "X-a\r\nBcc", "X-ä"] {
            assert!(junk.parse::<MailHeader>().is_err(), "{junk}");
        }
        assert!("+44".parse::<CountryCode>().is_ok() && "+1".parse::<CountryCode>().is_ok());
        for junk in ["", "+", "44", "+0", "+44 7", "+4477777777", "GB", "*"] {
            assert!(junk.parse::<CountryCode>().is_err(), "{junk}");
        }
        assert_eq!("secret\n".parse::<SecretText>().unwrap().expose(), "secret");
        assert_eq!(format!("{:?}", "secret".parse::<SecretText>().unwrap()), "SecretText([redacted])");
        for junk in ["", "\n", "a\nb", "\0", &"x".repeat(2000)] {
            assert!(junk.parse::<SecretText>().is_err(), "{junk:?}");
        }
    }
}
