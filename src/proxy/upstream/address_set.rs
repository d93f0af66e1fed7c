//! The addresses of the upstream, and which of them the next attempt uses.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use pingora::connectors::L4Connect;

use super::address::Address;
use super::health::Health;
use super::racing_connector::RacingConnector;

/// What a name resolves to.
pub(super) struct AddressSet {
    pub(super) addresses: Arc<[Address]>,
    /// `None` where there is no second address to fall back to.
    pub(super) connector: Option<Arc<dyn L4Connect + Send + Sync>>,
}

/// The attempts of one request.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::proxy) struct Attempts {
    last: Option<usize>,
    /// Bit `n % 64` is set where the connection to address `n` failed.
    failed: u64,
    /// The next one opens a connection: that of the last was kept, and is lost.
    pub(in crate::proxy) needs_new_connection: bool,
    /// The next one uses HTTP/1.1: the upstream asks for it.
    pub(in crate::proxy) needs_http1: bool,
}

impl Attempts {
    pub(super) fn fail_last(&mut self) {
        self.failed |= self.last.map_or(0, bit);
    }

    fn may_use(&self, index: usize) -> bool {
        self.failed & bit(index) == 0
    }
}

fn bit(index: usize) -> u64 {
    1 << (index % 64)
}

impl AddressSet {
    pub(super) fn unix_socket() -> Self {
        Self { addresses: [Address { socket: None, health: Arc::new(Health::new()) }].into(), connector: None }
    }

    /// Addresses that `previous` has keep their health.
    pub(super) fn new(sockets: Vec<SocketAddr>, previous: Option<&Self>) -> Self {
        let health = |socket: SocketAddr| {
            let same = previous.and_then(|previous| previous.find(socket));
            same.map_or_else(|| Arc::new(Health::new()), |address| address.health.clone())
        };
        let addresses = sockets.into_iter().map(|socket| Address { socket: Some(socket), health: health(socket) });
        let addresses: Arc<[Address]> = addresses.collect();
        let connector = || Arc::new(RacingConnector::new(addresses.clone())) as Arc<dyn L4Connect + Send + Sync>;
        Self { connector: (addresses.len() > 1).then(connector), addresses }
    }

    pub(super) fn find(&self, socket: SocketAddr) -> Option<&Address> {
        self.addresses.iter().find(|address| address.socket == Some(socket))
    }

    pub(super) fn has_same_sockets(&self, sockets: &[SocketAddr]) -> bool {
        self.addresses.iter().map(|address| address.socket).eq(sockets.iter().copied().map(Some))
    }

    /// Addresses that are up take turns; where none is, all do. A further attempt of a request uses the next address,
    /// however many requests came in between, and none to which the request could not connect.
    pub(super) fn choose(&self, turn: impl FnOnce() -> usize, attempts: &mut Attempts) -> Option<&Address> {
        let addresses = &self.addresses;
        let up = || (0..addresses.len()).filter(|index| addresses[*index].health.is_up());
        let index = match attempts.last {
            None => {
                let turn = turn();
                let any = turn.checked_rem(addresses.len())?;
                // An address may go down between count and choice.
                turn.checked_rem(up().count()).and_then(|turn| up().nth(turn)).unwrap_or(any)
            }
            Some(last) => {
                let further = (1..=addresses.len()).map(|offset| last.wrapping_add(offset) % addresses.len());
                let mut further = further.filter(|index| attempts.may_use(*index));
                let first = further.next()?;
                let is_up = |index: &usize| addresses[*index].health.is_up();
                std::iter::once(first).chain(further).find(is_up).unwrap_or(first)
            }
        };
        attempts.last = Some(index);
        addresses.get(index)
    }

    /// True where a request has an address left to which it has not failed to connect.
    pub(super) fn has_further(&self, attempts: &Attempts) -> bool {
        (0..self.addresses.len()).any(|index| attempts.may_use(index))
    }
}

/// The addresses of a name, in an order that does not depend on the resolver's; families alternate, IPv6 first (RFC
/// 8305, 4). Empty where it does not resolve. Blocks.
pub(super) fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    match (host, port).to_socket_addrs() {
        Ok(found) => interleave(found),
        Err(error) => {
            tracing::warn!(%host, %error, "the host name of the upstream does not resolve");
            Vec::new()
        }
    }
}

fn interleave(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (mut v6, mut v4): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv6);
    for family in [&mut v6, &mut v4] {
        family.sort();
        family.dedup();
    }
    let pairs = v6.len().min(v4.len());
    let rest = if v6.len() > pairs { v6.split_off(pairs) } else { v4.split_off(pairs) };
    v6.into_iter().zip(v4).flat_map(|(v6, v4)| [v6, v4]).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::raw::UpstreamHealth;

    fn sockets(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn numbered(count: u8) -> AddressSet {
        AddressSet::new((0..count).map(|last| ([127, 0, 0, last], 80).into()).collect(), None)
    }

    fn last(address: Option<&Address>) -> u8 {
        let Some(SocketAddr::V4(socket)) = address.unwrap().socket else { panic!("not IPv4") };
        socket.ip().octets()[3]
    }

    fn fail(set: &AddressSet, index: usize) {
        assert!(set.addresses[index].health.record_failure(&UpstreamHealth::default()));
    }

    #[test]
    fn families_alternate() {
        let found = sockets(&["10.0.0.2:80", "[::2]:80", "10.0.0.1:80", "[::1]:80", "10.0.0.3:80", "[::1]:80"]);
        let wanted = sockets(&["[::1]:80", "10.0.0.1:80", "[::2]:80", "10.0.0.2:80", "10.0.0.3:80"]);
        assert_eq!(interleave(found.into_iter()), wanted);
        assert_eq!(interleave(sockets(&["[::2]:80", "[::1]:80"]).into_iter()), sockets(&["[::1]:80", "[::2]:80"]));
        assert_eq!(interleave(std::iter::empty()), []);
    }

    #[test]
    fn address_that_is_down_is_skipped_and_others_share_its_requests() {
        let set = numbered(3);
        fail(&set, 1);
        let chosen: Vec<_> = (0..6).map(|turn| last(set.choose(|| turn, &mut Attempts::default()))).collect();
        assert_eq!(chosen, [0, 2, 0, 2, 0, 2]);
    }

    #[test]
    fn all_addresses_are_tried_while_all_are_down() {
        let set = numbered(3);
        (0..3).for_each(|index| fail(&set, index));
        let mut attempts = Attempts::default();
        let mut chosen = Vec::new();
        while let Some(address) = set.choose(|| 4, &mut attempts) {
            chosen.push(last(Some(address)));
            assert!(chosen.len() < 10);
            attempts.fail_last();
        }
        assert_eq!(chosen, [1, 2, 0]);
        assert!(!set.has_further(&attempts));
    }

    #[test]
    fn further_attempt_prefers_an_address_that_is_up() {
        let set = numbered(4);
        fail(&set, 1);
        let mut attempts = Attempts::default();
        assert_eq!(last(set.choose(|| 0, &mut attempts)), 0);
        attempts.fail_last();
        assert_eq!(last(set.choose(|| panic!("not its turn"), &mut attempts)), 2);
        attempts.fail_last();
        assert_eq!(last(set.choose(|| 9, &mut attempts)), 3);
        attempts.fail_last();
        assert_eq!(last(set.choose(|| 9, &mut attempts)), 1, "rather than none");
    }

    #[test]
    fn lost_connection_does_not_rule_the_only_address_out() {
        let set = numbered(1);
        let mut attempts = Attempts::default();
        assert_eq!(last(set.choose(|| 7, &mut attempts)), 0);
        assert_eq!(last(set.choose(|| 7, &mut attempts)), 0);
    }

    #[test]
    fn nothing_is_chosen_while_the_name_does_not_resolve() {
        assert!(AddressSet::new(Vec::new(), None).choose(|| 3, &mut Attempts::default()).is_none());
    }

    #[test]
    fn health_survives_a_change_of_the_other_addresses() {
        let before = numbered(2);
        fail(&before, 1);
        let after = AddressSet::new(sockets(&["127.0.0.1:80", "127.0.0.9:80"]), Some(&before));
        assert!(!after.addresses[0].health.is_up() && after.addresses[1].health.is_up());
        assert!(!after.has_same_sockets(&sockets(&["127.0.0.1:80"])));
        assert!(after.has_same_sockets(&sockets(&["127.0.0.1:80", "127.0.0.9:80"])));
    }
}
