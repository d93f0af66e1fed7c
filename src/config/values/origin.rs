//! The origins of pages that may call the API, and the headers that they may set.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use http::{HeaderName, HeaderValue};

type Problem = Cow<'static, str>;

const FORM: &str = "must be scheme://host or scheme://host:port, such as https://app.example.org";

/// An origin as browsers serialize it (RFC 6454, 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(pub HeaderValue);

impl FromStr for WebOrigin {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text == "null" {
            return Err("must be an origin: any page can have the origin null, for example in a sandboxed frame".into());
        }
        if text.contains('*') {
            return Err("must be one exact origin: list each one, because * would admit the pages of every site".into());
        }
        let (scheme, authority) = text.split_once("://").ok_or(FORM)?;
        if authority.contains('@') {
            return Err("must not hold a user name or password".into());
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err("must end behind the host or the port: an origin has no path".into());
        }
        if !text.is_ascii() {
            return Err("must have its host in ASCII, as browsers send it (xn--…)".into());
        }
        let lower = text.to_ascii_lowercase();
        if lower != text {
            return Err(format!("must be in lower case, as browsers send it: {lower}").into());
        }
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err(FORM.into());
        }
        if scheme == "file" {
            return Err("must not have the scheme file: a page that is opened from a file has the origin null".into());
        }
        let (host, port) = split_port(authority)?;
        check_host(scheme, host)?;
        if let Some(port) = port {
            check_port(scheme, host, port)?;
        }
        Ok(Self(HeaderValue::from_str(text).map_err(|_| FORM)?))
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), Problem> {
    let end = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[end..].find(':') else {
        return if end == 0 || end == authority.len() { Ok((authority, None)) } else { Err(FORM.into()) };
    };
    if end > 0 && colon > 0 {
        return Err(FORM.into());
    }
    Ok((&authority[..end + colon], Some(&authority[end + colon + 1..])))
}

fn check_host(scheme: &str, host: &str) -> Result<(), Problem> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| FORM)?;
        let canonical = format!("[{address}]");
        // Browsers write an IPv4-mapped address in another way than Rust.
        if address.to_ipv4_mapped().is_none() && canonical != host {
            return Err(format!("must have the host {canonical}, as browsers send it").into());
        }
        return Ok(());
    }
    let is_name = host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte));
    let is_web = matches!(scheme, "http" | "https");
    let is_whole = !is_web || host.split('.').all(|label| !label.is_empty());
    if host.is_empty() || !is_name || !is_whole { Err(FORM.into()) } else { Ok(()) }
}

fn check_port(scheme: &str, host: &str, port: &str) -> Result<(), Problem> {
    let number = port.parse::<u16>().ok().filter(|number| *number > 0 && number.to_string() == port);
    let number = number.ok_or("must have a port of 1 to 65535")?;
    if matches!((scheme, number), ("http", 80) | ("https", 443)) {
        return Err(format!("must be without the port, as browsers send it: {scheme}://{host}").into());
    }
    Ok(())
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// A request header that pages may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHeader(pub HeaderName);

impl FromStr for AllowedHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Err("must be the name of a header: list each one, * does not stand for Authorization");
        }
        text.parse().map(Self).map_err(|_| "must be the name of a header")
    }
}

impl fmt::Display for AllowedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str) -> Option<String> {
        text.parse::<WebOrigin>().err().map(|problem| problem.to_string())
    }

    #[test]
    fn an_origin_is_taken_as_browsers_send_it() {
        for fine in [
            "https://app.example.org",
            "http://localhost:3000",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "https://[2001:db8::1]",
            "https://xn--bcher-kva.example",
            "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
            "capacitor://localhost",
            "https://app.example.org:8443",
            "http://app.example.org:443",
        ] {
            assert_eq!(problem(fine), None, "{fine}");
            assert_eq!(fine.parse::<WebOrigin>().unwrap().to_string(), fine);
        }
    }

    #[test]
    fn what_no_browser_sends_is_a_fault_with_advice() {
        for (text, advice) in [
            ("*", "list each one"),
            ("https://*.example.org", "list each one"),
            ("null", "any page can have the origin null"),
            ("https://app.example.org/", "no path"),
            ("https://app.example.org/x", "no path"),
            ("https://app.example.org?x", "no path"),
            ("https://App.example.org", "lower case, as browsers send it: https://app.example.org"),
            ("HTTPS://app.example.org", "lower case"),
            ("https://app.example.org:443", "without the port, as browsers send it: https://app.example.org"),
            ("http://[::1]:80", "without the port, as browsers send it: http://[::1]"),
            ("https://me:secret@app.example.org", "user name or password"),
            ("https://b\u{fc}cher.example", "ASCII"),
            ("file://x", "has the origin null"),
            ("http://[0:0::1]", "must have the host [::1]"),
            ("https://app.example.org:0", "1 to 65535"),
            ("https://app.example.org:", "1 to 65535"),
            ("https://app.example.org:08443", "1 to 65535"),
            ("https://app.example.org:65536", "1 to 65535"),
        ] {
            let problem = problem(text).unwrap_or_else(|| panic!("{text} is accepted"));
            assert!(problem.contains(advice), "{text}: {problem}");
            assert!(!problem.contains("secret"), "{problem}");
        }
        for text in [
            "",
            "app.example.org",
            "https:",
            "https://",
            "https://:8443",
            "://x",
            "1a://x",
            "https://a b",
            "https://.example.org",
            "https://example.org.",
            "https://a..b",
            "https://[::1",
            "https://::1]",
            "https://[::1]x",
            "https://[::1]x:8443",
            "https://a:1:2",
            "https://a%2e",
        ] {
            assert!(problem(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_header_is_named_and_no_wildcard() {
        assert_eq!("X-API-Key".parse::<AllowedHeader>().unwrap().to_string(), "x-api-key");
        for odd in ["*", "", "a b", "a:b"] {
            assert!(odd.parse::<AllowedHeader>().is_err(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn junk_is_no_origin_or_one_that_is_printed_as_it_was_written(
            text in "[a-zA-Z0-9:/.@*?#\\[\\]\\-_%\u{e4} ]{0,30}|https?://[a-z0-9.:\\[\\]]{0,30}",
        ) {
            if let Ok(origin) = text.parse::<WebOrigin>() {
                prop_assert_eq!(origin.to_string(), text.clone());
                prop_assert!(!text.contains(['*', '@', ' ', '?', '#']) && text.matches('/').count() == 2);
            }
        }
    }
}
