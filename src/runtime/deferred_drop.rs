//! Drops replaced values on a background thread, once no request uses them.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::{LowPriority, lower_priority};

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Keeps a clone of each value until it is the last one. Dropping a million credentials takes long; without this thread
/// the request that drops the last clone, and every other request of its thread, would wait for it.
pub struct DeferredDrop<T>(Sender<Arc<T>>);

impl<T: Send + Sync + 'static> DeferredDrop<T> {
    /// Starts the thread; it ends when `self` is dropped.
    ///
    /// # Errors
    /// The thread cannot be spawned.
    pub fn start() -> std::io::Result<Self> {
        let (sender, receiver) = channel::<Arc<T>>();
        std::thread::Builder::new().name("deferred-drop".into()).spawn(move || {
            lower_priority(LowPriority::Background);
            let mut pending = Vec::new();
            loop {
                let next = match pending.is_empty() {
                    true => receiver.recv().map_err(Into::into),
                    false => receiver.recv_timeout(POLL_INTERVAL),
                };
                match next {
                    Ok(value) => pending.push(value),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                pending.retain(|value| Arc::strong_count(value) > 1);
            }
        })?;
        Ok(Self(sender))
    }

    /// Takes a value that no new request can reach.
    pub fn take(&self, value: Arc<T>) {
        // The thread lives as long as `self`.
        let _received = self.0.send(value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::*;

    /// Sends the name of the thread that drops it.
    struct Probe(Sender<Option<String>>);

    impl Drop for Probe {
        fn drop(&mut self) {
            let _sent = self.0.send(std::thread::current().name().map(str::to_owned));
        }
    }

    fn probe() -> (Arc<Probe>, Receiver<Option<String>>) {
        let (sender, dropped) = channel();
        (Arc::new(Probe(sender)), dropped)
    }

    #[test]
    fn a_value_is_dropped_by_the_background_thread_after_its_last_use() {
        let deferred = DeferredDrop::start().unwrap();
        let (value, dropped) = probe();
        let request = value.clone();
        deferred.take(value);
        assert!(dropped.recv_timeout(3 * POLL_INTERVAL).is_err());
        drop(request);
        assert_eq!(dropped.recv_timeout(Duration::from_secs(20)), Ok(Some("deferred-drop".to_owned())));
    }
}
