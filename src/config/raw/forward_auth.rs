//! Where proxies ask, as it is written.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{AddressRange, ListenAddress, OneOrMany, Parsed};

/// Forward-auth: a proxy that stays in front of the API asks at /auth before it forwards (nginx, Traefik, Caddy,
/// Envoy), or over gRPC (Envoy).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForwardAuth {
    /// Address and port, or a list of them. A change needs a restart.
    pub listen: OneOrMany<Parsed<ListenAddress>>,
    /// Who may ask, and is believed what it says about the request and its caller. This machine by default.
    pub trusted_proxies: Vec<Parsed<AddressRange>>,
}

impl Default for ForwardAuth {
    fn default() -> Self {
        let listen = Parsed(ListenAddress(([127, 0, 0, 1], 8082).into()));
        Self { listen: OneOrMany(vec![listen]), trusted_proxies: this_machine() }
    }
}

/// Its own addresses.
pub(super) fn this_machine() -> Vec<Parsed<AddressRange>> {
    let here = [Ipv4Net::new_assert([127, 0, 0, 0].into(), 8).into(), IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST))];
    here.map(|range| Parsed(AddressRange(range))).into()
}
