//! All listening sockets: inherited from the service manager, taken over from the previous process, or bound.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::handover::{Handover, ReceivedSockets};
use super::socket_activation::ActivatedSockets;
use crate::config::Settings;
use crate::proxy::BoundListener;

/// Where listening sockets come from, beside those that are inherited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Fresh,
    /// From the process that serves at `handover.socket`, where there is one.
    Upgrade,
}

pub(super) struct Listeners {
    pub(super) proxy: Vec<BoundListener>,
    pub(super) forward_auth: Vec<BoundListener>,
    /// `None` where this process does not serve the console.
    pub(super) console: Option<BoundListener>,
    /// `None` where the console serves the page of links to secrets.
    pub(super) reveal: Option<BoundListener>,
    pub(super) admin: BoundListener,
    pub(super) handover: Handover,
}

impl Listeners {
    /// # Errors
    /// When an address is in use, the folder of `handover.socket` is not private, or an inherited socket matches no
    /// address of the settings.
    pub(super) fn open(settings: &Settings, start: Start) -> anyhow::Result<Self> {
        let path = settings.handover_socket.as_deref();
        let mut activated = ActivatedSockets::receive()?;
        let mut received = match start {
            Start::Fresh => None,
            Start::Upgrade => {
                ReceivedSockets::request(path.context("--upgrade needs handover.socket in the settings")?)?
            }
        };
        let mut proxy = Vec::new();
        for (index, address) in settings.listeners().enumerate() {
            let key = if index < settings.listen.len() { "proxy.listen" } else { "forward_auth.listen" };
            let is_wanted = |own| matches(own, address);
            let socket = activated.take(is_wanted);
            proxy.push(bind(key, address, socket.or_else(|| received.as_mut()?.take(is_wanted)))?);
        }
        let console = settings.console.as_ref().map(|_| {
            let address = settings.console_listen;
            let is_wanted = |own| matches(own, address);
            let socket = activated.take(is_wanted);
            bind("console.listen", address, socket.or_else(|| received.as_mut()?.take(is_wanted)))
        });
        let console = console.transpose()?;
        let reveal = settings.delivery.reveal_listen.filter(|_| console.is_some()).map(|address| {
            let is_wanted = |own| matches(own, address);
            let socket = activated.take(is_wanted);
            bind("delivery.reveal.listen", address, socket.or_else(|| received.as_mut()?.take(is_wanted)))
        });
        let reveal = reveal.transpose()?;
        let address = settings.admin_listen;
        let is_wanted = |own| matches(own, address);
        let socket = activated.take(is_wanted);
        let admin = bind("admin.listen", address, socket.or_else(|| received.as_mut()?.take_admin(is_wanted)))?;
        activated.ensure_all_taken()?;
        let handover = Handover::new(path, received, proxy.iter().chain(&console).chain(&reveal).chain([&admin]))?;
        let forward_auth = proxy.split_off(settings.listen.len());
        Ok(Self { proxy, forward_auth, console, reveal, admin, handover })
    }
}

fn bind(key: &str, address: SocketAddr, socket: Option<BoundListener>) -> anyhow::Result<BoundListener> {
    let bound = socket.map_or_else(|| BoundListener::new(address), Ok);
    bound.with_context(|| format!("{key}: cannot listen on {address}"))
}

/// Port 0 in the settings matches any port of that address.
fn matches(own: SocketAddr, configured: SocketAddr) -> bool {
    own == configured || (configured.port() == 0 && own.ip() == configured.ip())
}
