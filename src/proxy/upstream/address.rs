//! One address of the upstream.

use std::net::SocketAddr;
use std::sync::Arc;

use super::health::Health;

pub(super) struct Address {
    /// `None` for a Unix socket, whose path the template has.
    pub(super) socket: Option<SocketAddr>,
    pub(super) health: Arc<Health>,
}
