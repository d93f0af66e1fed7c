//! `X-Forwarded-For`: which client a chain of proxies names.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// Reads the lines of `X-Forwarded-For` from the right, as far as trusted proxies wrote them; further left, the client
/// may have written anything. `None` for an empty chain, and where a trusted proxy names something that is no address.
pub fn forwarded_for<'v>(lines: impl DoubleEndedIterator<Item = &'v [u8]>, trusted: &[IpNet]) -> Option<IpAddr> {
    let hops = lines.rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    let mut client = None;
    for hop in hops {
        let address = hop_address(std::str::from_utf8(hop).ok()?.trim())?;
        client = Some(address);
        if !is_trusted_proxy(address, trusted) {
            break;
        }
    }
    client
}

/// True where the address, read as IPv4 if it is IPv4-mapped, is in one of the ranges.
pub fn is_trusted_proxy(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|range| range.contains(&address))
}

/// Some proxies append the port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(with_port).or_else(bracketed)
}
