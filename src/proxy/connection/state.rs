//! What the connection of a request and the hooks of that request share.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pingora::protocols::Stream;

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
    /// How far the connection is a WebSocket.
    tunnel: AtomicU8,
    /// Bytes that were read by pingora.
    received: AtomicU64,
    /// Bytes of requests that are over.
    consumed: AtomicU64,
    /// False once `consumed` is unknown: chunk headers are not counted.
    is_exact: AtomicBool,
    /// The stream to be drained, left behind by its session.
    unread: Mutex<Option<Stream>>,
}

/// Whether a connection is a WebSocket, whose bytes are frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TunnelState {
    None,
    Open,
    /// The client had sent more than its handshake by then.
    OpenWithEarlyBytes,
}

/// Whether pingora has read bytes of the next request already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Pipelined {
    No,
    Yes,
    Unknown,
}

/// Calls `f` with the connection of this task. `None` for a stream of HTTP/2, which has a task of its own.
pub(in crate::proxy) fn current<R>(f: impl FnOnce(&ConnectionState) -> R) -> Option<R> {
    CURRENT.try_with(|state| f(state)).ok()
}

impl ConnectionState {
    pub(in crate::proxy) fn new(deadlines: HeadDeadlines) -> Self {
        let [has_head, has_illegal_target, must_drain] = [const { AtomicBool::new(false) }; 3];
        let [request, received, consumed] = [const { AtomicU64::new(0) }; 3];
        Self {
            timer: HeadTimer::new(deadlines),
            request,
            has_head,
            has_illegal_target,
            must_drain,
            tunnel: AtomicU8::new(TunnelState::None as u8),
            received,
            consumed,
            is_exact: AtomicBool::new(true),
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

    /// The head of a request was read and accepted by pingora.
    pub(in crate::proxy) fn on_head(&self) {
        self.has_head.store(true, Ordering::Relaxed);
        self.timer.on_head();
    }

    pub(in crate::proxy) fn has_head(&self) -> bool {
        self.has_head.load(Ordering::Relaxed)
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

    /// The next bytes that are written are the head of a 101; `head_bytes` is the size of the handshake.
    pub(in crate::proxy) fn open_tunnel(&self, head_bytes: usize) {
        let taken = self.consumed.load(Ordering::Relaxed) + head_bytes as u64;
        let is_exact = self.is_exact.load(Ordering::Relaxed) && self.received.load(Ordering::Relaxed) == taken;
        let state = if is_exact { TunnelState::Open } else { TunnelState::OpenWithEarlyBytes };
        self.tunnel.store(state as u8, Ordering::Relaxed);
    }

    pub(super) fn tunnel(&self) -> TunnelState {
        let tunnel = self.tunnel.load(Ordering::Relaxed);
        let states = [TunnelState::Open, TunnelState::OpenWithEarlyBytes];
        states.into_iter().find(|state| *state as u8 == tunnel).unwrap_or(TunnelState::None)
    }

    pub(in crate::proxy) fn on_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A request is over that took `bytes` of the connection; `None` where that is unknown.
    pub(in crate::proxy) fn on_consumed(&self, bytes: Option<usize>) {
        match bytes {
            Some(bytes) => drop(self.consumed.fetch_add(bytes as u64, Ordering::Relaxed)),
            None => self.is_exact.store(false, Ordering::Relaxed),
        }
    }

    pub(in crate::proxy) fn pipelined(&self) -> Pipelined {
        let (received, consumed) = (self.received.load(Ordering::Relaxed), self.consumed.load(Ordering::Relaxed));
        match received.checked_sub(consumed) {
            Some(0) if self.is_exact.load(Ordering::Relaxed) => Pipelined::No,
            Some(_) if self.is_exact.load(Ordering::Relaxed) => Pipelined::Yes,
            _ => Pipelined::Unknown,
        }
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
