//! The stream of an HTTP/2 client, between h2 and the socket.
//!
//! h2 0.4 bounds a head, not a connection: it decodes every head that has arrived before it hands over the first one, and
//! waits without a deadline for the rest of a frame. This stream hands over one head at a time, counts the memory of a
//! head that is still arriving, and sets a deadline for the rest of a frame.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, Stream, TimingDigest,
    UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Shared;
use super::fields::MAX_EXPANSION;
use super::frames::{HeaderBlock, Incoming, Outgoing};
use crate::config::raw::Limits;
use crate::proxy::request_memory::HeadPermit;
use crate::telemetry::Http2Refusal;

/// Trailers of a request are not forwarded, and h2 keeps them to the end of their stream.
const MAX_TRAILER_BYTES: usize = 4096;
/// What a head that still arrives takes without being counted, so that ordinary ones are served where others have taken
/// all the memory.
const UNCOUNTED_BYTES: usize = 4096;
/// What a header block may take in memory before h2 has decoded it, or more where a larger head is allowed. h2 keeps less,
/// and answers 431 up to here.
const MIN_BLOCK_BYTES: usize = 512 * 1024;
/// Streams that a client may reset within [`RESET_WINDOW`]: each costs a decision, and perhaps a call of the API
/// (CVE-2023-44487).
const MAX_RESETS: u64 = 200;
const RESET_WINDOW: Duration = Duration::from_secs(1);

pub(super) struct Http2Stream {
    stream: Stream,
    shared: Arc<Shared>,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Of the head that is arriving.
    head: HeadPermit,
    handover: Handover,
    /// When the window began in which resets are counted, and how many there were before it.
    resets: (Instant, u64),
    /// The [progress](Incoming::progress) since which the deadline of a frame runs.
    waiting_since: Option<u64>,
}

/// A head on its way through h2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handover {
    None,
    /// h2 has read it.
    Read,
    /// h2 has had the opportunity to hand it over.
    Due,
}

impl Http2Stream {
    pub(super) fn new(stream: Stream, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            head: shared.memory.unfinished_head(),
            handover: Handover::None,
            resets: (Instant::now(), 0),
            // The deadline of the preface.
            waiting_since: Some(u64::MAX),
            shared,
        }
    }

    /// True where h2 must hand over a head before it reads on.
    fn yields(&mut self) -> bool {
        match self.handover {
            Handover::None => return false,
            Handover::Read => self.handover = Handover::Due,
            Handover::Due => {
                self.handover = Handover::None;
                self.head.release();
                self.shared.end_head();
            }
        }
        self.handover == Handover::Due
    }

    /// Reads up to the next boundary; `None` where the connection is to be closed instead.
    fn read_part(&mut self, context: &mut Context, buffer: &mut ReadBuf) -> Option<Poll<io::Result<usize>>> {
        let room = self.incoming.wanted().min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        match Pin::new(&mut self.stream).poll_read(context, &mut part) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Some(Poll::Ready(Err(error))),
            Poll::Pending => return Some(Poll::Pending),
        }
        let bytes = part.filled();
        let read = bytes.len();
        let block = self.incoming.read(bytes);
        let counted = self.incoming.block_bytes().saturating_sub(UNCOUNTED_BYTES);
        let has_room = counted == 0 || {
            let limits = &self.shared.policy.load().limits;
            counted <= max_block_bytes(limits) && self.head.grow_to(counted, limits)
        };
        if !has_room
            || self.resets_too_often()
            || matches!(block, Some(HeaderBlock::Trailers(bytes)) if bytes > MAX_TRAILER_BYTES)
        {
            return None;
        }
        if block.is_some() {
            self.head.release();
        }
        if block == Some(HeaderBlock::Head) {
            self.handover = Handover::Read;
        }
        buffer.advance(read);
        Some(Poll::Ready(Ok(read)))
    }

    fn resets_too_often(&mut self) -> bool {
        let (begun, before) = self.resets;
        let within = self.incoming.resets() - before;
        if within <= MAX_RESETS {
            return false;
        }
        let now = Instant::now();
        self.resets = (now, self.incoming.resets());
        now.duration_since(begun) < RESET_WINDOW
    }

    /// Starts or ends the deadline of a frame, where the client has nothing more to read.
    fn on_pause(&mut self) {
        let waiting = self.incoming.is_partial().then(|| self.incoming.progress());
        if waiting != self.waiting_since {
            self.waiting_since = waiting;
            match waiting {
                Some(_) => self.shared.timer().begin_frame(),
                None => self.shared.timer().end_frame(),
            }
        }
    }
}

/// Twice the head that is allowed, which is what h2 decodes, with names and values as long as Huffman codes can make them.
fn max_block_bytes(limits: &Limits) -> usize {
    let (decoded, encoded) = MAX_EXPANSION;
    (limits.header_bytes as usize * 2 * decoded / encoded).max(MIN_BLOCK_BYTES)
}

impl AsyncRead for Http2Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.yields() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        while buffer.remaining() > 0 && this.handover == Handover::None && !this.shared.is_closing() {
            match this.read_part(context, buffer) {
                Some(Poll::Ready(Ok(0))) => return Poll::Ready(Ok(())),
                Some(Poll::Ready(Ok(_))) => {}
                Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
                Some(Poll::Pending) => {
                    this.on_pause();
                    break;
                }
                None => this.shared.close(),
            }
        }
        // While closing, h2 writes a GOAWAY and reads nothing more.
        if buffer.filled().len() > before { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Http2Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = written
            && self.outgoing.read(&bytes[..written])
        {
            self.shared.metrics.http2_refused(Http2Refusal::Connection);
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        slices: &[IoSlice],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(mut left)) = written {
            for slice in slices {
                let part = left.min(slice.len());
                left -= part;
                if self.outgoing.read(&slice[..part]) {
                    self.shared.metrics.http2_refused(Http2Refusal::Connection);
                }
            }
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl std::fmt::Debug for Http2Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stream.fmt(f)
    }
}

// What pingora asks of a stream it has asked before this one was put around it.

#[async_trait]
impl Shutdown for Http2Stream {
    async fn shutdown(&mut self) {
        self.stream.shutdown().await;
    }
}

impl UniqueID for Http2Stream {
    fn id(&self) -> UniqueIDType {
        self.stream.id()
    }
}

impl Ssl for Http2Stream {}

impl Peek for Http2Stream {}

impl GetTimingDigest for Http2Stream {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        Vec::new()
    }
}

impl GetProxyDigest for Http2Stream {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        None
    }
}

impl GetSocketDigest for Http2Stream {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        None
    }
}
