//! Rules of webhooks that involve more than one setting.

use std::net::Ipv6Addr;

use ipnet::{IpNet, Ipv6Net};

use super::raw;
use super::setting_fault::SettingFault;

/// An event with its frame must fit into 64 KiB.
const MAX_EXAMPLE_BYTES: usize = 32 * 1024;

/// NAT64 (RFC 6052) and IPv4-compatible addresses: webhooks judge them by the IPv4 address that they hold.
const HOLD_IPV4: [Ipv6Net; 2] = [v6([0x64, 0xff9b], 48), v6([0, 0], 96)];
/// `::` and `::1`.
const HOLDS_NO_IPV4: Ipv6Net = v6([0, 0], 127);

/// `has_database`: there is one that webhooks can be in.
pub(super) fn faults(file: &raw::File, has_database: bool) -> Vec<SettingFault> {
    let Some(webhooks) = &file.webhooks else { return Vec::new() };
    let mut faults = Vec::new();
    let mut add = |path: &[&str], problem: &str, hint: &'static str| {
        let path = ["webhooks"].iter().chain(path).map(|key| (*key).to_owned()).collect();
        faults.push(SettingFault { path, problem: problem.to_owned(), hint });
    };
    if file.console.public_url.is_none() {
        let hint = "set console.public_url to the address of the console in a browser";
        add(&[], "needs console.public_url, which is missing", hint);
    }
    if !has_database {
        add(&[], "has no effect without a database", "set credentials.database, or leave webhooks out");
    }
    for (entity, operations) in &webhooks.entities {
        for (index, operation) in operations.iter().enumerate() {
            if operations[..index].contains(operation) {
                add(&["entities", &entity.0.0, &index.to_string()], "is listed twice", "");
            }
        }
    }
    for (entity, data) in &webhooks.examples {
        let path = ["examples", &entity.0.0];
        if !webhooks.entities.contains_key(entity) {
            add(&path, "is the example of an unknown entity", "list the entity in webhooks.entities");
        }
        if serde_json::to_vec(data).is_ok_and(|json| json.len() > MAX_EXAMPLE_BYTES) {
            add(&path, &format!("is more than {MAX_EXAMPLE_BYTES} bytes as JSON"), "");
        }
    }
    for (index, range) in webhooks.allow.iter().enumerate() {
        if let IpNet::V6(range) = range.0.0
            && HOLD_IPV4.iter().any(|space| space.contains(&range))
            && !HOLDS_NO_IPV4.contains(&range)
        {
            let problem = "has no effect: an address in there is judged by the IPv4 address that it holds";
            add(&["allow", &index.to_string()], problem, "write the IPv4 range instead, such as 10.1.0.0/16");
        }
    }
    if webhooks.proxy.is_some() && !webhooks.allow.is_empty() {
        add(&["allow"], "has no effect with webhooks.proxy, which decides about addresses", "leave one of them out");
    }
    faults
}

const fn v6([first, second]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), length)
}
