//! X-Forwarded-For, -Proto and -Host: read from trusted proxies, and set for the API.

use std::net::IpAddr;

use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use ipnet::IpNet;

use super::upstream_head::{PreparedName, UpstreamHead};
use crate::auth::forwarded_for;
pub(in crate::proxy) use crate::auth::is_trusted_proxy as is_trusted;
use crate::config::raw::{Forwarded, ForwardedHost};

static FORWARDED_FOR: PreparedName = PreparedName::from_static("x-forwarded-for", "X-Forwarded-For");
static FORWARDED_PROTO: PreparedName = PreparedName::from_static("x-forwarded-proto", "X-Forwarded-Proto");
static FORWARDED_HOST: PreparedName = PreparedName::from_static("x-forwarded-host", "X-Forwarded-Host");

/// How the caller reached us.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct Caller {
    /// The other end of the connection; `None` where that is no IP address.
    pub(in crate::proxy) peer: Option<IpAddr>,
    /// Whether the peer is a trusted proxy.
    pub(in crate::proxy) is_trusted: bool,
    pub(in crate::proxy) is_tls: bool,
}

/// Sets the X-Forwarded-* headers that are sent, and removes the others. An untrusted caller's own were removed before.
pub(in crate::proxy) fn set_forwarded(
    head: &mut impl UpstreamHead,
    caller: Caller,
    sent: &Forwarded,
) -> pingora::Result<()> {
    if !sent.r#for {
        head.remove(FORWARDED_FOR.name());
    } else if let Some(peer) = caller.peer.map(|peer| peer.to_canonical()) {
        let value = match joined(&head.parts().headers, FORWARDED_FOR.name()) {
            Some(before) => header_value(format!("{before}, {peer}"))?,
            None => address_value(peer)?,
        };
        head.set(&FORWARDED_FOR, value)?;
    }
    if !sent.proto {
        head.remove(FORWARDED_PROTO.name());
    } else if !head.parts().headers.contains_key(FORWARDED_PROTO.name()) {
        head.set(&FORWARDED_PROTO, HeaderValue::from_static(if caller.is_tls { "https" } else { "http" }))?;
    }
    match sent.host {
        ForwardedHost::Always if head.parts().headers.contains_key(FORWARDED_HOST.name()) => {}
        ForwardedHost::Always => {
            if let Some(host) = host(head.parts()) {
                head.set(&FORWARDED_HOST, host)?;
            }
        }
        // The gate forwards Host unchanged, so only a trusted proxy can name another host.
        ForwardedHost::WhenDifferent if differs_from_host(head.parts()) => {}
        ForwardedHost::WhenDifferent | ForwardedHost::Never => head.remove(FORWARDED_HOST.name()),
    }
    Ok(())
}

/// The requested host; over HTTP/2, that of the URI.
fn host(parts: &http::request::Parts) -> Option<HeaderValue> {
    parts.headers.get(HOST).cloned().or_else(|| authority(&parts.uri))
}

/// The host of an HTTP/2 request.
pub(super) fn authority(uri: &Uri) -> Option<HeaderValue> {
    uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
}

/// True where X-Forwarded-Host says anything but the host that is forwarded.
fn differs_from_host(parts: &http::request::Parts) -> bool {
    let mut values = parts.headers.get_all(FORWARDED_HOST.name()).iter();
    values.next().is_some_and(|first| values.next().is_some() || host(parts).as_ref() != Some(first))
}

/// Written by hand for IPv4, in a tenth of the time of `Display`: nearly every request has one.
fn address_value(address: IpAddr) -> pingora::Result<HeaderValue> {
    match address {
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
            header_value(&text[..length - 1])
        }
        IpAddr::V6(address) => header_value(address.to_string()),
    }
}

fn header_value(
    text: impl TryInto<HeaderValue, Error = http::header::InvalidHeaderValue>,
) -> pingora::Result<HeaderValue> {
    use pingora::{ErrorType::InternalError, OrErr};
    text.try_into().or_err(InternalError, "the address is not a header value")
}

/// The client's address: the peer's, or the one that trusted proxies report. `None` where a trusted proxy reports
/// something that is no address: taking the proxy's own instead would attribute the request to the proxy.
pub(in crate::proxy) fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> Option<IpAddr> {
    if is_trusted(peer, trusted) && headers.contains_key(FORWARDED_FOR.name()) {
        forwarded_address(headers, trusted)
    } else {
        Some(peer)
    }
}

/// The address that trusted proxies name. `None` where there is none, and where one of them names no address.
pub(in crate::proxy) fn forwarded_address(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    forwarded_for(headers.get_all(FORWARDED_FOR.name()).iter().map(HeaderValue::as_bytes), trusted)
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    // A value that is not text is no address either, but must not disappear from the chain.
    let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("unknown")).collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pingora::http::RequestHeader;

    /// The X-Forwarded-* headers of a request to `api` that had these before.
    fn set(sent: &Forwarded, before: &[(&'static str, &str)]) -> Vec<String> {
        let mut request = RequestHeader::build("GET", b"/", None).unwrap();
        request.append_header("Host", "api").unwrap();
        for (name, value) in before {
            request.append_header(*name, *value).unwrap();
        }
        let caller = Caller { peer: "192.0.2.1".parse().ok(), is_trusted: true, is_tls: true };
        set_forwarded(&mut request, caller, sent).unwrap();
        let all = request.headers.iter().filter(|(name, _)| name.as_str() != "host");
        all.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn each_header_is_sent_or_removed_by_itself() {
        let all = ["x-forwarded-for: 192.0.2.1", "x-forwarded-proto: https", "x-forwarded-host: api"];
        let theirs =
            [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "other.example")];
        let kept =
            ["x-forwarded-for: 10.0.0.1, 192.0.2.1", "x-forwarded-proto: http", "x-forwarded-host: other.example"];
        for bits in 0..8_usize {
            let is_on = |bit: usize| bits & 1 << bit != 0;
            let host = if is_on(2) { ForwardedHost::Always } else { ForwardedHost::Never };
            let sent = Forwarded { r#for: is_on(0), proto: is_on(1), host };
            let wanted = |lines: [&str; 3]| -> Vec<String> {
                let mut lines: Vec<_> = (0..3).filter(|bit| is_on(*bit)).map(|bit| lines[bit].to_owned()).collect();
                lines.sort();
                lines
            };
            for (before, lines) in [(&[][..], all), (&theirs, kept)] {
                let mut is = set(&sent, before);
                is.sort();
                assert_eq!(is, wanted(lines), "{sent:?} {before:?}");
            }
        }
    }

    #[test]
    fn host_that_says_nothing_new_is_not_sent() {
        let sent = Forwarded { r#for: false, proto: false, host: ForwardedHost::WhenDifferent };
        let host = "X-Forwarded-Host";
        assert!(set(&sent, &[]).is_empty());
        assert!(set(&sent, &[(host, "api")]).is_empty());
        assert_eq!(set(&sent, &[(host, "API")]), ["x-forwarded-host: API"]);
        assert_eq!(set(&sent, &[(host, "api:8080")]), ["x-forwarded-host: api:8080"]);
        // A list, which servers read in different ways.
        assert_eq!(set(&sent, &[(host, "api"), (host, "api")]).len(), 2);
    }

    #[test]
    fn client_is_the_rightmost_untrusted_address() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let address = |chain: &[&'static str], peer: &str| {
            let mut headers = HeaderMap::new();
            for value in chain {
                headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            client_address(&headers, peer.parse().unwrap(), &trusted)
                .map_or("unknown".into(), |client| client.to_string())
        };
        assert_eq!(address(&["203.0.113.9"], "192.0.2.1"), "192.0.2.1");
        assert_eq!(address(&["203.0.113.9"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(address(&["1.1.1.1, 203.0.113.9, 10.0.0.2"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(address(&["1.1.1.1", "203.0.113.9"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(address(&["203.0.113.9:4711"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(address(&["[2001:db8::1]:4711, 10.0.0.2"], "10.0.0.1"), "2001:db8::1");
        assert_eq!(address(&["[2001:db8::1]"], "10.0.0.1"), "2001:db8::1");
        assert_eq!(address(&["203.0.113.9, junk, 10.0.0.2"], "10.0.0.1"), "unknown");
        assert_eq!(address(&["203.0.113.9, "], "10.0.0.1"), "unknown");
        // What the caller wrote further left does not matter.
        assert_eq!(address(&["\u{ff}, 203.0.113.9"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(address(&["203.0.113.9, \u{ff}"], "10.0.0.1"), "unknown");
        assert_eq!(address(&[], "10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn address_is_written_as_displayed() {
        for address in [
            "0.0.0.0",
            "10.200.30.4",
            "100.101.9.255",
            "255.255.255.255",
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "::ffff:255.255.255.255",
        ] {
            assert_eq!(address_value(address.parse().unwrap()).unwrap(), address);
        }
    }
}
