//! How far a request and its response have got, where that decides what a failure means.

use http::Method;
use http::header::EXPECT;
use pingora::proxy::Session;

use super::context::Context;
use crate::proxy::respond;

/// True while the client owes a part of the body that the API needs for an answer. It owes none before the 100 that it
/// waits for (RFC 9110, 10.1.1), and a gRPC call may be answered in the middle of its body.
pub(super) fn waits_for_body(session: &mut Session, context: &Context) -> bool {
    let request = session.req_header();
    let waits_for_continue = request.headers.contains_key(EXPECT) && !context.body.has_begun();
    context.upstream_answered.is_none()
        && !context.is_websocket
        && !waits_for_continue
        && !respond::is_grpc(request)
        && !session.as_downstream_mut().is_body_done()
}

/// True for a request that the API may receive twice, and has not yet: one without effects (RFC 9110, 9.2.1) and without
/// a body, to which no part of a response was sent. A PUT or DELETE has the same effect twice only if no other request
/// comes in between.
pub(super) fn may_be_repeated(session: &mut Session, context: &Context) -> bool {
    matches!(session.req_header().method, Method::GET | Method::HEAD | Method::OPTIONS)
        && session.as_downstream_mut().is_body_empty()
        && !context.attempts.needs_new_connection
        && !context.body.has_begun()
        && !context.is_answered
        && !context.is_head_freed
        && session.response_written().is_none()
}
