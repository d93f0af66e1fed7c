//! Maps pingora's errors to rejections.

use pingora::{Error, ErrorSource, ErrorType};

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
