//! Limits on the size and the duration of a request.

use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request, Version};
use pingora::Error;
use pingora::ErrorType::Custom;
use pingora::http::RequestHeader;

use crate::auth::Rejection;
use crate::config::raw::{Limits, Timeouts};

/// What a field takes in memory beside its name and its value: the 32 bytes of RFC 9113, 6.5.2, and 72 of the map that
/// holds it.
pub(in crate::proxy) const FIELD_BYTES: usize = 32 + 72;
/// Fields of a head; pingora accepts no more over HTTP/1.
pub(in crate::proxy) const MAX_FIELDS: usize = 256;

/// The part of a request's body that was read.
#[derive(Default)]
pub(in crate::proxy) struct Body {
    bytes: u64,
    /// Set where the body was over a limit.
    pub(in crate::proxy) truncated: Option<Rejection>,
    /// All of it was read.
    pub(in crate::proxy) is_complete: bool,
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
            return Err(self.truncate(Rejection::BodyTooLarge));
        }
        if piece > 0 && is_late(started, limits) {
            return Err(self.truncate(Rejection::BodyTooSlow));
        }
        Ok(())
    }

    /// The error of a body whose next piece did not arrive in time.
    pub(in crate::proxy) fn time_out(&mut self) -> Box<Error> {
        self.truncate(Rejection::BodyTooSlow)
    }

    /// As an error of the client, for which pingora ends both connections and stops reading.
    fn truncate(&mut self, rejection: Rejection) -> Box<Error> {
        self.truncated = Some(rejection);
        Error::new_down(Custom(rejection.code()))
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
    check_fields(target, headers, limits)?;
    let Some(max) = limits.body_bytes else { return Ok(()) };
    // An invalid length is refused elsewhere.
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|stated| stated > max.get()) { Err(Rejection::BodyTooLarge) } else { Ok(()) }
}

/// # Errors
/// When the target and the headers are too large, or the headers too many.
pub(in crate::proxy) fn check_fields(target: &[u8], headers: &HeaderMap, limits: &Limits) -> Result<(), Rejection> {
    let is_small = headers.len() <= MAX_FIELDS && head_bytes(target, headers) <= limits.header_bytes as usize;
    if is_small { Ok(()) } else { Err(Rejection::HeadersTooLarge) }
}

/// The memory of a head, whatever protocol it came by: the target, and each field with [`FIELD_BYTES`].
pub(in crate::proxy) fn head_bytes(target: &[u8], headers: &HeaderMap) -> usize {
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + FIELD_BYTES);
    target.len() + fields.sum::<usize>()
}

/// Frees what is not needed of a request that was decided: an HTTP/2 client may take as long as it likes for its
/// response, and for a hundred of them on one connection.
pub(in crate::proxy) fn release_head(request: &mut RequestHeader) {
    if request.version != Version::HTTP_2 {
        return;
    }
    let (mut kept, ()) = Request::new(()).into_parts();
    for name in [CONTENT_LENGTH, CONTENT_TYPE] {
        if let Some(value) = request.headers.get(&name) {
            kept.headers.insert(name, value.clone());
        }
    }
    kept.method = request.method.clone();
    kept.uri = request.uri.clone();
    kept.version = request.version;
    *request = RequestHeader::from(kept);
}
