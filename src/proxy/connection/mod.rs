//! From an accepted socket to the head of a request.

pub(super) mod body_end;
pub(super) mod certificates;
pub(super) mod client_stream;
pub(super) mod connection_limiter;
pub(super) mod descriptor_budget;
pub(super) mod head_inspector;
mod head_origin;
pub(super) mod head_timeout;
mod http1;
pub(super) mod http2;
pub(super) mod lazy_select;
pub(super) mod listener;
pub(super) mod protocol;
pub(super) mod replay;
pub(super) mod state;
mod tunnel;
mod websocket_frames;

use std::net::{IpAddr, SocketAddr};

use pingora::proxy::Session;

/// The address at the other end of the connection.
pub(super) fn peer(session: &Session) -> Option<IpAddr> {
    session.client_addr().and_then(|address| address.as_inet()).map(SocketAddr::ip)
}
