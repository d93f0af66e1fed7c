//! The stream of an HTTP/1 client, between pingora and the socket.
//!
//! pingora 0.9.1 answers what it cannot parse by itself, with an empty response and without a hook, and it closes a
//! connection whose client is still sending, which resets it and loses the response. This stream writes a refusal of
//! ours in the first case, and leaves the socket to be drained in the second. It also ends a head that is too large,
//! of which pingora would read up to a megabyte.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::tls::{SslDigest, TlsRef};
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, Stream, TimingDigest,
    UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::head_inspector::{HeadInspector, UnparsedHead, ends_head};
use super::head_origin::HeadOrigin;
use super::state::{ConnectionState, TunnelState};
use super::tunnel::Tunnel;
use crate::proxy::RequestLifecycle;

/// Allowance for what a head has beside its fields and its target: method, version, blanks.
const MAX_EXTRA_BYTES: usize = 1024;
/// No limit is lower.
const MIN_LIMIT_BYTES: usize = 1024;
/// What no head contains: pingora refuses it at once.
const POISON: &[u8] = b"\n\0\n";

pub(in crate::proxy) struct ClientStream {
    /// `None` once it was left to be drained.
    stream: Option<Stream>,
    state: Arc<ConnectionState>,
    lifecycle: Arc<RequestLifecycle>,
    head: HeadInspector,
    /// Where pages of other origins may read responses.
    origin: Option<HeadOrigin>,
    /// What is still to be written of a refusal of ours.
    refusal: Option<Bytes>,
    /// Set once the connection is a WebSocket.
    tunnel: Option<Box<Tunnel>>,
}

impl ClientStream {
    pub(in crate::proxy) fn new(stream: Stream, state: Arc<ConnectionState>, lifecycle: Arc<RequestLifecycle>) -> Self {
        let head = HeadInspector::default();
        Self { stream: Some(stream), state, lifecycle, head, origin: None, refusal: None, tunnel: None }
    }

    /// The stream and its tunnel, where it is a WebSocket.
    fn tunnel(&mut self) -> Option<(Pin<&mut Stream>, &mut Tunnel)> {
        let state = self.state.tunnel();
        if state == TunnelState::None {
            return None;
        }
        let stream = Pin::new(self.stream.as_mut()?);
        let has_early_bytes = state == TunnelState::OpenWithEarlyBytes;
        let tunnel = self
            .tunnel
            .get_or_insert_with(|| Box::new(Tunnel::new(self.lifecycle.tunnels_end.clone(), has_early_bytes)));
        Some((stream, tunnel))
    }

    fn inner(&mut self) -> io::Result<Pin<&mut Stream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn max_head_bytes(&self) -> usize {
        self.lifecycle.decider.policy.load().limits.header_bytes as usize + MAX_EXTRA_BYTES
    }

    fn poison(&self, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        buffer.put_slice(&POISON[..POISON.len().min(buffer.remaining())]);
        Poll::Ready(Ok(()))
    }

    fn inspect_origin(&mut self, bytes: &[u8]) {
        if self.head.is_new(self.state.request()) {
            let has_origins = self.lifecycle.decider.policy.load().has_origins();
            self.origin = has_origins.then(HeadOrigin::default);
        }
        if let Some(origin) = &mut self.origin {
            origin.inspect(bytes);
        }
    }

    fn refuse(&mut self) -> Bytes {
        let digest = self.get_socket_digest();
        let peer = digest.and_then(|digest| Some(digest.peer_addr()?.as_inet()?.ip()));
        // Closing with unread data would reset the connection, and the client would lose the refusal.
        self.state.set_must_drain();
        self.lifecycle.refuse_unparsed(UnparsedHead {
            line: &self.head.line,
            lines: self.head.lines,
            has_illegal_target: self.state.has_illegal_target(),
            is_too_large: self.head.is_too_large,
            origin: self.origin.as_ref().and_then(HeadOrigin::value),
            peer,
        })
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some((stream, tunnel)) = this.tunnel() {
            return tunnel.poll_read(stream, context, buffer);
        }
        let before = buffer.filled().len();
        if this.head.is_too_large {
            return this.poison(buffer);
        }
        ready!(this.inner()?.poll_read(context, buffer))?;
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            this.state.on_received(bytes.len());
            if !this.state.has_head() {
                if this.head.is_new(this.state.request()) {
                    this.state.timer.on_first_byte();
                }
                this.inspect_origin(bytes);
                let tail = this.head.tail;
                if this.head.inspect(this.state.request(), bytes) {
                    this.state.set_illegal_target();
                }
                this.head.bytes += bytes.len();
                let is_over = this.head.bytes > MIN_LIMIT_BYTES && this.head.bytes > this.max_head_bytes();
                // The empty lines that may precede a request line look like the end of a head.
                if is_over && (this.head.line.is_empty() || !ends_head(tail, bytes)) {
                    this.head.is_too_large = true;
                    buffer.set_filled(before);
                    return this.poison(buffer);
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Some((stream, tunnel)) = this.tunnel() {
            return tunnel.poll_write(stream, context, bytes);
        }
        if this.state.has_head() {
            return this.inner()?.poll_write(context, bytes);
        }
        // Only pingora itself writes before a hook was called.
        let mut refusal = match this.refusal.take() {
            Some(refusal) => refusal,
            None => this.refuse(),
        };
        while !refusal.is_empty() {
            match this.inner()?.poll_write(context, &refusal) {
                Poll::Ready(written) => refusal.advance(written?),
                Poll::Pending => {
                    this.refusal = Some(refusal);
                    return Poll::Pending;
                }
            }
        }
        this.refusal = Some(refusal);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        self.inner()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        self.inner()?.poll_shutdown(context)
    }
}

/// A dropped stream is drained where the client has not sent all of its body.
impl Drop for ClientStream {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.state.leave(stream);
        }
    }
}

impl std::fmt::Debug for ClientStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stream.fmt(f)
    }
}

#[async_trait]
impl Shutdown for ClientStream {
    async fn shutdown(&mut self) {
        if let Some(stream) = &mut self.stream {
            // Fails where the client is gone.
            let _closed = AsyncWriteExt::shutdown(stream).await;
        }
    }
}

#[async_trait]
impl Peek for ClientStream {
    async fn try_peek(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        match &mut self.stream {
            Some(stream) => stream.try_peek(buffer).await,
            None => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl UniqueID for ClientStream {
    fn id(&self) -> UniqueIDType {
        self.stream.as_ref().map_or(0, |stream| stream.id())
    }
}

impl Ssl for ClientStream {
    fn get_ssl(&self) -> Option<&TlsRef> {
        self.stream.as_ref()?.get_ssl()
    }

    fn get_ssl_digest(&self) -> Option<Arc<SslDigest>> {
        self.stream.as_ref()?.get_ssl_digest()
    }

    fn selected_alpn_proto(&self) -> Option<ALPN> {
        self.stream.as_ref()?.selected_alpn_proto()
    }
}

impl GetTimingDigest for ClientStream {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.stream.as_ref().map_or_else(Vec::new, |stream| stream.get_timing_digest())
    }

    fn get_read_pending_time(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| stream.get_read_pending_time())
    }

    fn get_write_pending_time(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| stream.get_write_pending_time())
    }
}

impl GetProxyDigest for ClientStream {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.stream.as_ref()?.get_proxy_digest()
    }

    fn set_proxy_digest(&mut self, digest: ProxyDigest) {
        if let Some(stream) = &mut self.stream {
            stream.set_proxy_digest(digest);
        }
    }
}

impl GetSocketDigest for ClientStream {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.stream.as_ref()?.get_socket_digest()
    }

    fn set_socket_digest(&mut self, digest: SocketDigest) {
        if let Some(stream) = &mut self.stream {
            stream.set_socket_digest(digest);
        }
    }
}
