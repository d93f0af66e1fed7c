//! Listening sockets that whoever started the process has bound (socket activation): callers wait in them from before
//! it runs, and while it is started anew.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};

use super::listeners::serves;
use crate::config::{InheritedSocket, inherited_sockets};
use crate::proxy::BoundListener;

/// Those that nobody has asked for yet.
pub(super) struct Inherited(Vec<(String, BoundListener)>);

impl Inherited {
    /// All of them.
    ///
    /// # Errors
    /// When one is no TCP socket.
    pub(super) fn receive() -> anyhow::Result<Self> {
        let sockets = inherited_sockets()?.into_iter();
        let sockets = sockets.map(|InheritedSocket { name, listener }| Ok((name, BoundListener::adopt(listener)?)));
        let sockets = sockets.collect::<std::io::Result<_>>().context("sockets that were passed on")?;
        Ok(Self(sockets))
    }

    /// The one for an address of the settings, if there is one.
    pub(super) fn take(&mut self, wanted: SocketAddr) -> Option<BoundListener> {
        let index = self.0.iter().position(|(_, bound)| serves(bound.address, wanted))?;
        Some(self.0.remove(index).1)
    }

    /// Callers of one that is left would wait for ever.
    ///
    /// # Errors
    /// When there is one.
    pub(super) fn none_is_left(&self) -> anyhow::Result<()> {
        let Some((name, bound)) = self.0.first() else { return Ok(()) };
        bail!(
            "the socket {name} was passed on for {}, which is not in proxy.listen, forward_auth.listen or admin.listen",
            bound.address
        )
    }
}
