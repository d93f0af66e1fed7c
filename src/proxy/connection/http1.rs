//! The requests of an HTTP/1 connection.

use std::sync::Arc;

use futures_util::FutureExt;
use pingora::apps::{HttpPersistentSettings, HttpServerApp};
use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use pingora::server::ShutdownWatch;

use super::state::ConnectionState;

/// Serves requests one after the other, as pingora does, but allocates a request's state only at its first byte, so
/// that an idle connection costs little more than its buffers. Sets the timer of their heads; pingora bounds single
/// reads only.
pub(super) async fn serve_requests<A: HttpServerApp + Send + Sync + 'static>(
    app: &Arc<A>,
    state: &ConnectionState,
    mut stream: Stream,
    shutdown: &ShutdownWatch,
) {
    let mut kept: Option<HttpPersistentSettings> = None;
    state.timer.await_head();
    loop {
        state.begin_request();
        let mut session = ServerSession::new_http1(stream);
        if let Some(kept) = kept.take() {
            kept.apply_to_session(&mut session);
        }
        // Only for a body whose end the stream does not find: bytes behind it would fail this request.
        session.set_pipelining_enabled(true);
        // Without a timeout: pingora's own would be one more timer for each request.
        session.set_keepalive((!*shutdown.borrow()).then_some(0));
        let Some(reused) = app.process_new_http(session, shutdown).await else { return };
        (stream, kept) = reused.consume();
        if state.has_next() {
            state.timer.await_head();
            continue;
        }
        state.timer.on_idle();
        let mut first = [0; 1];
        let peeked = stream.try_peek(&mut first);
        // A request that is already here is served even while closing.
        let peeked = if state.timer.is_closing() { peeked.now_or_never() } else { Some(peeked.await) };
        let Some(Ok(is_peeked)) = peeked else { return };
        // Within TLS nothing can be peeked at: the stream starts the timer at the first byte.
        if is_peeked {
            state.timer.await_head();
        }
    }
}
