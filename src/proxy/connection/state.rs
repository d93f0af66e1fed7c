//! What the connection of a request and the hooks of that request share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pingora::protocols::Stream;

use super::body_end::Framing;
use super::head_timeout::{HeadDeadlines, HeadTimer};

tokio::task_local! {
    static CURRENT: Arc<ConnectionState>;
}

/// One connection. All but the timer is about HTTP/1 only.
pub(in crate::proxy) struct ConnectionState {
    pub(in crate::proxy) timer: HeadTimer,
    /// Counts requests, so that the stream notices the begin of one.
    request: AtomicU64,
    /// The request that is served has reached our hooks.
    has_head: AtomicBool,
    /// The request line has a character that pingora escapes.
    has_illegal_target: AtomicBool,
    /// The response is complete, and the client still sends the body of its request.
    must_drain: AtomicBool,
    /// The connection is a WebSocket, whose bytes are frames.
    is_tunnel: AtomicBool,
    /// Bytes of the next request have arrived.
    has_next: AtomicBool,
    /// The body of the request is chunked; otherwise it has `body_bytes`.
    is_chunked: AtomicBool,
    body_bytes: AtomicU64,
    /// The stream to be drained, left behind by its session.
    unread: Mutex<Option<Stream>>,
}

/// Calls `f` with the connection of this task. `None` for a stream of HTTP/2, which has a task of its own.
pub(in crate::proxy) fn current<R>(f: impl FnOnce(&ConnectionState) -> R) -> Option<R> {
    CURRENT.try_with(|state| f(state)).ok()
}

impl ConnectionState {
    pub(in crate::proxy) fn new(deadlines: HeadDeadlines) -> Self {
        Self {
            timer: HeadTimer::new(deadlines),
            request: AtomicU64::default(),
            has_head: AtomicBool::default(),
            has_illegal_target: AtomicBool::default(),
            must_drain: AtomicBool::default(),
            is_tunnel: AtomicBool::default(),
            has_next: AtomicBool::default(),
            is_chunked: AtomicBool::default(),
            body_bytes: AtomicU64::default(),
            unread: Mutex::default(),
        }
    }

    /// Runs the requests of the connection with this as the [`current`] one.
    pub(in crate::proxy) fn scope<F: Future>(self: &Arc<Self>, requests: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self.clone(), requests)
    }

    pub(in crate::proxy) fn begin_request(&self) {
        self.has_head.store(false, Ordering::Relaxed);
        self.has_illegal_target.store(false, Ordering::Relaxed);
        self.must_drain.store(false, Ordering::Relaxed);
        self.request.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::proxy) fn request(&self) -> u64 {
        self.request.load(Ordering::Relaxed)
    }

    /// The head of a request was read and accepted by pingora; its body ends by `framing`.
    pub(in crate::proxy) fn on_head(&self, framing: Framing) {
        let (is_chunked, bytes) = match framing {
            Framing::Length(bytes) => (false, bytes),
            Framing::Chunked => (true, 0),
        };
        self.is_chunked.store(is_chunked, Ordering::Relaxed);
        self.body_bytes.store(bytes, Ordering::Relaxed);
        self.has_head.store(true, Ordering::Relaxed);
        self.timer.on_head();
    }

    pub(in crate::proxy) fn has_head(&self) -> bool {
        self.has_head.load(Ordering::Relaxed)
    }

    /// That of the request whose head was read last.
    pub(super) fn framing(&self) -> Framing {
        match self.is_chunked.load(Ordering::Relaxed) {
            true => Framing::Chunked,
            false => Framing::Length(self.body_bytes.load(Ordering::Relaxed)),
        }
    }

    pub(in crate::proxy) fn set_illegal_target(&self) {
        self.has_illegal_target.store(true, Ordering::Relaxed);
    }

    pub(in crate::proxy) fn has_illegal_target(&self) -> bool {
        self.has_illegal_target.load(Ordering::Relaxed)
    }

    pub(in crate::proxy) fn set_must_drain(&self) {
        self.must_drain.store(true, Ordering::Relaxed);
    }

    /// The next bytes that are written are the head of a 101.
    pub(in crate::proxy) fn open_tunnel(&self) {
        self.is_tunnel.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_tunnel(&self) -> bool {
        self.is_tunnel.load(Ordering::Relaxed)
    }

    pub(super) fn set_has_next(&self, has_next: bool) {
        self.has_next.store(has_next, Ordering::Relaxed);
    }

    /// True where bytes of the next request have arrived before the end of this one.
    pub(in crate::proxy) fn has_next(&self) -> bool {
        self.has_next.load(Ordering::Relaxed)
    }

    /// Keeps a stream whose session ends, where it is to be drained.
    pub(in crate::proxy) fn leave(&self, stream: Stream) {
        if self.must_drain.load(Ordering::Relaxed) {
            *self.unread.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
        }
    }

    /// The stream to be drained, once its session has ended.
    pub(in crate::proxy) fn take_unread(&self) -> Option<Stream> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
