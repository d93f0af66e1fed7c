//! Connects to one of several addresses without waiting for one that does not answer (RFC 8305, 5).
//!
//! pingora keeps connections by address, so a connection to another address than the chosen one cannot stand in for it.
//! Where another address answers first, the attempt fails, and the request's next attempt uses another address.

use std::io;
use std::net::SocketAddr as InetAddress;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::connectors::L4Connect;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream;
use pingora::{Error, ErrorType};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;

use super::address::Address;

/// How long an address may take before the next one is asked as well: the Connection Attempt Delay that RFC 8305
/// recommends.
pub(super) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The error of an address that has not answered when another one has.
pub(super) const SLOW_ADDRESS: ErrorType = ErrorType::new("another address answered first");

pub(super) struct RacingConnector {
    addresses: Arc<[Address]>,
}

impl RacingConnector {
    pub(super) fn new(addresses: Arc<[Address]>) -> Self {
        Self { addresses }
    }
}

impl std::fmt::Debug for RacingConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.addresses.iter().map(|address| address.socket)).finish()
    }
}

#[async_trait]
impl L4Connect for RacingConnector {
    async fn connect(&self, address: &SocketAddr) -> pingora::Result<Stream> {
        match address {
            SocketAddr::Inet(address) => connect(&self.addresses, *address).await.map(Stream::from),
            SocketAddr::Unix(_) => connect_unix(address).await.map(Stream::from),
        }
    }
}

/// Bounded by the peer's total_connection_timeout.
pub(super) async fn connect(addresses: &[Address], address: InetAddress) -> pingora::Result<TcpStream> {
    tokio::select! {
        biased;
        connected = TcpStream::connect(address) => connected.map_err(connect_error),
        () = another_answers(addresses, address) => Err(Error::new_up(SLOW_ADDRESS)),
    }
}

pub(super) async fn connect_unix(address: &SocketAddr) -> pingora::Result<UnixStream> {
    let path = match address {
        SocketAddr::Unix(address) => address.as_pathname(),
        SocketAddr::Inet(_) => None,
    };
    let path = path.ok_or_else(|| Error::new_up(ErrorType::ConnectNoRoute))?;
    UnixStream::connect(path).await.map_err(connect_error)
}

/// As pingora maps them.
fn connect_error(error: io::Error) -> Box<Error> {
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorType::ConnectRefused,
        io::ErrorKind::TimedOut => ErrorType::ConnectTimedout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => ErrorType::ConnectNoRoute,
        _ => ErrorType::ConnectError,
    };
    Error::because(kind, "", error)
}

/// Ends when an address other than `own` answers, of which a further one is asked after each delay; those that are up
/// come first.
async fn another_answers(addresses: &[Address], own: InetAddress) {
    let others = |is_up: bool| {
        let of_health = addresses.iter().filter(move |address| address.health.is_up() == is_up);
        of_health.filter_map(|address| address.socket).filter(move |socket| *socket != own)
    };
    let mut others = others(true).chain(others(false));
    let mut next_due = tokio::time::interval_at(tokio::time::Instant::now() + ATTEMPT_DELAY, ATTEMPT_DELAY);
    let mut has_more = true;
    let mut attempts = JoinSet::new();
    loop {
        tokio::select! {
            _ = next_due.tick(), if has_more => match others.next() {
                Some(next) => drop(attempts.spawn(async move { TcpStream::connect(next).await.is_ok() })),
                None => has_more = false,
            },
            Some(ended) = attempts.join_next() => if matches!(ended, Ok(true)) {
                return;
            },
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::upstream::address_set::AddressSet;

    /// A listener whose backlog is full: the kernel drops what else arrives.
    struct Deaf {
        address: InetAddress,
        _listener: tokio::net::TcpListener,
        _connections: Vec<TcpStream>,
    }

    impl Deaf {
        async fn start() -> Self {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
            let listener = socket.listen(0).unwrap();
            let address = listener.local_addr().unwrap();
            let mut connections = Vec::new();
            let patience = Duration::from_millis(300);
            while let Ok(connected) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
                connections.push(connected.unwrap());
            }
            Self { address, _listener: listener, _connections: connections }
        }
    }

    async fn raced(addresses: &[InetAddress]) -> Result<InetAddress, ErrorType> {
        let set = AddressSet::new(addresses.to_vec(), None);
        let raced = connect(&set.addresses, addresses[0]).await;
        raced.map(|stream| stream.peer_addr().unwrap()).map_err(|error| error.etype().clone())
    }

    #[tokio::test]
    async fn address_that_does_not_answer_gives_way_to_one_that_does() {
        let deaf = Deaf::start().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answering = listener.local_addr().unwrap();
        assert_eq!(raced(&[answering, deaf.address]).await, Ok(answering));
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(raced(&[closed, answering]).await, Err(ErrorType::ConnectRefused));
        assert_eq!(raced(&[deaf.address, closed, answering]).await, Err(SLOW_ADDRESS));
    }

    #[tokio::test]
    async fn attempt_goes_on_while_no_other_address_answers() {
        let (one, other) = (Deaf::start().await, Deaf::start().await);
        let long = 4 * ATTEMPT_DELAY;
        let addresses = [one.address, other.address];
        assert!(tokio::time::timeout(long, raced(&addresses)).await.is_err());
        assert!(tokio::time::timeout(long, raced(&addresses[..1])).await.is_err());
    }
}
