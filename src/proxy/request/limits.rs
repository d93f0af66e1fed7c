//! Limits on the size and the duration of a request.

use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use pingora::Error;
use pingora::ErrorType::Custom;

use crate::auth::Rejection;
use crate::config::raw::{Limits, Timeouts};

/// The part of a request's body that was read.
#[derive(Default)]
pub(in crate::proxy) struct Body {
    bytes: u64,
    /// Set where the body was over a limit.
    pub(in crate::proxy) truncated: Option<Rejection>,
}

impl Body {
    /// Starts over, for another attempt with the same body.
    pub(in crate::proxy) fn begin(&mut self) {
        *self = Self::default();
    }

    /// True once part of it was forwarded.
    pub(in crate::proxy) fn has_begun(&self) -> bool {
        self.bytes > 0
    }

    /// Counts a piece of the body of a request that began at `started`.
    ///
    /// # Errors
    /// When the body is too large or too slow; the piece must not be forwarded.
    pub(in crate::proxy) fn take(&mut self, piece: usize, started: Instant, limits: &Limits) -> pingora::Result<()> {
        self.bytes = self.bytes.saturating_add(piece as u64);
        if limits.body_bytes.is_some_and(|max| self.bytes > max.get()) {
            return self.truncate(Rejection::BodyTooLarge);
        }
        if piece > 0 && is_late(started, limits) {
            return self.truncate(Rejection::BodyTooSlow);
        }
        Ok(())
    }

    /// As an error of the client, for which pingora ends both connections and stops reading.
    fn truncate(&mut self, rejection: Rejection) -> pingora::Result<()> {
        self.truncated = Some(rejection);
        Err(Error::new_down(Custom(rejection.code())))
    }
}

/// True once the time for the body of a request has passed.
pub(in crate::proxy) fn is_late(started: Instant, limits: &Limits) -> bool {
    limits.body_time.as_ref().is_some_and(|max| started.elapsed() >= max.duration())
}

/// The timeout of the next read from a client: `timeouts.client`, or less where `limits.body_time` ends sooner.
/// `started` is `None` for a request that begins now.
pub(in crate::proxy) fn read_timeout(started: Option<Instant>, timeouts: &Timeouts, limits: &Limits) -> Duration {
    let client = timeouts.client.duration();
    let Some(max) = &limits.body_time else { return client };
    client.min(max.duration().saturating_sub(started.map_or(Duration::ZERO, |started| started.elapsed())))
}

/// Checks the head alone, before anything else.
pub(in crate::proxy) fn check_head(target: &[u8], headers: &HeaderMap, limits: &Limits) -> Result<(), Rejection> {
    if head_bytes(target, headers) > limits.header_bytes as usize {
        return Err(Rejection::HeadersTooLarge);
    }
    let Some(max) = limits.body_bytes else { return Ok(()) };
    // An invalid length is refused elsewhere.
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|stated| stated > max.get()) { Err(Rejection::BodyTooLarge) } else { Ok(()) }
}

/// Names, values and the target; separators depend on the protocol and are not counted.
fn head_bytes(target: &[u8], headers: &HeaderMap) -> usize {
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    target.len() + fields.sum::<usize>()
}
