//! Reads on after a response whose client is still sending, so that the response arrives (a lingering close).
//!
//! A socket that is closed with unread data is reset, and the reset takes the response with it (RFC 9112, 9.6). An
//! HTTP/2 client that gets no flow-control credit may not read either.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::config::raw::Limits;

const BUFFER_BYTES: usize = 8 * 1024;

/// Counts drains in progress. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Drains(Arc<AtomicUsize>);

struct Permit<'d>(&'d Drains);

impl Drains {
    fn try_acquire(&self, max: u32) -> Option<Permit<'_>> {
        let others = self.0.fetch_add(1, Ordering::Relaxed);
        // Created first, so that dropping it undoes the count.
        let permit = Permit(self);
        (others < max as usize).then_some(permit)
    }

    /// Closes the writing half, and discards what comes within the limits.
    pub(super) async fn http1(&self, mut stream: Stream, limits: &Limits) {
        let Some(_permit) = self.try_acquire(limits.drains) else { return };
        let deadline = Instant::now() + limits.drain_time.duration();
        let discard = async {
            stream.shutdown().await?;
            let mut buffer = vec![0; BUFFER_BYTES];
            let mut left = limits.drain_bytes;
            while left > 0 {
                match stream.read(&mut buffer).await? {
                    0 => break,
                    read => left = left.saturating_sub(read as u64),
                }
            }
            std::io::Result::Ok(())
        };
        // The connection closes whatever comes of it.
        let _drained = timeout_at(deadline, discard).await;
    }

    /// Discards the rest of a stream's body, which gives its credit back. h2 resets the stream with NO_ERROR where it
    /// is dropped before its end.
    pub(super) async fn http2(&self, session: &mut ServerSession, limits: &Limits) {
        let Some(_permit) = self.try_acquire(limits.drains) else { return };
        let deadline = Instant::now() + limits.drain_time.duration();
        let mut left = limits.drain_bytes;
        while left > 0 {
            let read = timeout_at(deadline, session.read_request_body()).await;
            let Ok(Ok(Some(piece))) = read else { return };
            left = left.saturating_sub(piece.len() as u64);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
