//! Names that hosts of the Internet have, apart from addresses in all their spellings.

use std::net::IpAddr;

/// Of a name (RFC 1035, 2.3.4), without the dot at its end.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Why a text is no name of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostFault {
    /// An IP address, in any spelling that some resolver accepts.
    Address,
    /// This machine.
    Localhost,
    /// Without a dot: a name of the local network.
    SingleLabel,
    /// No name at all.
    Form,
}

/// Checks the host of a URL, in lower case. Stricter than DNS: the last label begins with a letter, so that no part of
/// an address is one, and no dot ends the name.
pub(super) fn check(host: &str) -> Result<(), HostFault> {
    if is_address(host) {
        return Err(HostFault::Address);
    }
    let name = host.trim_end_matches('.');
    if name == "localhost" || name.ends_with(".localhost") {
        return Err(HostFault::Localhost);
    }
    let labels: Vec<&str> = host.split('.').collect();
    if host.len() > MAX_NAME || !labels.iter().all(|label| is_label(label)) {
        return Err(HostFault::Form);
    }
    if labels.len() < 2 { Err(HostFault::SingleLabel) } else { Ok(()) }
}

/// `127.0.0.1`, `[::1]`, `[fe80::1%eth0]`, `2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1.`: a name whose last label is a
/// number is an address for resolvers (WHATWG URL, 3.5, "ends in a number").
fn is_address(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_hex = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let is_number = !last.is_empty() && last.bytes().all(|digit| digit.is_ascii_digit());
    host.contains([':', '[', ']']) || is_hex || is_number || host.parse::<IpAddr>().is_ok()
}

fn is_label(label: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(is_letter)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_addresses_in_every_spelling() {
        for fine in
            ["hooks.example.org", "a.b", "xn--bcher-kva.example", "0x7f.example", "127.0.0.1.example.org", "1.a2"]
        {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for address in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.1.",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0.0.0x1",
            "127.0.0.0x1",
            "0x",
            "a.0x",
            "0177.0.0.1",
            "017700000001",
            "a.b.3",
            "1.2.3.4.5",
            "[::1]",
            "::1",
            "[fe80::1%eth0]",
            "[fe80::1%25eth0]",
            "[::ffff:7f00:1]",
            "999999999999",
        ] {
            assert_eq!(check(address), Err(HostFault::Address), "{address}");
        }
        for own in ["localhost", "localhost.", "a.localhost", "a.localhost.", "localhost.."] {
            assert_eq!(check(own), Err(HostFault::Localhost), "{own}");
        }
        for single in ["hooks", "com", "internal", "a-b", "x0", "0xg"] {
            assert_eq!(check(single), Err(HostFault::SingleLabel), "{single}");
        }
        let (long, longest) = (format!("{}.org", "a".repeat(64)), format!("{}org", "a.".repeat(126)));
        for junk in ["", ".", "a..b", ".a.b", "a.b.", "-a.b", "a-.b", "a_b.c", "A.b", "a b.c", "a%2e.b", "ä.b", "a\0.b"]
            .into_iter()
            .chain([long.as_str(), longest.as_str()])
        {
            assert_eq!(check(junk), Err(HostFault::Form), "{junk}");
        }
    }
}
