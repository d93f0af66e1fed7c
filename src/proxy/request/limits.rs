//! How much of a request is taken, and for how long.

use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use pingora::Error;
use pingora::ErrorType::Custom;

use crate::auth::Rejection;
use crate::config::raw::{Limits, Timeouts};

/// The body of a request so far.
#[derive(Default)]
pub(in crate::proxy) struct Body {
    bytes: u64,
    /// Why it was cut.
    pub(in crate::proxy) cut: Option<Rejection>,
}

impl Body {
    /// The same body comes again, from its beginning, where an API is tried anew.
    pub(in crate::proxy) fn begin(&mut self) {
        *self = Self::default();
    }

    /// True once some of it has been on its way to the API behind.
    pub(in crate::proxy) fn has_begun(&self) -> bool {
        self.bytes > 0
    }

    /// Takes a piece of the body of a request that began at `started`.
    ///
    /// # Errors
    /// When it is too much or too late. The piece must not go on.
    pub(in crate::proxy) fn take(&mut self, piece: usize, started: Instant, limits: &Limits) -> pingora::Result<()> {
        self.bytes = self.bytes.saturating_add(piece as u64);
        if limits.body_bytes.is_some_and(|most| self.bytes > most.get()) {
            return self.cut(Rejection::BodyTooLarge);
        }
        if piece > 0 && is_late(started, limits) {
            return self.cut(Rejection::BodyTooSlow);
        }
        Ok(())
    }

    /// The caller is to blame: pingora ends both connections for that, and goes on reading for nothing else.
    fn cut(&mut self, rejection: Rejection) -> pingora::Result<()> {
        self.cut = Some(rejection);
        Err(Error::new_down(Custom(rejection.code())))
    }
}

/// True once the body of a request should have ended.
pub(in crate::proxy) fn is_late(started: Instant, limits: &Limits) -> bool {
    limits.body_time.as_ref().is_some_and(|most| started.elapsed() >= most.duration())
}

/// How long to wait for the next piece of a body, of a request that begins now or has `started`.
pub(in crate::proxy) fn patience(started: Option<Instant>, timeouts: &Timeouts, limits: &Limits) -> Duration {
    let silence = timeouts.client.duration();
    let Some(most) = &limits.body_time else { return silence };
    silence.min(most.duration().saturating_sub(started.map_or(Duration::ZERO, |started| started.elapsed())))
}

/// What can be said from the head alone, before anything else is looked at.
pub(in crate::proxy) fn look_at_head(target: &[u8], headers: &HeaderMap, limits: &Limits) -> Result<(), Rejection> {
    if head_bytes(target, headers) > limits.header_bytes as usize {
        return Err(Rejection::HeadersTooLarge);
    }
    let Some(most) = limits.body_bytes else { return Ok(()) };
    // A length that is no number is refused elsewhere.
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|stated| stated > most.get()) { Err(Rejection::BodyTooLarge) } else { Ok(()) }
}

/// Names, values and the target; what stands between them on the wire depends on the protocol.
fn head_bytes(target: &[u8], headers: &HeaderMap) -> usize {
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    target.len() + fields.sum::<usize>()
}
