//! What is no longer in force, until no request needs it any more.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::threads::lower_priority;

/// How often it is looked whether anybody still needs it.
const LOOK: Duration = Duration::from_millis(100);

/// Frees things on a thread of its own: a million credentials take a while, and whichever request was the last to
/// need them would have to do it, with all others of its thread behind it.
pub struct DeferredDrop<T>(Sender<Arc<T>>);

impl<T: Send + Sync + 'static> DeferredDrop<T> {
    /// Starts the thread, which ends with this.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start() -> std::io::Result<Self> {
        let (sender, inbox) = channel::<Arc<T>>();
        std::thread::Builder::new().name("retire".into()).spawn(move || {
            lower_priority();
            let mut kept = Vec::new();
            loop {
                match if kept.is_empty() { inbox.recv().map_err(Into::into) } else { inbox.recv_timeout(LOOK) } {
                    Ok(retired) => kept.push(retired),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                kept.retain(|retired| Arc::strong_count(retired) > 1);
            }
        })?;
        Ok(Self(sender))
    }

    /// Nobody gets this any more who does not have it already.
    pub fn take(&self, retired: Arc<T>) {
        // The thread lives as long as this.
        let _taken = self.0.send(retired);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::*;

    /// Tells which thread has freed it.
    struct Freed(Sender<Option<String>>);

    impl Drop for Freed {
        fn drop(&mut self) {
            let _told = self.0.send(std::thread::current().name().map(str::to_owned));
        }
    }

    fn thing() -> (Arc<Freed>, Receiver<Option<String>>) {
        let (sender, freed) = channel();
        (Arc::new(Freed(sender)), freed)
    }

    #[test]
    fn what_a_request_still_needs_is_freed_by_nobody_and_then_by_the_thread_for_it() {
        let retired = DeferredDrop::start().unwrap();
        let (thing, freed) = thing();
        let request = thing.clone();
        retired.take(thing);
        assert!(freed.recv_timeout(3 * LOOK).is_err());
        drop(request);
        assert_eq!(freed.recv_timeout(Duration::from_secs(20)), Ok(Some("retire".to_owned())));
    }
}
