//! WebSocket: the only upgrade that becomes a tunnel, and its connections to the upstream.
//!
//! pingora 0.9.1 ends a tunnel at once when it reads the 101 before it has handled the end of the (empty) request body
//! (its issue 946); with a fast upstream on the same machine that happens every few connections, because both are ready
//! in the same poll and `select!` picks at random. Sockets of this module never have a response ready in the poll in
//! which a request was written, so the body comes first. Remove with the first pingora that closes the issue.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{Method, Version};
use pingora::connectors::L4Connect;
use pingora::http::RequestHeader;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::l4::virt::{VirtualSockOpt, VirtualSocket, VirtualSocketStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::address::Address;
use super::racing_connector;

/// True for a WebSocket handshake. A request for another upgrade is served as if it asked for none: many clients offer
/// h2c with every first request.
pub(in crate::proxy) fn is_websocket(request: &RequestHeader) -> bool {
    let headers = &request.headers;
    let has_body = || {
        headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0")
    };
    request.version == Version::HTTP_11
        && request.method == Method::GET
        && headers.get(UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && !has_body()
}

/// Connects as other requests do, with sockets that yield.
pub(in crate::proxy) struct YieldingConnector {
    addresses: Arc<[Address]>,
}

impl YieldingConnector {
    pub(super) fn new(addresses: Arc<[Address]>) -> Self {
        Self { addresses }
    }
}

impl std::fmt::Debug for YieldingConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("YieldingConnector").finish_non_exhaustive()
    }
}

/// Returns `Pending` once between a write and the next read.
#[derive(Debug)]
struct Yielding<S> {
    socket: S,
    has_written: bool,
}

#[async_trait]
impl L4Connect for YieldingConnector {
    async fn connect(&self, address: &SocketAddr) -> pingora::Result<Stream> {
        let socket: Box<dyn VirtualSocket> = match address {
            SocketAddr::Inet(inet) => Box::new(Yielding {
                socket: racing_connector::connect(&self.addresses, *inet).await?,
                has_written: false,
            }),
            SocketAddr::Unix(_) => {
                Box::new(Yielding { socket: racing_connector::connect_unix(address).await?, has_written: false })
            }
        };
        Ok(Stream::from(VirtualSocketStream::new(socket)))
    }
}

/// The options that pingora sets on its own sockets.
trait Options {
    fn set_nodelay(&self) -> io::Result<()>;
}

impl Options for TcpStream {
    fn set_nodelay(&self) -> io::Result<()> {
        TcpStream::set_nodelay(self, true)
    }
}

impl Options for UnixStream {
    fn set_nodelay(&self) -> io::Result<()> {
        Ok(())
    }
}

impl<S> VirtualSocket for Yielding<S>
where
    S: AsyncRead + AsyncWrite + Options + Unpin + Send + Sync + std::fmt::Debug,
{
    fn set_socket_option(&self, option: VirtualSockOpt) -> io::Result<()> {
        match option {
            VirtualSockOpt::NoDelay => self.socket.set_nodelay(),
            // Not set on peers of upgrades.
            _ => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Yielding<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.has_written) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Yielding<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.has_written = true;
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
