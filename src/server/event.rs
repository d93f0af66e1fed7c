//! What ends or starts the wait of the main thread.

use crate::proxy::ListenerEvent;

/// What the services report to the main thread.
pub(super) enum Event {
    Listener(ListenerEvent),
    /// Nothing is in flight any more.
    Drained,
}
