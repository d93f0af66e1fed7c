//! What went wrong between us and either side, in the words of the code table.

use pingora::{Error, ErrorSource, ErrorType};

use crate::auth::Rejection;
use crate::proxy::request::context::Context;
use crate::proxy::request::limits;

/// What the caller is told; `None` where nobody is left to tell.
pub(in crate::proxy) fn rejection(error: &Error, context: &Context) -> Option<Rejection> {
    let is_late = context.policy.as_ref().is_some_and(|policy| limits::is_late(context.started, &policy.limits));
    match (error.esource(), error.etype()) {
        (ErrorSource::Downstream, _) if context.body.cut.is_some() => context.body.cut,
        (ErrorSource::Downstream, ErrorType::ReadTimedout) if is_late => Some(Rejection::BodyTooSlow),
        // The caller is gone, or sent what cannot be answered.
        (
            ErrorSource::Downstream,
            ErrorType::WriteError
            | ErrorType::ReadError
            | ErrorType::ConnectionClosed
            | ErrorType::ReadTimedout
            | ErrorType::WriteTimedout,
        ) => None,
        (ErrorSource::Downstream, _) => Some(Rejection::RequestAmbiguous("The request could not be read to its end.")),
        (_, ErrorType::ConnectTimedout | ErrorType::ReadTimedout | ErrorType::WriteTimedout) => {
            Some(Rejection::UpstreamTimeout)
        }
        _ => Some(Rejection::UpstreamUnreachable),
    }
}
