//! Maps pingora's errors to rejections, and decides what follows from them.

use pingora::{Error, ErrorSource, ErrorType, RetryType};

use crate::auth::Rejection;
use crate::proxy::request::context::Context;
use crate::proxy::request::limits;

/// `None` where the client is gone or cannot be answered.
pub(in crate::proxy) fn rejection(error: &Error, context: &Context) -> Option<Rejection> {
    let is_late = limits::is_late(context.started, &context.policy.limits);
    // A request that was forwarded completely, or answered, is not reported as refused.
    let is_over = context.is_answered || context.body.is_complete;
    match (error.esource(), error.etype()) {
        (ErrorSource::Downstream, _) if is_over && context.admitted().is_ok() => None,
        (ErrorSource::Downstream, _) if context.body.truncated.is_some() => context.body.truncated,
        (ErrorSource::Downstream, ErrorType::ReadTimedout) if is_late => Some(Rejection::BodyTooSlow),
        // The client is gone, or sends too slowly to be answered.
        (
            ErrorSource::Downstream,
            ErrorType::WriteError
            | ErrorType::ReadError
            | ErrorType::ConnectionClosed
            // A stream that the client has reset.
            | ErrorType::H2Error
            | ErrorType::ReadTimedout
            | ErrorType::WriteTimedout,
        ) => None,
        (ErrorSource::Downstream, _) => {
            Some(Rejection::RequestAmbiguous("The request ended early or could not be parsed."))
        }
        (_, ErrorType::ConnectTimedout | ErrorType::ReadTimedout | ErrorType::WriteTimedout) => {
            Some(Rejection::UpstreamTimeout)
        }
        _ => Some(Rejection::UpstreamUnreachable),
    }
}

/// No file descriptor is left but those that are kept back: as the system reports it where none is left at all.
pub(in crate::proxy) fn no_descriptor() -> Box<Error> {
    let cause = std::io::Error::from(rustix::io::Errno::MFILE);
    Error::because(ErrorType::ConnectError, "the rest is kept back", cause).into_up()
}

/// How a client left that gets no response.
pub(in crate::proxy) fn client_cause(error: &Error) -> &'static str {
    match error.etype() {
        ErrorType::ReadTimedout => "the caller sent nothing in time",
        ErrorType::WriteTimedout => "the caller read nothing in time",
        _ => "the caller closed the connection",
    }
}

/// True where the connection is to blame and not the request, so that another connection may do better. Whether the
/// request may arrive twice is for its method to say.
pub(in crate::proxy) fn is_lost_connection(error: &Error, is_kept: bool) -> bool {
    let is_broken = matches!(
        error.etype(),
        ErrorType::ConnectionClosed | ErrorType::ReadError | ErrorType::WriteError | ErrorType::H2Error
    );
    let is_decided = match error.retry {
        RetryType::Decided(may_repeat) => may_repeat,
        RetryType::ReusedOnly => is_kept,
    };
    error.esource() != &ErrorSource::Downstream && (is_decided || (is_kept && is_broken))
}
