//! Listening sockets that the service manager bound (`LISTEN_FDS`, sd_listen_fds(3)): connections wait in them before
//! this process starts and while it restarts.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};

use crate::config::{InheritedSocket, inherited_sockets};
use crate::proxy::BoundListener;

/// Inherited sockets that no listener has taken yet, each with its name in `LISTEN_FDNAMES`.
pub(super) struct ActivatedSockets(Vec<(String, BoundListener)>);

impl ActivatedSockets {
    /// # Errors
    /// When one is no TCP socket.
    pub(super) fn receive() -> anyhow::Result<Self> {
        let sockets = inherited_sockets()?.into_iter();
        let sockets = sockets.map(|InheritedSocket { name, listener }| Ok((name, BoundListener::adopt(listener)?)));
        let sockets = sockets.collect::<std::io::Result<_>>().context("inherited sockets")?;
        Ok(Self(sockets))
    }

    pub(super) fn take(&mut self, is_wanted: impl Fn(SocketAddr) -> bool) -> Option<BoundListener> {
        let index = self.0.iter().position(|(_, bound)| is_wanted(bound.address))?;
        Some(self.0.remove(index).1)
    }

    /// # Errors
    /// When a socket is left: connections in its queue would wait for ever.
    pub(super) fn ensure_all_taken(&self) -> anyhow::Result<()> {
        let Some((name, bound)) = self.0.first() else { return Ok(()) };
        bail!(
            "the inherited socket {name} listens on {}, which is not in proxy.listen, forward_auth.listen, admin.listen \
             or console.listen",
            bound.address
        )
    }
}
