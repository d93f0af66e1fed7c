//! The admin listener.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control_plane_tls::ListenerTls;
use crate::config::values::{ListenAddress, Parsed};

/// The listener for machines: metrics, health and reload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port; loopback by default. A change needs a restart.
    pub listen: Parsed<ListenAddress>,
    /// TLS at this listener. Certificates are read again when their files change; switching TLS on or off needs a
    /// restart.
    pub tls: Option<ListenerTls>,
}

impl Default for Admin {
    fn default() -> Self {
        let listen = Parsed(ListenAddress(([127, 0, 0, 1], 8081).into()));
        Self { listen, tls: None }
    }
}
