//! Events that services send to the main loop.

use crate::proxy::ListenerEvent;

pub(super) enum MainLoopEvent {
    Listener(ListenerEvent),
    /// Nothing is in flight any more.
    Drained,
}
