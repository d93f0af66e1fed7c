//! A new process takes the listening sockets over from a running one, so that an upgrade loses no request.
//!
//! The sockets are passed as `SCM_RIGHTS` over a Unix socket in a folder that only this user can enter. Connections
//! that wait in their queues stay there. The old process serves until the new one reports that it does.

mod kept_sockets;
mod protocol;
mod server;
mod spawn;
mod successor;

use std::path::Path;

pub(super) use self::kept_sockets::KeptSockets;
use self::server::HandoverServer;
pub(super) use self::spawn::Spawner;
pub(super) use self::successor::ReceivedSockets;
use crate::proxy::BoundListener;

/// The handover that this process came from, and the one that it prepares.
pub(super) struct Handover {
    received: Option<ReceivedSockets>,
    server: Option<HandoverServer>,
    kept: KeptSockets,
}

impl Handover {
    /// `path` is `handover.socket`; without one, no successor can take over.
    ///
    /// # Errors
    /// As [`HandoverServer::prepare`].
    pub(super) fn new<'b>(
        path: Option<&Path>,
        received: Option<ReceivedSockets>,
        listeners: impl Iterator<Item = &'b BoundListener>,
    ) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self { received, server: None, kept: KeptSockets::default() }) };
        let duplicates = listeners.map(BoundListener::duplicate).collect::<Result<_, _>>()?;
        let kept = KeptSockets::new(duplicates);
        let server = HandoverServer::prepare(path, kept.clone(), received.is_some())?;
        Ok(Self { received, server: Some(server), kept })
    }

    /// True when another process serves until this one does.
    pub(super) fn has_predecessor(&self) -> bool {
        self.received.is_some()
    }

    /// Called before this process reports that it is ready.
    ///
    /// # Errors
    /// When the predecessor stopped waiting and still serves: both would.
    pub(super) fn check_predecessor(&mut self) -> anyhow::Result<()> {
        let Some(received) = &self.received else { return Ok(()) };
        if let Err(error) = received.is_awaited() {
            received.ensure_alone()?;
            warn_predecessor_exited(&error);
            self.received = None;
        }
        Ok(())
    }

    /// Tells the predecessor to stop, and accepts a successor from here on; it has the sockets when `on_handed_over`
    /// runs.
    ///
    /// # Errors
    /// When the socket cannot be moved into place or the thread cannot be spawned.
    pub(super) fn serving(&mut self, on_handed_over: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        if let Some(server) = self.server.take() {
            server.listen(on_handed_over)?;
        }
        if let Some(Err(error)) = self.received.take().map(ReceivedSockets::report_serving) {
            warn_predecessor_exited(&error);
        }
        Ok(())
    }

    pub(super) fn kept_sockets(&self) -> KeptSockets {
        self.kept.clone()
    }

    pub(super) fn spawner(&self) -> Spawner {
        Spawner::new(self.kept.clone())
    }
}

fn warn_predecessor_exited(error: &std::io::Error) {
    tracing::warn!(%error, "the previous process exited before the handover finished");
}
