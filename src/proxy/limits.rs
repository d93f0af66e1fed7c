//! How much of a request is taken.

use pingora::http::RequestHeader;

use crate::auth::Rejection;
use crate::config::written::Limits;

/// What can be said from the head alone, before anything else is looked at.
pub(super) fn look_at_head(request: &RequestHeader, limits: &Limits) -> Result<(), Rejection> {
    if head_bytes(request) > limits.header_bytes as usize {
        return Err(Rejection::HeadersTooLarge);
    }
    Ok(())
}

/// Names, values and the target; what stands between them on the wire depends on the protocol.
fn head_bytes(request: &RequestHeader) -> usize {
    let fields = request.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    request.raw_path().len() + fields.sum::<usize>()
}
