//! A WebSocket, seen from its client: closed with a frame when the process stops (RFC 6455, 7.1.1 and 7.4.1).
//!
//! pingora passes the bytes of a tunnel without looking at them, so the frames are tracked where the client's stream is
//! read and written. Both ends get a Close frame as soon as no other frame is under way in their direction.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pingora::protocols::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::websocket_frames::FrameTracker;

/// 1001, "going away", to the client.
const CLOSE_TO_CLIENT: [u8; 4] = [0x88, 2, 0x03, 0xe9];
/// The same to the API, masked with zeros as frames of a client are masked.
const CLOSE_TO_API: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9];
/// The wait for the client's own Close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The wait for the end of a frame that the client has begun.
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);
/// Read at once after the stop.
const PIECE_BYTES: usize = 1024;
const HEAD_END: &[u8; 4] = b"\r\n\r\n";

pub(super) struct Tunnel {
    /// Resolves when tunnels have to end.
    stop: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    is_stopping: bool,
    /// How much of [`HEAD_END`] the end of the response head has matched.
    head_matched: usize,
    to_client: FrameTracker,
    to_api: FrameTracker,
    /// Bytes of the Close frames that were sent.
    closed_to_client: usize,
    closed_to_api: usize,
    frame_timeout: Option<Pin<Box<Sleep>>>,
    timeout: Option<Pin<Box<Sleep>>>,
}

impl Tunnel {
    pub(super) fn new(mut stop: watch::Receiver<bool>) -> Self {
        let stop = async move {
            if stop.wait_for(|is_stopping| *is_stopping).await.is_err() {
                // The process ends without a drain.
                std::future::pending::<()>().await;
            }
        };
        Self {
            stop: Box::pin(stop),
            is_stopping: false,
            head_matched: 0,
            to_client: FrameTracker::default(),
            to_api: FrameTracker::default(),
            closed_to_client: 0,
            closed_to_api: 0,
            frame_timeout: None,
            timeout: None,
        }
    }

    /// Takes what the client has sent before the tunnel was open.
    pub(super) fn on_early_bytes(&mut self, bytes: &[u8]) {
        self.to_api.advance(bytes);
    }

    /// Reads what goes to the API. Ends with the tunnel.
    pub(super) fn poll_read(
        &mut self,
        mut stream: Pin<&mut Stream>,
        context: &mut Context,
        buffer: &mut ReadBuf,
    ) -> Poll<io::Result<()>> {
        if !self.is_stopping && self.stop.as_mut().poll(context).is_ready() {
            self.is_stopping = true;
        }
        if !self.is_stopping {
            let before = buffer.filled().len();
            ready!(stream.poll_read(context, buffer))?;
            self.to_api.advance(&buffer.filled()[before..]);
            return Poll::Ready(Ok(()));
        }
        // A write that fails shows at the next write of pingora, too.
        if let Poll::Ready(Err(_)) = self.poll_close_client(stream.as_mut(), context) {
            return Poll::Ready(Ok(()));
        }
        if !self.to_api.is_at_boundary() {
            let timeout = self.frame_timeout.get_or_insert_with(|| Box::pin(tokio::time::sleep(FRAME_TIMEOUT)));
            if timeout.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            return self.poll_rest_of_frame(self.to_api.needed(), stream, context, buffer);
        }
        if !self.to_api.has_closed() && self.closed_to_api < CLOSE_TO_API.len() {
            let rest = &CLOSE_TO_API[self.closed_to_api..];
            let taken = rest.len().min(buffer.remaining());
            buffer.put_slice(&rest[..taken]);
            self.closed_to_api += taken;
            return Poll::Ready(Ok(()));
        }
        self.poll_end(stream, context)
    }

    /// Writes what comes from the API; once the client has its Close frame, the rest is discarded.
    pub(super) fn poll_write(
        &mut self,
        mut stream: Pin<&mut Stream>,
        context: &mut Context,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut length = bytes.len();
        if self.is_stopping && self.is_open() {
            if self.to_client.is_at_boundary() {
                ready!(self.poll_close_client(stream, context))?;
                return Poll::Ready(Ok(bytes.len()));
            }
            length = self.to_client.rest_of_frame(bytes);
        }
        let written = ready!(stream.as_mut().poll_write(context, &bytes[..length]))?;
        self.advance_to_client(&bytes[..written]);
        if self.is_stopping && self.is_open() && self.to_client.is_at_boundary() {
            // At once: the API may have answered its Close frame already, and its end would end the tunnel. The reader
            // writes what does not fit now, and reports errors.
            let _partly = self.poll_close_client(stream, context);
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(written))
    }

    /// The response head is written.
    fn is_open(&self) -> bool {
        self.head_matched == HEAD_END.len()
    }

    fn advance_to_client(&mut self, mut bytes: &[u8]) {
        while !self.is_open() {
            let Some((first, rest)) = bytes.split_first() else { return };
            let is_match = *first == HEAD_END[self.head_matched];
            self.head_matched = if is_match { self.head_matched + 1 } else { usize::from(*first == HEAD_END[0]) };
            bytes = rest;
        }
        self.to_client.advance(bytes);
    }

    /// Ready once the client has its Close frame, its own or the API's, and while no frame may be sent.
    fn poll_close_client(&mut self, mut stream: Pin<&mut Stream>, context: &mut Context) -> Poll<io::Result<()>> {
        if !self.is_open() || !self.to_client.is_at_boundary() || self.to_client.has_closed() {
            return Poll::Ready(Ok(()));
        }
        while self.closed_to_client < CLOSE_TO_CLIENT.len() {
            let rest = &CLOSE_TO_CLIENT[self.closed_to_client..];
            self.closed_to_client += ready!(stream.as_mut().poll_write(context, rest))?;
        }
        stream.poll_flush(context)
    }

    /// Reads no further than the end of the present frame.
    fn poll_rest_of_frame(
        &mut self,
        needed: usize,
        stream: Pin<&mut Stream>,
        context: &mut Context,
        buffer: &mut ReadBuf,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; PIECE_BYTES];
        let room = needed.min(buffer.remaining()).min(bytes.len());
        let mut part = ReadBuf::new(&mut bytes[..room]);
        ready!(stream.poll_read(context, &mut part))?;
        self.to_api.advance(part.filled());
        buffer.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }

    /// Discards what the client still sends; ends when it closes too, or after [`CLOSE_TIMEOUT`].
    fn poll_end(&mut self, mut stream: Pin<&mut Stream>, context: &mut Context) -> Poll<io::Result<()>> {
        // A message that the API has begun may take as long as the shutdown.
        if self.to_client.is_at_boundary() {
            let timeout = self.timeout.get_or_insert_with(|| Box::pin(tokio::time::sleep(CLOSE_TIMEOUT)));
            if timeout.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
        }
        let mut bytes = [0; PIECE_BYTES];
        while !self.to_api.has_closed() {
            let mut discarded = ReadBuf::new(&mut bytes);
            ready!(stream.as_mut().poll_read(context, &mut discarded))?;
            if discarded.filled().is_empty() {
                break;
            }
            self.to_api.advance(discarded.filled());
        }
        Poll::Ready(Ok(()))
    }
}
