//! Which IP addresses belong to the public Internet (the registries of special-purpose addresses of IANA, RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    // "This network", RFC 791.
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // Carriers, RFC 6598.
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Link-local; metadata of clouds.
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    // Documentation, as are 198.51.100.0/24 and 203.0.113.0/24.
    v4([192, 0, 2, 0], 24),
    // Relays of 6to4.
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    // Benchmarks.
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Multicast.
    v4([224, 0, 0, 0], 4),
    // Reserved, with the broadcast address.
    v4([240, 0, 0, 0], 4),
];

/// All of IPv6 that is assigned to the Internet.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0], 3);
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    // Protocols, Teredo among them.
    v6([0x2001, 0], 23),
    // Documentation.
    v6([0x2001, 0xdb8], 32),
    // 6to4, which holds an IPv4 address.
    v6([0x2002, 0], 16),
    // Documentation, RFC 9637.
    v6([0x3fff, 0], 20),
];

const NAT64: Ipv6Net = v6([0x64, 0xff9b], 96);
/// IPv4-compatible addresses (RFC 4291, 2.5.5.1), but for [`OWN`].
const COMPATIBLE: Ipv6Net = v6([0, 0], 96);
/// `::` and `::1`, which hold no IPv4 address (RFC 4291, 2.5.2 and 2.5.3).
const OWN: Ipv6Net = v6([0, 0], 127);
/// Of the interface identifiers of ISATAP (RFC 5214, 6.1), but for the bit that says whether the IPv4 address is global.
const ISATAP: u32 = 0x5efe;
const ISATAP_GLOBAL_BIT: u32 = 0x0200_0000;

/// Whether an address is one of the public Internet. An IPv6 address that leads to an IPv4 address is judged by that.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address) && isatap_v4(address).is_none_or(is_public_v4),
        },
    }
}

/// Whether an operator has opened a network with this address in it; an IPv6 address that leads to an IPv4 address is
/// in the networks of that.
pub(super) fn is_allowed(address: IpAddr, networks: &[IpNet]) -> bool {
    let inner = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded_v4(address).map(IpAddr::V4),
    };
    let address = inner.unwrap_or(address);
    networks.iter().any(|network| network.contains(&address))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !NOT_PUBLIC_V4.iter().any(|network| network.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    GLOBAL_V6.contains(&address) && !NOT_PUBLIC_V6.iter().any(|network| network.contains(&address))
}

/// The IPv4 address that a mapped, compatible or NAT64 address stands for.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let is_compatible = COMPATIBLE.contains(&address) && !OWN.contains(&address);
    let is_embedded = NAT64.contains(&address) || is_compatible;
    address.to_ipv4_mapped().or_else(|| is_embedded.then(|| last_32_bits(address)))
}

/// The IPv4 address behind a tunnel of ISATAP, which any IPv6 network may have.
fn isatap_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let marker = u32::try_from(address.to_bits() >> 32 & u128::from(u32::MAX)).unwrap_or_default();
    (marker & !ISATAP_GLOBAL_BIT == ISATAP).then(|| last_32_bits(address))
}

fn last_32_bits(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([first, second]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    /// First and last address of each range, and the neighbours that are public.
    #[test]
    fn each_range_of_ipv4_ends_where_the_registry_says() {
        for (before, first, last, after) in [
            ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("223.255.255.255", "224.0.0.0", "255.255.255.255", ""),
        ] {
            for address in [before, after].into_iter().filter(|address| !address.is_empty()) {
                for form in ["", "::ffff:", "::", "64:ff9b::"] {
                    assert!(public(&format!("{form}{address}")), "{form}{address}");
                }
            }
            for address in [first, last] {
                for form in ["", "::ffff:", "::", "64:ff9b::"] {
                    assert!(!public(&format!("{form}{address}")), "{form}{address}");
                }
            }
        }
        assert!(!public("169.254.169.254") && !public("255.255.255.255"));
    }

    #[test]
    fn each_range_of_ipv6_ends_where_the_registry_says() {
        let last = |prefix: &str, length: u8| Ipv6Net::new(prefix.parse().unwrap(), length).unwrap().broadcast();
        for (prefix, length, before, after) in [
            ("2001::", 23, "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
            ("2001:db8::", 32, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
            ("2002::", 16, "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
            ("3fff::", 20, "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
        ] {
            assert!(!public(prefix) && !is_public(last(prefix, length).into()), "{prefix}/{length}");
            assert!(public(before) && public(after), "{prefix}/{length}");
        }
        assert!(public("2000::") && public("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
        for outside in [
            "::",
            "::1",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "4000::",
            // RFC 8215, discard, SRv6, unique local, link-local, site-local, multicast.
            "64:ff9b:1::808:808",
            "100::1",
            "5f00::1",
            "fc00::1",
            "fdff:ffff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:0:808:808",
            // Teredo and 6to4.
            "2001:0:808:808::1",
            "2002:808:808::1",
            "2002:7f00:1::",
        ] {
            assert!(!public(outside), "{outside}");
        }
        assert!(public("2606:4700:4700::1111") && public("2a00:1450:4001:81b::200e"));
    }

    #[test]
    fn a_tunnel_to_a_private_address_is_not_public() {
        for (address, is_fine) in [
            ("2606:4700::5efe:8.8.8.8", true),
            ("2606:4700::200:5efe:8.8.8.8", true),
            ("2606:4700::5efe:10.0.0.1", false),
            ("2606:4700::200:5efe:127.0.0.1", false),
            ("2606:4700::5eff:10.0.0.1", true),
            ("fe80::5efe:8.8.8.8", false),
        ] {
            assert_eq!(public(address), is_fine, "{address}");
        }
    }

    #[test]
    fn an_opened_network_holds_every_form_of_its_addresses_and_no_other() {
        let allow: Vec<IpNet> = vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for address in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00::1"] {
            assert!(is_allowed(address.parse().unwrap(), &allow), "{address}");
            assert!(!is_allowed(address.parse().unwrap(), &[]), "{address}");
        }
        for address in ["10.0.255.255", "10.2.0.0", "::ffff:10.2.0.0", "2002:a01:203::", "fe80::1", "::1"] {
            assert!(!is_allowed(address.parse().unwrap(), &allow), "{address}");
        }
    }

    /// `::1` is this machine, and no form of `0.0.0.1`.
    #[test]
    fn an_opened_loopback_address_is_allowed_and_0_0_0_0_8_does_not_open_it() {
        let allows =
            |network: &str, address: &str| is_allowed(address.parse().unwrap(), &[network.parse::<IpNet>().unwrap()]);
        assert!(allows("::1/128", "::1") && allows("::/128", "::") && allows("::/127", "::1"));
        for address in ["::", "::1"] {
            assert!(!allows("0.0.0.0/8", address) && !public(address), "{address}");
        }
        assert!(allows("10.0.0.0/8", "::10.0.0.1") && !allows("::/127", "::2"));
    }
}
