//! The stream of an HTTP/1 client, between pingora and the socket.
//!
//! pingora 0.9.1 answers what it cannot parse by itself, with an empty response and without a hook, and it closes a
//! connection whose client is still sending, which resets it and loses the response. This stream writes a refusal of
//! ours in the first case, and leaves the socket to be drained in the second. It also ends a head that is too large,
//! of which pingora would read up to a megabyte. And it holds back what comes behind a request until the next one is
//! read, so that every head passes here from its first byte: pingora would keep such bytes to itself.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Buf, Bytes, BytesMut};
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::tls::{SslDigest, TlsRef};
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, Stream, TimingDigest,
    UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::body_end::BodyRest;
use super::head_inspector::{HeadInspector, UnparsedHead};
use super::head_origin::HeadOrigin;
use super::state::ConnectionState;
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
    /// What has arrived beyond the present head or body.
    ahead: BytesMut,
    head: HeadInspector,
    /// `None` where no page of another origin may read a response.
    origin: Option<HeadOrigin>,
    /// Of the request with this number.
    body: (u64, BodyRest),
    /// The part of a refusal that is not written yet.
    refusal: Option<Bytes>,
    /// Set once the connection is a WebSocket.
    tunnel: Option<Box<Tunnel>>,
}

impl ClientStream {
    pub(in crate::proxy) fn new(stream: Stream, state: Arc<ConnectionState>, lifecycle: Arc<RequestLifecycle>) -> Self {
        Self {
            stream: Some(stream),
            state,
            lifecycle,
            ahead: BytesMut::new(),
            head: HeadInspector::default(),
            origin: None,
            body: (0, BodyRest::NONE),
            refusal: None,
            tunnel: None,
        }
    }

    /// The stream and its tunnel, where it is a WebSocket.
    fn tunnel(&mut self) -> Option<(Pin<&mut Stream>, &mut Tunnel)> {
        if !self.state.is_tunnel() {
            return None;
        }
        let stream = Pin::new(self.stream.as_mut()?);
        let tunnel = self.tunnel.get_or_insert_with(|| Box::new(Tunnel::new(self.lifecycle.tunnels_end.clone())));
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

    /// The rest of the body of the present request, whose head was read.
    fn body(&mut self) -> &mut BodyRest {
        let request = self.state.request();
        if self.body.0 != request {
            self.body = (request, BodyRest::new(self.state.framing()));
        }
        &mut self.body.1
    }

    /// True from the end of a request to the response.
    fn is_between_requests(&mut self) -> bool {
        self.state.has_head() && !self.state.is_tunnel() && self.body().is_empty()
    }

    /// Returns how many of these bytes belong to what is read now: a head, a body or a tunnel.
    fn take(&mut self, bytes: &[u8]) -> usize {
        if let Some((_, tunnel)) = self.tunnel() {
            tunnel.on_early_bytes(bytes);
            return bytes.len();
        }
        if self.state.has_head() { self.body().take(bytes) } else { self.take_head(bytes) }
    }

    fn take_head(&mut self, bytes: &[u8]) -> usize {
        let request = self.state.request();
        if self.head.is_new(request) {
            self.state.timer.on_first_byte();
            let has_origins = self.lifecycle.decider.policy.load().has_origins();
            self.origin = has_origins.then(HeadOrigin::default);
        }
        let (is_illegal, end) = self.head.inspect(request, bytes);
        if is_illegal {
            self.state.set_illegal_target();
        }
        let taken = end.unwrap_or(bytes.len());
        if let Some(origin) = &mut self.origin {
            origin.inspect(&bytes[..taken]);
        }
        self.head.bytes += taken;
        let is_over = self.head.bytes > MIN_LIMIT_BYTES && self.head.bytes > self.max_head_bytes();
        self.head.is_too_large = is_over && end.is_none();
        taken
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
        let is_held = !this.ahead.is_empty();
        if let (false, Some((stream, tunnel))) = (is_held, this.tunnel()) {
            return tunnel.poll_read(stream, context, buffer);
        }
        if this.head.is_too_large {
            return this.poison(buffer);
        }
        if is_held && this.is_between_requests() {
            // For the next request. The response wakes the task.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        if is_held {
            buffer.put_slice(&this.ahead[..this.ahead.len().min(buffer.remaining())]);
        } else {
            ready!(this.inner()?.poll_read(context, buffer))?;
        }
        let bytes = &buffer.filled()[before..];
        if bytes.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let taken = this.take(bytes);
        if is_held {
            this.ahead.advance(taken);
            if this.ahead.is_empty() {
                // An idle connection keeps no buffer.
                this.ahead = BytesMut::new();
            }
        } else {
            this.ahead.extend_from_slice(&bytes[taken..]);
        }
        this.state.set_has_next(!this.ahead.is_empty());
        buffer.set_filled(before + taken);
        if this.head.is_too_large {
            buffer.set_filled(before);
            return this.poison(buffer);
        }
        if taken == 0 { Poll::Pending } else { Poll::Ready(Ok(())) }
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
