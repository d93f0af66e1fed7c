//! The stream of an HTTP/1 client, between pingora and the socket.
//!
//! pingora 0.9.1 answers what it cannot parse by itself, with an empty response and without a hook, and it closes a
//! connection whose client is still sending, which resets it and loses the response. This stream writes a refusal of
//! ours in the first case, and leaves the socket to be drained in the second.

use std::io::{self, ErrorKind};
use std::net::IpAddr;
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

use super::state::{ConnectionState, TunnelState};
use super::tunnel::Tunnel;
use crate::auth::Rejection;
use crate::proxy::RequestLifecycle;
use crate::proxy::request::auth_request::{CONNECT, ILLEGAL_TARGET, is_uri_byte};

/// How much of a request line is kept for the log of a refusal.
const MAX_LINE_BYTES: usize = 256;

/// Fields of a head that pingora accepts.
const MAX_FIELDS: usize = 256;
const MALFORMED: Rejection = Rejection::RequestAmbiguous(
    "The head of the request is malformed: its request line, a header field, or the framing of its body.",
);

/// A head that pingora does not accept.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct UnparsedHead<'a> {
    /// The request line, or its begin.
    pub(in crate::proxy) line: &'a [u8],
    /// Lines that were received, the request line included.
    pub(in crate::proxy) lines: usize,
    pub(in crate::proxy) has_illegal_target: bool,
    pub(in crate::proxy) peer: Option<IpAddr>,
}

pub(in crate::proxy) struct ClientStream {
    /// `None` once it was left to be drained.
    stream: Option<Stream>,
    state: Arc<ConnectionState>,
    lifecycle: Arc<RequestLifecycle>,
    head: HeadInspector,
    /// What is still to be written of a refusal of ours.
    refusal: Option<Bytes>,
    /// Set once the connection is a WebSocket.
    tunnel: Option<Box<Tunnel>>,
}

/// Watches the bytes of a head go by.
#[derive(Debug, Default)]
struct HeadInspector {
    /// The number of the request that the rest is about.
    request: u64,
    line: Vec<u8>,
    lines: usize,
    spaces: usize,
}

impl UnparsedHead<'_> {
    pub(in crate::proxy) fn rejection(&self) -> Rejection {
        if self.line.starts_with(b"CONNECT ") {
            return CONNECT;
        }
        if self.has_illegal_target {
            return ILLEGAL_TARGET;
        }
        // The request line, the fields, and the empty line.
        if self.lines > MAX_FIELDS + 2 { Rejection::HeadersTooLarge } else { MALFORMED }
    }

    /// For the log. Empty where the line does not look like a request line: it may be a header field or a part of a
    /// body, with a secret in it.
    pub(in crate::proxy) fn method_and_target(&self) -> (&str, &[u8]) {
        let mut words = self.line.trim_ascii_end().splitn(2, |byte| *byte == b' ');
        let method = words.next().filter(|method| method.iter().all(u8::is_ascii_uppercase));
        let target =
            words.next().filter(|rest| [&b"/"[..], b"http://", b"https://"].iter().any(|s| rest.starts_with(s)));
        let (Some(method), Some(target)) = (method.and_then(|method| str::from_utf8(method).ok()), target) else {
            return (if self.line.starts_with(b"CONNECT ") { "CONNECT" } else { "" }, b"");
        };
        let end = target.windows(6).rposition(|window| window == b" HTTP/").unwrap_or(target.len());
        (method, &target[..end])
    }
}

impl ClientStream {
    pub(in crate::proxy) fn new(stream: Stream, state: Arc<ConnectionState>, lifecycle: Arc<RequestLifecycle>) -> Self {
        Self { stream: Some(stream), state, lifecycle, head: HeadInspector::default(), refusal: None, tunnel: None }
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

    fn refuse(&mut self) -> Bytes {
        let digest = self.get_socket_digest();
        let peer = digest.and_then(|digest| Some(digest.peer_addr()?.as_inet()?.ip()));
        // Closing with unread data would reset the connection, and the client would lose the refusal.
        self.state.set_must_drain();
        self.lifecycle.refuse_unparsed(UnparsedHead {
            line: &self.head.line,
            lines: self.head.lines,
            has_illegal_target: self.state.has_illegal_target(),
            peer,
        })
    }
}

impl HeadInspector {
    /// True where the bytes belong to a target that a URI cannot have (RFC 3986, 2).
    fn inspect(&mut self, request: u64, mut bytes: &[u8]) -> bool {
        if self.request != request {
            self.request = request;
            self.line.clear();
            (self.lines, self.spaces) = (0, 0);
        }
        let mut is_illegal = false;
        if self.lines == 0 {
            if self.line.is_empty() {
                // Empty lines before a request line are skipped (RFC 9112, 2.2).
                let skipped = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                bytes = &bytes[skipped..];
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
            let line = &bytes[..end];
            self.spaces += line.iter().filter(|byte| **byte == b' ').count();
            // Two spaces are around the target.
            is_illegal = self.spaces > 2 || !line.iter().all(|byte| is_uri_byte(*byte) || matches!(byte, b' ' | b'\r'));
            let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
        }
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        is_illegal
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some((stream, tunnel)) = this.tunnel() {
            return tunnel.poll_read(stream, context, buffer);
        }
        let before = buffer.filled().len();
        ready!(this.inner()?.poll_read(context, buffer))?;
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            this.state.on_received(bytes.len());
            if !this.state.has_head() && this.head.inspect(this.state.request(), bytes) {
                this.state.set_illegal_target();
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inspect(pieces: &[&[u8]]) -> (bool, String, usize) {
        let mut head = HeadInspector::default();
        let is_illegal = pieces.iter().fold(false, |illegal, piece| head.inspect(1, piece) | illegal);
        (is_illegal, String::from_utf8_lossy(&head.line).trim_end().to_owned(), head.lines)
    }

    #[test]
    fn illegal_targets_are_noticed_in_every_split() {
        for (line, is_illegal) in [
            ("GET / HTTP/1.1", false),
            ("GET /a?q={x}|[y]\\^ HTTP/1.1", false),
            ("GET /a?q={\"a\":1} HTTP/1.1", true),
            ("GET /a?q={\"a\": 1} HTTP/1.1", true),
            ("GET /a b HTTP/1.1", true),
            ("GET /a<b> HTTP/1.1", true),
            ("GET /`a` HTTP/1.1", true),
            ("GET /\u{e4} HTTP/1.1", true),
            ("GET /a\tb HTTP/1.1", true),
        ] {
            let head = format!("\r\n{line}\r\nHost: \"<a b c>\u{e4}\"\r\n\r\n");
            for at in 0..head.len() {
                let (one, two) = head.as_bytes().split_at(at);
                let (illegal, _, lines) = inspect(&[one, two]);
                assert_eq!((illegal, lines), (is_illegal, 3), "{line:?} at {at}");
            }
            assert_eq!(inspect(&[head.as_bytes()]).1, line);
        }
    }

    #[test]
    fn each_request_is_inspected_anew() {
        let mut head = HeadInspector::default();
        assert!(head.inspect(1, b"GET /a b HTTP/1.1\r\n\r\n"));
        assert!(!head.inspect(2, b"GET /b HTTP/1.1\r\n\r\n"));
        assert_eq!((&head.line[..], head.lines), (&b"GET /b HTTP/1.1\r"[..], 2));
    }

    #[test]
    fn a_line_that_is_no_request_line_is_not_logged() {
        for (line, expected) in [
            ("GET /x?q={\"a\": 1} HTTP/1.1", ("GET", "/x?q={\"a\": 1}")),
            ("GET http://api.example.org/x y", ("GET", "http://api.example.org/x y")),
            ("Authorization: Bearer secret", ("", "")),
            ("GET secret", ("", "")),
            ("secret /x HTTP/1.1", ("", "")),
            ("CONNECT acme:secret@api.example.org:443 HTTP/1.1", ("CONNECT", "")),
        ] {
            let head = UnparsedHead { line: line.as_bytes(), lines: 1, has_illegal_target: false, peer: None };
            assert_eq!(head.method_and_target(), (expected.0, expected.1.as_bytes()), "{line}");
        }
    }

    proptest! {
        /// Bytes are read the same in one piece and in two.
        #[test]
        fn junk_is_read_the_same_in_every_split(
            bytes in proptest::collection::vec(
                prop_oneof![prop::sample::select(b"\r\n GET/HP\"".to_vec()), any::<u8>()], 0..400),
            at in 0_usize..400,
        ) {
            let at = at.min(bytes.len());
            let whole = inspect(&[&bytes]);
            prop_assert_eq!(inspect(&[&bytes[..at], &bytes[at..]]), whole);
            let head = UnparsedHead { line: &bytes, lines: 1, has_illegal_target: false, peer: None };
            prop_assert!(head.method_and_target().1.len() <= bytes.len());
        }
    }
}
