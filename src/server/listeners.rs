//! All listening sockets: passed on by whoever started the process, taken over from the process before, or bound.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::handover::{Handover, Taken};
use super::socket_activation::Inherited;
use crate::config::Settings;
use crate::proxy::BoundListener;

/// How the listeners are come by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// Bound anew.
    #[default]
    Fresh,
    /// Taken over from the process that serves now, if there is one.
    Upgrade,
}

/// All listening sockets, and how they change hands.
pub(super) struct Listeners {
    pub(super) proxy: Vec<BoundListener>,
    pub(super) forward_auth: Vec<BoundListener>,
    pub(super) admin: BoundListener,
    pub(super) handover: Handover,
}

impl Listeners {
    /// Takes what there is, and binds the rest.
    ///
    /// # Errors
    /// When an address is taken, the place of the hand-over is no place for it, or a socket was passed on that the
    /// settings do not name.
    pub(super) fn get(settings: &Settings, start: Start) -> anyhow::Result<Self> {
        let path = settings.handover_socket.as_deref();
        let mut inherited = Inherited::receive()?;
        let mut taken = match start {
            Start::Fresh => None,
            Start::Upgrade => Taken::ask(path.context("--upgrade needs handover.socket in the settings")?)?,
        };
        let mut proxy = Vec::new();
        for address in settings.listeners() {
            let passed_on = inherited.take(address);
            proxy.push(bind(address, passed_on.or_else(|| taken.as_mut()?.proxy(address)))?);
        }
        let address = settings.admin_listen;
        let passed_on = inherited.take(address);
        let admin = bind(address, passed_on.or_else(|| taken.as_mut()?.admin(address)))?;
        inherited.none_is_left()?;
        let handover = Handover::new(path, taken, proxy.iter().chain([&admin]))?;
        let forward_auth = proxy.split_off(settings.listen.len());
        Ok(Self { proxy, forward_auth, admin, handover })
    }
}

fn bind(address: SocketAddr, got: Option<BoundListener>) -> anyhow::Result<BoundListener> {
    got.map_or_else(|| BoundListener::new(address), Ok).with_context(|| format!("cannot listen on {address}"))
}

/// True when a socket at `own` is the one for an address of the settings; for any port, each of that address is.
pub(super) fn serves(own: SocketAddr, wanted: SocketAddr) -> bool {
    own == wanted || (wanted.port() == 0 && own.ip() == wanted.ip())
}
