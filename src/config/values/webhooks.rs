//! Names of events, times and the proxy of webhooks.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::UpstreamUrl;

const MAX_NAME: usize = 40;
const DEFAULT_DAYS: u16 = 30;
const MAX_DAYS: u16 = 90;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Entities of Claviger's own events.
const OWN_ENTITIES: [&str; 4] = ["access_request", "account", "credential", "webhook"];

/// An entity of the API behind, the first part of an event's type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntityName(pub String);

/// What happened to an entity, the second part of an event's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationName(pub String);

impl FromStr for EntityName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if OWN_ENTITIES.contains(&text) {
            return Err("is an entity of Claviger's own events (access_request, account, credential, webhook)");
        }
        name(text).map(Self)
    }
}

impl FromStr for OperationName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        name(text).map(Self)
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_right = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    if starts_right && text.len() <= MAX_NAME && text.bytes().all(is_letter) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 40 of a-z, 0-9 and _, beginning with a letter, such as contact")
    }
}

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whole days, from `1d` to `90d`; 30 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount(u16);

impl DayCount {
    pub fn duration(self) -> Duration {
        DAY * u32::from(self.0)
    }
}

impl Default for super::Parsed<DayCount> {
    fn default() -> Self {
        Self(DayCount(DEFAULT_DAYS))
    }
}

impl FromStr for DayCount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_suffix('d').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(days @ 1..=MAX_DAYS) => Ok(Self(days)),
            _ => Err("must be whole days, 1d to 90d"),
        }
    }
}

impl fmt::Display for DayCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

/// A forward proxy: `http://HOST:PORT`, without user, password and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAddress(UpstreamUrl);

impl FromStr for ProxyAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be http://HOST:PORT of a forward proxy, without user, password and path";
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\@?#".contains(&byte));
        match text.parse() {
            Ok(url @ UpstreamUrl::Tcp { tls: false, .. }) if plain => Ok(Self(url)),
            _ => Err(FORM),
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_events_are_plain_words_and_none_of_ours() {
        let long = "a".repeat(MAX_NAME);
        for fine in ["contact", "a", "order_line2", &long] {
            assert_eq!(fine.parse::<EntityName>().unwrap().to_string(), fine);
            assert_eq!(fine.parse::<OperationName>().unwrap().to_string(), fine);
        }
        let longer = "a".repeat(MAX_NAME + 1);
        for junk in ["", "Contact", "2nd", "_a", "a-b", "a.b", "a b", "*", "ä", "a\n", &longer] {
            assert!(junk.parse::<EntityName>().is_err() && junk.parse::<OperationName>().is_err(), "{junk}");
        }
        for own in OWN_ENTITIES {
            assert!(own.parse::<EntityName>().is_err() && own.parse::<OperationName>().is_ok(), "{own}");
        }
    }

    #[test]
    fn days_are_whole_and_at_most_ninety() {
        for fine in ["1d", "30d", "90d"] {
            assert_eq!(fine.parse::<DayCount>().unwrap().to_string(), fine);
        }
        assert_eq!("2d".parse::<DayCount>().unwrap().duration(), Duration::from_secs(172_800));
        for junk in ["", "d", "0d", "91d", "-1d", "+1d", "1", "24h", "1.5d", "99999d", "1 d", "1D"] {
            assert!(junk.parse::<DayCount>().is_err(), "{junk}");
        }
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port() {
        for (text, shown) in [
            ("http://proxy:4750", "http://proxy:4750"),
            ("http://10.0.0.1", "http://10.0.0.1:80"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(text.parse::<ProxyAddress>().unwrap().to_string(), shown);
        }
        for junk in [
            "",
            "proxy:4750",
            "https://proxy",
            "socks5://proxy:1",
            "http://me:secret@proxy:1",
            "http://me@proxy:1",
            "http://proxy/x",
            "http://proxy?x",
            "http://proxy#x",
            "http://proxy:0",
            "http://",
            "unix:/run/x",
        ] {
            assert!(junk.parse::<ProxyAddress>().is_err(), "{junk}");
        }
    }
}
